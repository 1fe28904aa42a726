"""The start that an address brings along: from a free time of the timeline over the list of jobs to the run form."""

from datetime import UTC, datetime

from django.http import QueryDict

NAME = "start"


def query_of(start: datetime) -> str:
    """The part of an address that says it."""
    return f"?{NAME}={start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def start_in(sent: QueryDict) -> datetime | None:
    """The start that an address asks for; what cannot be read, or names no zone, counts as not asked for."""
    try:
        found = datetime.fromisoformat(sent.get(NAME, ""))
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
