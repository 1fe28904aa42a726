"""Approvals: requests put before a second person, the decisions, and what follows from them at once.

Who may decide stands in `policy`; every decision is made in `decide`, whatever interface it comes from.
"""
