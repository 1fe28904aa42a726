"""What becomes of the due instants of one schedule. Nothing is read or stored here.

Each instant gets a fate with a reason (P15); the policy for late ones is in `triggers`, those for overlaps, pauses and
obstacles are here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from foureyes.conf import get_conf
from foureyes.models import ScheduledJob
from foureyes.schedules.lifecycle import Fate, Happening, State
from foureyes.schedules.refusals import Obstacle
from foureyes.schedules.triggers_of import STEP, trigger_of
from foureyes.triggers import Decision, Span, Verdict, decide
from foureyes.users.ids import uuid7

MOST_LINES = 100  # of one decision: older instants share a line
REASON_LENGTH = 200
Overlap = ScheduledJob.Overlap
PREVIOUS_RUNS = "The previous run had not ended."
QUEUE_FULL = "The previous run had not ended, and {most} instants waited already."
ENDED = "The schedule had run {runs} times, as often as it may."
LATE = {
    "later_one_runs": "The scheduler was late, and only the latest instant runs.",
    "scheduler_was_late": "The scheduler was more than a minute late.",
    "over_catch_up_limit": "The scheduler was late, and only the last {limit} instants run.",
    "over_latest_start": "The scheduler was more than {latest} s late, the latest start.",
}


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of the ledger that is not stored yet."""

    planned_at: datetime
    fate: str
    reason: str = ""
    last_planned_at: datetime | None = None
    count: int = 1
    id: UUID = field(default_factory=uuid7)


@dataclass(slots=True, kw_only=True)
class Decided:
    """All due instants of one schedule with their fates, and how it goes on."""

    schedule: ScheduledJob
    lines: list[Line]
    until: datetime
    upcoming: datetime | None
    lasting: bool = False  # it cannot go on as it is
    state_reason: str = ""

    @property
    def fires(self) -> list[UUID]:
        """The lines that become runs."""
        return [line.id for line in self.lines if line.fate == Fate.FIRED]

    @property
    def happening(self) -> Happening | None:
        """What happens to the schedule itself. One with a run that waits for an approval has not finished."""
        if self.lasting:
            return Happening.FAIL
        if self.met(Fate.HELD):
            return Happening.VOID
        return Happening.FINISH if self.upcoming is None else None

    def met(self, fate: Fate) -> bool:
        """Is that the fate of one of the instants?"""
        return fate in [line.fate for line in self.lines]

    def told(self, fate: Fate | None) -> dict[str, str]:
        """What a fact tells: the last instant of that fate and why, or why the schedule ends."""
        if fate is None:
            return {"reason": self.state_reason}
        last = [line for line in self.lines if line.fate == fate][-1]
        return {"planned_at": last.planned_at.isoformat(), "reason": last.reason}


@dataclass(slots=True, kw_only=True)
class Room:
    """How much of a schedule may still run: every instant that fires or waits takes some of it."""

    busy: bool  # its previous run has not ended
    waiting: int  # instants that wait for that
    left: int | None  # runs until it has run as often as it may; None: no end


def room_of(schedule: ScheduledJob, *, busy: bool, waiting: int) -> Room:
    """The room of a schedule before its due instants are decided."""
    left = None if schedule.max_runs is None else max(schedule.max_runs - schedule.total_run_count - waiting, 0)
    return Room(busy=busy or waiting > 0, waiting=waiting, left=left)


def decide_due(*, schedule: ScheduledJob, obstacle: Obstacle | None, room: Room, now: datetime) -> Decided:
    """The fates of every instant from the next one, which has come, to now."""
    decision = _decision(schedule, now)
    lines = list(_span_lines(schedule, decision))
    lines += [_line(schedule, verdict, obstacle, room) for verdict in decision.verdicts]
    decided = Decided(
        schedule=schedule,
        lines=lines,
        until=max(decision.decided_until, schedule.decided_until),
        upcoming=None if room.left == 0 else decision.upcoming,
        state_reason=_why_over(schedule, room),
    )
    if obstacle and obstacle.lasting and decided.met(Fate.REFUSED):
        decided.lasting, decided.upcoming, decided.state_reason = True, None, obstacle.reason
    elif obstacle and decided.met(Fate.HELD):
        decided.state_reason = obstacle.reason
    return decided


def broken(*, schedule: ScheduledJob, error: Exception) -> Decided:
    """A schedule about which nothing can be decided: its next instant is refused, and it does not go on."""
    reason = str(error).replace("\0", "") or repr(error)
    planned = schedule.next_run_at or schedule.decided_until
    return Decided(
        schedule=schedule,
        lines=[Line(planned_at=planned, fate=Fate.REFUSED, reason=reason[:REASON_LENGTH])],
        until=max(planned, schedule.decided_until),
        upcoming=None,
        lasting=True,
        state_reason=reason,
    )


def skip_all(*, schedule: ScheduledJob, reason: str, now: datetime) -> Decided:
    """Every instant up to now is skipped for one reason."""
    if schedule.next_run_at is None or schedule.next_run_at > now:
        return Decided(schedule=schedule, lines=[], until=schedule.decided_until, upcoming=schedule.next_run_at)
    decision = _decision(schedule, now)
    lines = [_shared(span, Fate.SKIPPED, reason) for span in decision.spans]
    lines += [Line(planned_at=verdict.planned_at, fate=Fate.SKIPPED, reason=reason) for verdict in decision.verdicts]
    return Decided(schedule=schedule, lines=lines, until=decision.decided_until, upcoming=decision.upcoming)


def why_paused(schedule: ScheduledJob) -> str:
    """The reason in the ledger for instants of a paused schedule."""
    return f"paused: {schedule.state_reason}"[:REASON_LENGTH] if schedule.state_reason else "paused"


def _decision(schedule: ScheduledJob, now: datetime) -> Decision:
    if schedule.next_run_at is None:
        raise ValueError("Only a schedule with a next instant can be due.")
    # What lies before the next instant has its fate: decided in time, or skipped ahead of time by a person.
    return decide(
        trigger_of(schedule),
        decided_until=schedule.next_run_at - STEP,
        policy=schedule.misfire,
        limit=schedule.misfire_limit,
        latest_start_seconds=schedule.latest_start_seconds,
        most=MOST_LINES,
        now=now,
    )


def _span_lines(schedule: ScheduledJob, decision: Decision) -> Iterator[Line]:
    for span in decision.spans:
        if schedule.state == State.PAUSED:
            yield _shared(span, Fate.SKIPPED, why_paused(schedule))
        else:
            yield _shared(span, span.fate, _why_late(schedule, span.reason))


def _shared(span: Span, fate: str, reason: str) -> Line:
    return Line(planned_at=span.first, last_planned_at=span.last, count=span.count, fate=fate, reason=reason)


def _line(schedule: ScheduledJob, verdict: Verdict, obstacle: Obstacle | None, room: Room) -> Line:
    if schedule.state == State.PAUSED:
        return Line(planned_at=verdict.planned_at, fate=Fate.SKIPPED, reason=why_paused(schedule))
    if verdict.fate != "fired":
        return Line(planned_at=verdict.planned_at, fate=verdict.fate, reason=_why_late(schedule, verdict.reason))
    if obstacle:
        return Line(planned_at=verdict.planned_at, fate=obstacle.fate, reason=obstacle.reason[:REASON_LENGTH])
    fate, reason = _fate(schedule, room)
    return Line(planned_at=verdict.planned_at, fate=fate, reason=reason)


def _fate(schedule: ScheduledJob, room: Room) -> tuple[Fate, str]:
    """The fate of an instant to which nothing stands in the way but its own kind."""
    if room.left == 0:
        return Fate.SKIPPED, ENDED.format(runs=schedule.max_runs)
    fate = Fate.FIRED
    if room.busy and schedule.overlap == Overlap.SKIP:
        return Fate.SKIPPED, PREVIOUS_RUNS
    if room.busy and schedule.overlap == Overlap.QUEUE:
        most = get_conf().max_queued_occurrences
        if room.waiting >= most:
            return Fate.SKIPPED, QUEUE_FULL.format(most=most)
        fate = Fate.QUEUED
        room.waiting += 1
    room.busy = True
    if room.left is not None:
        room.left -= 1
    return fate, PREVIOUS_RUNS if fate == Fate.QUEUED else ""


def _why_over(schedule: ScheduledJob, room: Room) -> str:
    """Why nothing follows, if nothing does."""
    if room.left == 0:
        return f"It has run {schedule.max_runs} times, as often as it may."
    if schedule.state == State.PAUSED:
        return "Its last instant passed while it was paused."
    return "" if schedule.one_off else "Its last instant is over."


def _why_late(schedule: ScheduledJob, reason: str) -> str:
    return LATE[reason].format(limit=schedule.misfire_limit or MOST_LINES, latest=schedule.latest_start_seconds)
