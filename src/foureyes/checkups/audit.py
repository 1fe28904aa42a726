"""Is the audit log as it was sealed: its newest part, whenever one looks; all of it, for whoever has the time."""

from collections.abc import Iterator
from datetime import datetime

from foureyes.checkups.finding import Finding, error, good
from foureyes.events.verify import Verified, verify

NEWEST = 1000
PIECE = 10_000


def newest_events(now: datetime) -> Iterator[Finding]:
    """The newest, which takes no time."""
    found = verify(after=max(verify(limit=0).end - NEWEST, 0), limit=2 * NEWEST)
    yield _broken(found) or good("chain", "The newest events of the audit log are as they were sealed.")


def every_event() -> Finding:
    """All of them, from the first on."""
    found = verify(limit=PIECE)
    while found.goes_on:
        found = verify(after=found.upto, limit=PIECE)
    text = f"Every event of the audit log, up to number {found.end}, is as it was sealed."
    return _broken(found) or good("chain", f"{text} The newest hash is {found.end_hash or 'none yet'}.")


def _broken(found: Verified) -> Finding | None:
    if found.broken is None:
        return None
    text = f"Event {found.broken} of the audit log is not as it was sealed, or is gone."
    return error("chain_broken", text, "Rows of the database were changed by another way than Foureyes.")
