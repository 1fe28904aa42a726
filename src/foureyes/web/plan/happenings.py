"""What happened and what is planned in a period, as far as a person may see it: one list for every picture of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from uuid import UUID

from foureyes.models import JobResult, ScheduledJob, Worker
from foureyes.runs.queries import visible_runs
from foureyes.schedules.forecast import counts, forecast
from foureyes.users.models import User
from foureyes.web.states import state_of_run

MOST_RUNS = 4000
MOST_SCHEDULES = 500
STATES_AHEAD = {ScheduledJob.State.PENDING: "awaiting", ScheduledJob.State.PAUSED: "paused"}
NEEDED = (
    "pk", "status", "cause", "cancel_requested_at", "created", "started_at", "completed", "queue", "name", "purpose",
    "job_model_id", "job_model__name", "job_model__slug", "worker_id", "worker__name",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A run that was or is, or one that is planned; `until` is when it ended, or is likely to end."""

    at: datetime
    until: datetime
    state: str
    name: str
    job_id: UUID | None
    job_slug: str
    queue: str
    worker: str
    url: str
    is_planned: bool
    times: int = 1  # planned instants that this one stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a period holds. Not `complete`: there is more than can be shown."""

    happenings: list[Happening]
    complete: bool


def happenings(
    *, user: User, edges: Sequence[datetime], now: datetime, job: UUID | None = None, most_of_one: int = 100
) -> Period:
    """Runs that began between the first and the last edge, and what is planned there from now on; in order of time.

    What is planned more often than `most_of_one` times is counted between each two edges, days or hours, instead.
    """
    since, until = edges[0], edges[-1]
    runs = visible_runs(user).filter(created__gte=since, created__lt=until)
    if job is not None:
        runs = runs.filter(job_model=job)
    rows = list(runs.select_related("job_model", "worker").only(*NEEDED).newest_first()[: MOST_RUNS + 1])
    usual = _usual(rows)
    found = [_of_run(row, usual, now) for row in rows[:MOST_RUNS]]
    complete = len(rows) <= MOST_RUNS
    if until > now:
        mine = ScheduledJob.objects.filter(job_model=job) if job is not None else None
        begin = max(since, now)
        ahead = forecast(user=user, since=begin, until=until, rows=mine, most=MOST_SCHEDULES, most_of_one=most_of_one)
        complete = complete and ahead.complete
        slots = [begin, *(edge for edge in edges if edge > begin)]
        for planned in ahead.planned:
            if planned.more:
                found += _counted(planned.schedule, slots)
            else:
                found += _of_schedule(planned.schedule, planned.instants, usual)
    found.sort(key=lambda one: (one.at, one.name))
    return Period(happenings=found, complete=complete)


def _usual(runs: list[JobResult]) -> dict[UUID | None, timedelta]:
    """The median of what the runs of each job took that ended well."""
    lengths: dict[UUID | None, list[float]] = {}
    for run in runs:
        if run.status == JobResult.Status.COMPLETED and run.started_at and run.completed:
            lengths.setdefault(run.job_model_id, []).append((run.completed - run.started_at).total_seconds())
    return {job: timedelta(seconds=median(known)) for job, known in lengths.items()}


def _of_run(run: JobResult, usual: dict[UUID | None, timedelta], now: datetime) -> Happening:
    begin = run.started_at or run.created
    likely = max(begin + usual.get(run.job_model_id, timedelta(0)), now)
    return Happening(
        at=begin,
        until=run.completed or likely,
        state=state_of_run(run),
        name=run.job_model.name if run.job_model else run.name,
        job_id=run.job_model_id,
        job_slug=run.job_model.slug if run.job_model else "",
        queue=run.queue,
        worker=_worker_name(run.worker),
        url=f"/jobs/results/{run.pk}/",
        is_planned=False,
    )


def _worker_name(worker: Worker | None) -> str:
    return worker.name if worker else ""


def _of_schedule(
    schedule: ScheduledJob, instants: tuple[datetime, ...], usual: dict[UUID | None, timedelta]
) -> Iterator[Happening]:
    length = usual.get(schedule.job_model_id, timedelta(0))
    for at in instants:
        yield _planned(schedule, at, at + length, times=1)


def _counted(schedule: ScheduledJob, slots: Sequence[datetime]) -> Iterator[Happening]:
    for (begin, end), times in zip(pairwise(slots), counts(schedule=schedule, edges=slots), strict=True):
        if times:
            yield _planned(schedule, begin, end, times=times)


def _planned(schedule: ScheduledJob, at: datetime, until: datetime, *, times: int) -> Happening:
    job = schedule.job_model
    return Happening(
        at=at,
        until=until,
        state=STATES_AHEAD.get(ScheduledJob.State(schedule.state), "scheduled"),
        name=job.name if job else schedule.name,
        job_id=schedule.job_model_id,
        job_slug=job.slug if job else "",
        queue=schedule.queue or "",
        worker="",
        url=f"/jobs/scheduled/{schedule.pk}/",
        is_planned=True,
        times=times,
    )
