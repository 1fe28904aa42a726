"""What is wrong with an installation, and why a job, a schedule or a request does not run.

Nothing is decided here: every finding about running comes from the predicate that decides it.
"""
