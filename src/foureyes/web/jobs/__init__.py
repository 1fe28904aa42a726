"""Jobs: the list, one job with its settings, and the form to run it."""
