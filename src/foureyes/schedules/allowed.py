"""What may be done to a schedule now, and why not. Buttons ask here, and so does every operation before it begins."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from foureyes.errors import Conflict, NotAllowed, Refusal
from foureyes.models import Job, ScheduledJob
from foureyes.schedules.lifecycle import LIVE, MOVES, Happening, State, wrong_state
from foureyes.schedules.refusals import job_of, refusal_of_queue
from foureyes.users.models import User
from foureyes.users.permissions import may


class Action(StrEnum):
    """What people do to schedules."""

    EDIT = "edit"
    CLONE = "clone"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP_NEXT = "skip_next"
    CANCEL = "cancel"
    DELETE = "delete"
    TAKE_OVER = "take_over"
    RUN_NOW = "run_now"


EDITABLE_STATES = LIVE | {State.PENDING, State.ERRORED}
RIGHTS: Mapping[Action, str] = {
    Action.EDIT: "change",
    Action.CLONE: "view",
    Action.PAUSE: "change",
    Action.RESUME: "change",
    Action.SKIP_NEXT: "change",
    Action.CANCEL: "change",
    Action.DELETE: "delete",
    Action.TAKE_OVER: "change",
}
HAPPENINGS: Mapping[Action, Happening] = {
    Action.PAUSE: Happening.PAUSE,
    Action.RESUME: Happening.RESUME,
    Action.CANCEL: Happening.CANCEL,
    Action.DELETE: Happening.DELETE,
}
RUNS = frozenset({Action.CLONE, Action.TAKE_OVER, Action.RUN_NOW})  # these are submissions: they need the right to run


def refusal_of(action: Action, *, schedule: ScheduledJob, by: User, now: datetime) -> Refusal | None:
    """The first reason why this person cannot do that now; None if nothing that is known before is in the way."""
    return next(_reasons(action, schedule, by, now), None)


def demand_allowed(action: Action, *, schedule: ScheduledJob, by: User, now: datetime) -> None:
    """Raises that reason."""
    if refusal := refusal_of(action, schedule=schedule, by=by, now=now):
        raise refusal


def refusal_of_state(schedule: ScheduledJob) -> Refusal | None:
    """A schedule that is over is not changed any more."""
    if schedule.state in EDITABLE_STATES:
        return None
    sentence = f"The schedule “{schedule.name}” is {schedule.state}. Clone it to have it again."
    return Conflict(sentence, code="schedule_over")


def _reasons(action: Action, schedule: ScheduledJob, by: User, now: datetime) -> Iterator[Refusal]:
    right = RIGHTS.get(action)
    if right and not may(by, right, ScheduledJob, schedule):
        yield NotAllowed(f"You may not {right} “{schedule}”.", code=f"may_not_{right}")
    if action in RUNS:
        yield from _to_run(schedule, by)
    happening = HAPPENINGS.get(action)
    if happening and schedule.state not in MOVES[happening].sources:
        yield wrong_state(schedule, happening)
    if action == Action.EDIT:
        yield from _over(schedule)
    elif action == Action.SKIP_NEXT:
        yield from _to_skip(schedule, now)
    elif action == Action.TAKE_OVER:
        yield from _to_take_over(schedule)
    elif action == Action.RUN_NOW:
        yield from _to_use_the_queue(schedule)


def _to_run(schedule: ScheduledJob, by: User) -> Iterator[Refusal]:
    try:
        job = job_of(schedule)
    except Conflict as gone:
        yield gone
        return
    if not may(by, "run", Job, job):
        yield NotAllowed(f"You may not run “{job}”.", code="may_not_run")


def _over(schedule: ScheduledJob) -> Iterator[Refusal]:
    if refusal := refusal_of_state(schedule):
        yield refusal


def _to_skip(schedule: ScheduledJob, now: datetime) -> Iterator[Refusal]:
    planned = schedule.next_run_at
    if schedule.state not in LIVE or planned is None:
        yield Conflict(f"The schedule “{schedule.name}” has no next instant.", code="nothing_to_skip")
    elif planned <= now:
        yield Conflict(f"The next instant of “{schedule.name}” is due at this moment.", code="already_due")


def _to_take_over(schedule: ScheduledJob) -> Iterator[Refusal]:
    owner, job = schedule.user, schedule.job_model
    if owner and job and owner.is_active and may(owner, "run", Job, job):
        yield Conflict(f"The schedule “{schedule.name}” has an active requester, {owner}.", code="has_owner")
    if schedule.state not in EDITABLE_STATES:
        yield Conflict(f"The schedule “{schedule.name}” is {schedule.state}.", code="schedule_state")


def _to_use_the_queue(schedule: ScheduledJob) -> Iterator[Refusal]:
    if schedule.job_model and (refusal := refusal_of_queue(schedule.job_model, schedule.queue)):
        yield refusal
