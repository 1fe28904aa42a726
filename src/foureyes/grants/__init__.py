"""Grants: exactly what somebody approved, and whether that is what is about to run.

The digest of a submission is made here and nowhere else. Who may grant is decided in `approvals`.
"""
