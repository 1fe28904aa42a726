"""What people do to a schedule other than editing it: pause, resume, skip, cancel, delete, take over, run now.

None of it looks at the inputs, so nothing about them is ever in the way (P51).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from django.db import transaction

from foureyes.errors import Conflict, Refusal
from foureyes.events import Kind
from foureyes.models import JobResult, ScheduledJob
from foureyes.runs import doorbell
from foureyes.runs.enqueue import enqueue
from foureyes.schedules.allowed import Action, demand_allowed
from foureyes.schedules.decisions import REASON_LENGTH, Line, why_paused
from foureyes.schedules.facts import tell
from foureyes.schedules.files import copied, demand_there, let_go
from foureyes.schedules.ledger import drop_waiting, skip_until, start_again, write_lines
from foureyes.schedules.lifecycle import Fate, Happening, State, move
from foureyes.schedules.queries import locked, visible
from foureyes.schedules.refusals import job_of
from foureyes.schedules.triggers_of import next_undecided, trigger_of
from foureyes.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one schedule of a bulk action; `code` and `message` tell why it was refused."""

    id: UUID
    ok: bool
    code: str = ""
    message: str = ""


def pause(*, schedule: ScheduledJob, by: User, note: str = "", now: datetime) -> ScheduledJob:
    """Let the instants of an active schedule pass, each with a line in the ledger, until it is resumed."""
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.PAUSE, schedule=schedule, by=by, now=now)
        move(schedule=schedule, happening=Happening.PAUSE, state_reason=note.strip())
        drop_waiting(schedule=schedule, reason=why_paused(schedule), now=now)
        tell(kind=Kind.SCHEDULE_PAUSED, schedule=schedule, at=now, by=by, note=note.strip())
    return schedule


def resume(*, schedule: ScheduledJob, by: User, now: datetime) -> ScheduledJob:
    """Let a paused schedule go on with its next instant after now; what has passed never runs (P44)."""
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.RESUME, schedule=schedule, by=by, now=now)
        columns = skip_until(schedule=schedule, reason=why_paused(schedule), now=now)
        over = columns["next_run_at"] is None
        move(
            schedule=schedule,
            happening=Happening.FINISH if over else Happening.RESUME,
            state_reason="Its last instant passed while it was paused." if over else "",
            **columns,
        )
        tell(kind=Kind.SCHEDULE_RESUMED, schedule=schedule, at=now, by=by, next_run_at=schedule.next_run_at)
        transaction.on_commit(doorbell.ring_scheduler)
    return schedule


def skip_next(*, schedule: ScheduledJob, by: User, planned_at: datetime | None = None, now: datetime) -> ScheduledJob:
    """Let the next instant pass, ahead of time; it gets its line in the ledger now.

    Whoever says which one they mean, `planned_at`, skips no other: a Conflict if it is not the next any more.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.SKIP_NEXT, schedule=schedule, by=by, now=now)
        planned = cast(datetime, schedule.next_run_at)
        if planned_at is not None and planned_at != planned:
            sentence = f"The next run of “{schedule.name}” is another one by now. Nothing was skipped."
            raise Conflict(sentence, code="another_instant")
        line = Line(planned_at=planned, fate=Fate.SKIPPED, reason=f"skipped by {by}"[:REASON_LENGTH])
        write_lines([(schedule, line)], now=now)
        schedule.next_run_at = next_undecided(schedule, trigger_of(schedule), after=planned)
        schedule.save(update_fields=["next_run_at"])
        if schedule.next_run_at is None:
            move(schedule=schedule, happening=Happening.FINISH, state_reason=f"Its last instant was {line.reason}.")
        tell(kind=Kind.SCHEDULE_SKIPPED, schedule=schedule, at=now, by=by, planned_at=planned)
    return schedule


def cancel(*, schedule: ScheduledJob, by: User, now: datetime) -> ScheduledJob:
    """End a schedule for good; the row and its ledger are kept, and what runs goes on."""
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.CANCEL, schedule=schedule, by=by, now=now)
        _end(schedule, Happening.CANCEL, f"cancelled by {by}", now)
        tell(kind=Kind.SCHEDULE_CANCELLED, schedule=schedule, at=now, by=by)
    return schedule


def delete(*, schedule: ScheduledJob, by: User, now: datetime) -> None:
    """Take a schedule away, in whatever state it is; nobody sees it again, and its runs and ledger are evidence."""
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.DELETE, schedule=schedule, by=by, now=now)
        _end(schedule, Happening.DELETE, f"deleted by {by}", now)
        tell(kind=Kind.SCHEDULE_DELETED, schedule=schedule, at=now, by=by)


def take_over(*, schedule: ScheduledJob, by: User, now: datetime) -> ScheduledJob:
    """Become the requester of a schedule whose own is gone, inactive or without the right; it goes on from now.

    Needs the right to run the job. The schedule is a new revision, because somebody else asks for it (P59).
    """
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.TAKE_OVER, schedule=schedule, by=by, now=now)
        before = schedule.user_name
        if schedule.state == State.ERRORED:
            columns = start_again(schedule=schedule, now=now)
            over = columns["next_run_at"] is None
            move(schedule=schedule, happening=Happening.REPAIR, state_reason="", **columns)
            if over:
                move(schedule=schedule, happening=Happening.FINISH, state_reason="Its last instant has passed.")
        schedule.user, schedule.user_name = by, by.get_username()
        schedule.revision, schedule.date_changed = schedule.revision + 1, now
        schedule.save(update_fields=["user", "user_name", "revision", "date_changed"])
        tell(kind=Kind.SCHEDULE_TAKEN_OVER, schedule=schedule, at=now, by=by, before=before)
        transaction.on_commit(doorbell.ring_scheduler)
    return schedule


def run_now(*, schedule: ScheduledJob, by: User, now: datetime) -> JobResult:
    """Run what a schedule runs, at once and as oneself. The plan of the schedule stays as it is."""
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.RUN_NOW, schedule=schedule, by=by, now=now)
        job = job_of(schedule)
        demand_there(job=job, values=schedule.inputs)
        values, files = copied(job=job, values=schedule.inputs, now=now)
        return enqueue(
            job=job,
            user=by,
            values=values,
            commit=schedule.commit,
            queue=schedule.queue,
            input_files=files,
            schedule=schedule,
            now=now,
        )


class Operation(Protocol):
    """An operation on one schedule."""

    def __call__(self, *, schedule: ScheduledJob, by: User, now: datetime, **options: Any) -> object:
        """Do it or refuse."""


ACTIONS: Mapping[str, Any] = {
    "pause": pause,
    "resume": resume,
    "skip_next": skip_next,
    "cancel": cancel,
    "delete": delete,
    "take_over": take_over,
    "run_now": run_now,
}


def in_bulk(
    *,
    action: str,
    ids: Sequence[UUID],
    by: User,
    now: datetime,
    actions: Mapping[str, Any] = ACTIONS,
    **options: Any,
) -> list[Outcome]:
    """Do the same to many schedules, each on its own: what is refused for one is done for the others.

    Schedules that the person may not view are told as missing.
    """
    if action not in actions:
        raise Conflict(f"“{action[:50]}” is none of {', '.join(actions)}.", code="unknown_action")
    rows = visible(by).in_bulk(list(ids))
    return [_one(actions[action], key, rows.get(key), by, now, options) for key in ids]


def _one(
    act: Operation, key: UUID, schedule: ScheduledJob | None, by: User, now: datetime, options: dict[str, Any]
) -> Outcome:
    if schedule is None:
        return Outcome(id=key, ok=False, code="not_found", message="There is no such schedule.")
    try:
        act(schedule=schedule, by=by, now=now, **options)
    except Refusal as refusal:
        return Outcome(id=key, ok=False, code=refusal.code, message=refusal.message)
    return Outcome(id=key, ok=True)


def _end(schedule: ScheduledJob, happening: Happening, reason: str, now: datetime) -> None:
    let_go(schedule)
    drop_waiting(schedule=schedule, reason=reason[:REASON_LENGTH], now=now)
    move(schedule=schedule, happening=happening, state_reason=reason, next_run_at=None)
