"""Writes the ledger: what was decided about instants, and how the schedules go on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foureyes.models import Occurrence, ScheduledJob
from foureyes.models.bulk import insert_rows
from foureyes.schedules.decisions import REASON_LENGTH, Line, skip_all
from foureyes.schedules.lifecycle import Fate
from foureyes.schedules.triggers_of import next_undecided, trigger_of

Entry = tuple[ScheduledJob, Line]


def write_lines(entries: Sequence[Entry], *, now: datetime) -> list[UUID]:
    """Insert lines of the ledger and give the ids of those that are new, in their order.

    The unique key is the last word: an instant that has its fate keeps it, and nothing may be run for it again.
    """
    if not entries:
        return []
    inserted = insert_rows(
        Occurrence,
        {
            "id": [line.id for _, line in entries],
            "scheduled_job": [schedule.id for schedule, _ in entries],
            "revision": [schedule.revision for schedule, _ in entries],
            "planned_at": [line.planned_at for _, line in entries],
            "last_planned_at": [line.last_planned_at for _, line in entries],
            "count": [line.count for _, line in entries],
            "fate": [str(line.fate) for _, line in entries],
            "reason": [line.reason for _, line in entries],
        },
        same={"decided_at": now},
        ignore_conflicts=True,
    )
    ids = [line.id for _, line in entries]
    if inserted == len(ids):
        return ids
    new = set(Occurrence.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [key for key in ids if key in new]


def skip_until(*, schedule: ScheduledJob, reason: str, now: datetime) -> dict[str, datetime | None]:
    """Record every instant up to now as skipped; gives the columns of the schedule that go on from there."""
    decided = skip_all(schedule=schedule, reason=reason, now=now)
    write_lines([(schedule, line) for line in decided.lines], now=now)
    return {"decided_until": max(decided.until, schedule.decided_until), "next_run_at": decided.upcoming}


def start_again(*, schedule: ScheduledJob, now: datetime) -> dict[str, datetime | None]:
    """The same for a schedule that stood still because it was errored: its next instant was not kept."""
    reason = f"errored: {schedule.state_reason}"[:REASON_LENGTH]
    trigger = trigger_of(schedule)
    schedule.next_run_at = next_undecided(schedule, trigger, after=schedule.decided_until)
    columns = skip_until(schedule=schedule, reason=reason, now=now)
    return columns | {"decided_until": now}


def drop_waiting(*, schedule: ScheduledJob, reason: str, now: datetime) -> int:
    """Instants that wait for the previous run will not run any more; gives how many."""
    rows = Occurrence.objects.filter(scheduled_job=schedule, fate=Fate.QUEUED)
    return rows.update(fate=Fate.MISSED, reason=reason, decided_at=now)
