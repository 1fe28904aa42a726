"""Job Results: the list of runs, and one run with its live log."""
