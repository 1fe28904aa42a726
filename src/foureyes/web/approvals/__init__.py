"""The Job Approval Queue: the list, one request with all that a decision needs, and the decisions."""
