"""Schedules: stored submissions that become runs at their planned instants, each instant once and with a record.

When something is due is computed in `triggers`; what becomes of it is decided here; runs are made in `runs`.
"""
