"""Backups of an installation while it runs, and what a restore makes void."""
