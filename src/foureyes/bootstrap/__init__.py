"""The first start of an installation, and what every later start checks again: data folder, accounts, sample jobs."""
