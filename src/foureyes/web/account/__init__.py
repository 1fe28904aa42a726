"""A person's own pages: signing in and out, theme, profile, tokens."""
