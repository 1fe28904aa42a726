"""Scheduled Jobs: the list of schedules, one schedule with its plan and its ledger, and what is done to them."""
