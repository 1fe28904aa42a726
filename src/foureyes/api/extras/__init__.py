"""Jobs, scheduled jobs, results and logs on their 1.x addresses."""
