"""Administration: people, groups, permissions and who can do what; workers and queues; settings."""
