"""The states of schedules and the legal moves between them. They are written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foureyes.errors import Conflict
from foureyes.models import Occurrence, ScheduledJob

State = ScheduledJob.State
Fate = Occurrence.Fate
LIVE = frozenset({State.ACTIVE, State.PAUSED})
WAITING = frozenset({State.PENDING})
RUNNABLE = LIVE | WAITING  # they run, or may yet run
OVER = frozenset({State.FINISHED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED, State.DELETED})


class Happening(StrEnum):
    """What can happen to a schedule."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    VOID = "void"  # its grant does not hold any more
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"  # nothing is left to be planned
    FAIL = "fail"  # it cannot go on as it is
    REPAIR = "repair"  # what was wrong with it is put right
    CANCEL = "cancel"
    DELETE = "delete"


DONE: Mapping[Happening, str] = {
    Happening.APPROVE: "approved",
    Happening.DENY: "denied",
    Happening.WITHDRAW: "withdrawn",
    Happening.EXPIRE: "expired",
    Happening.VOID: "voided",
    Happening.PAUSE: "paused",
    Happening.RESUME: "resumed",
    Happening.FINISH: "finished",
    Happening.FAIL: "stopped",
    Happening.REPAIR: "repaired",
    Happening.CANCEL: "cancelled",
    Happening.DELETE: "deleted",
}


@dataclass(frozen=True, slots=True)
class Move:
    """From which states something may happen, and the state after it."""

    sources: frozenset[ScheduledJob.State]
    target: ScheduledJob.State


MOVES: Mapping[Happening, Move] = {
    Happening.APPROVE: Move(WAITING, State.ACTIVE),
    Happening.DENY: Move(WAITING, State.DENIED),
    Happening.WITHDRAW: Move(WAITING, State.WITHDRAWN),
    Happening.EXPIRE: Move(WAITING, State.EXPIRED),
    Happening.VOID: Move(frozenset({State.ACTIVE}), State.PENDING),
    Happening.PAUSE: Move(frozenset({State.ACTIVE}), State.PAUSED),
    Happening.RESUME: Move(frozenset({State.PAUSED}), State.ACTIVE),
    Happening.FINISH: Move(LIVE, State.FINISHED),
    Happening.FAIL: Move(LIVE, State.ERRORED),
    Happening.REPAIR: Move(frozenset({State.ERRORED}), State.ACTIVE),
    Happening.CANCEL: Move(LIVE | WAITING | {State.ERRORED}, State.CANCELLED),
    Happening.DELETE: Move(frozenset(State) - {State.DELETED}, State.DELETED),
}


def move(*, schedule: ScheduledJob, happening: Happening, **columns: object) -> None:
    """Move one schedule and set `columns` with it; refuses with a Conflict where its state does not allow that.

    The row counts as unchanged while its state and revision are the ones of `schedule`, which has the new values
    afterwards.
    """
    to = MOVES[happening]
    held = ScheduledJob.objects.filter(pk=schedule.pk, revision=schedule.revision, state=schedule.state)
    if schedule.state not in to.sources or held.update(state=to.target, **columns) != 1:
        raise wrong_state(schedule, happening)
    schedule.state = to.target
    for name, value in columns.items():
        setattr(schedule, name, value)


def wrong_state(schedule: ScheduledJob, happening: Happening) -> Conflict:
    """The state that a schedule is in does not allow something."""
    is_so = schedule.state == MOVES[happening].target
    why = "already" if is_so else f"and cannot be {DONE[happening]}"
    return Conflict(f"The schedule “{schedule.name}” is {schedule.state} {why}.", code="schedule_state")
