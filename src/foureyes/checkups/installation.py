"""What is wrong with the installation. Every check answers for itself; one that fails keeps no other from answering."""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog

from foureyes.checkups.approvals import deciders, gates
from foureyes.checkups.audit import newest_events
from foureyes.checkups.finding import Finding, error
from foureyes.checkups.machine import backups, boundary, clock, database, disk, zones
from foureyes.checkups.work import hooks, job_files, processes, queues, schedules

log = structlog.get_logger("foureyes.checkups")
Check = Callable[[datetime], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    database,
    processes,
    hooks,
    queues,
    job_files,
    schedules,
    gates,
    deciders,
    boundary,
    disk,
    clock,
    zones,
    backups,
    newest_events,
)


def look_at_installation(*, now: datetime) -> list[Finding]:
    """All findings, good ones included."""
    return [finding for check in CHECKS for finding in _of(check, now)]


def _of(check: Check, now: datetime) -> list[Finding]:
    try:
        return list(check(now))
    except Exception as wrong:  # a broken part is what the others are asked about
        log.exception("checkup.failed", check=check.__name__)
        text = f"The check of {check.__name__} did not get through: {type(wrong).__name__}."
        return [error("check_failed", text, "The server's log has the details.")]
