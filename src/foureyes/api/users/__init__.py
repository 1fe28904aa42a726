"""People on the 1.x wire: users, groups, permissions, the caller's own tokens and preferences."""
