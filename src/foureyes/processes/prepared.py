"""Prepared statements on PostgreSQL, for a process that asks the same few things all the time.

Planning them anew is two fifths of what a run costs the database. Web servers are no such process: their statements
are many, and one plan for all values would pass over the indexes that cover few rows.
"""

from django.db import connection

PREPARED_AFTER = 3  # a statement is prepared when it is sent for the fourth time


def prepare_statements() -> None:
    """From now on this process lets PostgreSQL keep the plans of the statements that it repeats."""
    if connection.vendor != "postgresql":
        return
    connection.close()
    options = connection.settings_dict.get("OPTIONS") or {}
    # With the values within its text, as Django sends it otherwise, no statement is ever the same again.
    connection.settings_dict["OPTIONS"] = {
        **options,
        "server_side_binding": True,
        "prepare_threshold": PREPARED_AFTER,
    }
    connection.features.__dict__.pop("uses_server_side_binding", None)  # remembered from the settings before
