"""Calendar and timeline: what ran and what is planned, and the feed for calendars elsewhere."""
