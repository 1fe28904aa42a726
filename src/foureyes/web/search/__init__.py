"""Search, and the command palette: what a person may see and do, by a few letters."""
