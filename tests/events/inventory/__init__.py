"""A Django app of somebody else."""
