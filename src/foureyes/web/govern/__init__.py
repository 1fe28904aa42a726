"""The audit log: what happened, by whom."""
