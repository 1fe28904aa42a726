"""Schedules as pages show them: prepared values, no queries."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foureyes.models import JobResult, Occurrence, ScheduledJob
from foureyes.schedules.allowed import Action, refusal_of
from foureyes.schedules.preview import sentence_of
from foureyes.schedules.queries import plain_warning_of
from foureyes.unseen import on_one_line
from foureyes.users.models import User
from foureyes.web.states import state_of_run, state_of_schedule
from foureyes.web.times import duration

Fate = Occurrence.Fate
FATES: dict[str, tuple[str, str, str]] = {  # word, icon, tint
    Fate.PLANNED: ("Planned", "calendar-clock", "acc"),
    Fate.FIRED: ("Ran", "circle-check", "ok"),
    Fate.SKIPPED: ("Skipped", "circle-minus", "idle"),
    Fate.MISSED: ("Missed", "timer-off", "late"),
    Fate.REFUSED: ("Refused", "ban", "bad"),
    Fate.QUEUED: ("Waits for the run before", "circle-dashed", "idle"),
    Fate.HELD: ("Held", "eye", "wait"),
}
MISFIRE = {
    ScheduledJob.Misfire.LATEST: "If instants are missed, only the latest of them runs.",
    ScheduledJob.Misfire.SKIP: "Missed instants do not run.",
    ScheduledJob.Misfire.ALL: "Missed instants all run, one after the other.",
}
OVERLAP = {
    ScheduledJob.Overlap.ALLOW: "A run may start while the one before goes on.",
    ScheduledJob.Overlap.SKIP: "An instant is skipped while the run before goes on.",
    ScheduledJob.Overlap.QUEUE: "An instant waits until the run before has ended.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """One of the last runs of a schedule."""

    run: JobResult
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One schedule in a list. `switch` is the action of its switch, empty where the person may not use it."""

    schedule: ScheduledJob
    name: str
    state: str
    sentence: str
    warning: str
    last: list[LastRun]
    switch: str
    owner_is_gone: bool


def schedule_rows(
    schedules: Iterable[ScheduledJob], *, last: Mapping[UUID, list[JobResult]], may_change: Mapping[UUID, bool]
) -> list[ScheduleRow]:
    """Rows of a list."""
    return [
        ScheduleRow(
            schedule=row,
            name=name_in_words(row),
            state=state_of_schedule(row),
            sentence=plan_in_words(row),
            warning=plain_warning_of(row) or (row.state_reason if row.state == ScheduledJob.State.ERRORED else ""),
            last=[LastRun(run=run, state=state_of_run(run)) for run in last.get(row.pk, [])],
            switch=_switch(row) if may_change.get(row.pk) else "",
            owner_is_gone=row.user is None or not row.user.is_active,
        )
        for row in schedules
    ]


def name_in_words(schedule: ScheduledJob) -> str:
    """What a person called it; a wish for now has a name that the system made up, and goes by its job."""
    job = schedule.job_model if schedule.interval == ScheduledJob.Interval.IMMEDIATELY else None
    return job.name if job else schedule.name


def plain_name(schedule: ScheduledJob) -> str:
    """The same for titles and sentences, with every character that nobody sees written out."""
    return on_one_line(name_in_words(schedule))


def plan_in_words(schedule: ScheduledJob) -> str:
    """When it runs; of a wish for now, which waits as a schedule, what it waits for."""
    if schedule.interval != ScheduledJob.Interval.IMMEDIATELY:
        return sentence_of(schedule)
    return "Once, as soon as it is approved" if schedule.state == ScheduledJob.State.PENDING else "Once, at once"


def _switch(schedule: ScheduledJob) -> str:
    if schedule.state == ScheduledJob.State.ACTIVE:
        return "pause"
    return "resume" if schedule.state == ScheduledJob.State.PAUSED else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What cannot be done to a schedule now, by the name of the action. Possible actions are in neither.

    `hidden`: never, for want of a permission; their buttons are absent.
    """

    sentences: dict[str, str]
    hidden: set[str]


def refused_actions(schedule: ScheduledJob, *, by: User, now: datetime) -> Refused:
    """Asks for every action, once."""
    asked = {str(action): refusal_of(action, schedule=schedule, by=by, now=now) for action in Action}
    found = {action: refusal for action, refusal in asked.items() if refusal}
    return Refused(
        sentences={action: refusal.message for action, refusal in found.items()},
        hidden={action for action, refusal in found.items() if refusal.kind == "not_allowed"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One planned instant with its fate."""

    line: Occurrence
    word: str
    icon: str
    tint: str
    run: JobResult | None
    run_state: str


def ledger_rows(lines: Iterable[Occurrence], *, runs: Container[UUID]) -> list[LedgerRow]:
    """Lines of the ledger, with the run that came of each, if it is among those that the person may view."""
    return [_ledger_row(line, runs) for line in lines]


def _ledger_row(line: Occurrence, runs: Container[UUID]) -> LedgerRow:
    word, icon, tint = FATES[line.fate]
    run = getattr(line, "job_result", None)
    shown = run if run is not None and run.pk in runs else None
    return LedgerRow(
        line=line, word=word, icon=icon, tint=tint, run=shown, run_state=state_of_run(shown) if shown else ""
    )


def policies_of(schedule: ScheduledJob) -> list[str]:
    """What happens when it is late or overlaps, in sentences."""
    found = [MISFIRE[ScheduledJob.Misfire(schedule.misfire)]]
    if schedule.misfire == ScheduledJob.Misfire.ALL and schedule.misfire_limit:
        found[0] = f"Of missed instants the last {schedule.misfire_limit} run, one after the other."
    if schedule.latest_start_seconds:
        found.append(f"Nothing starts more than {duration(schedule.latest_start_seconds)} late.")
    found.append(OVERLAP[ScheduledJob.Overlap(schedule.overlap)])
    if schedule.max_runs:
        found.append(f"Runs in all: at most {schedule.max_runs}, {schedule.total_run_count} so far.")
    return found
