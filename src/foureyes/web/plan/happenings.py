"""What happened and what is planned in a period, as far as a person may see it: one list for every picture of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from foureyes.models import JobResult, ScheduledJob, Worker
from foureyes.runs.queries import visible_runs
from foureyes.schedules.forecast import forecast
from foureyes.users.models import User
from foureyes.web.states import state_of_run

MOST_RUNS = 4000
MOST_SCHEDULES = 500
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

    @property
    def is_estimated(self) -> bool:
        """Is its end a guess?"""
        return self.is_planned or self.state in ("running", "stopping", "queued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a period holds. Not `complete`: there is more than can be shown."""

    happenings: list[Happening]
    complete: bool
    more_planned: int


def happenings(
    *, user: User, since: datetime, until: datetime, now: datetime, job: UUID | None = None, most_of_one: int = 100
) -> Period:
    """Runs that began in the period, and what is planned from now to its end; in order of time. Three queries."""
    runs = visible_runs(user).filter(created__gte=since, created__lt=until)
    if job is not None:
        runs = runs.filter(job_model=job)
    rows = list(runs.select_related("job_model", "worker").only(*NEEDED).newest_first()[: MOST_RUNS + 1])
    usual = _usual(rows)
    found = [_of_run(row, usual, now) for row in rows[:MOST_RUNS]]
    complete, more = len(rows) <= MOST_RUNS, 0
    if until > now:
        mine = ScheduledJob.objects.filter(job_model=job) if job is not None else None
        ahead = forecast(
            user=user, since=max(since, now), until=until, rows=mine, most=MOST_SCHEDULES, most_of_one=most_of_one
        )
        complete = complete and ahead.complete
        for planned in ahead.planned:
            more += planned.more
            found += _of_schedule(planned.schedule, planned.instants, usual)
    found.sort(key=lambda one: (one.at, one.name))
    return Period(happenings=found, complete=complete, more_planned=more)


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
    job = schedule.job_model
    states = {ScheduledJob.State.PENDING: "awaiting", ScheduledJob.State.PAUSED: "paused"}
    for at in instants:
        yield Happening(
            at=at,
            until=at + usual.get(schedule.job_model_id, timedelta(0)),
            state=states.get(ScheduledJob.State(schedule.state), "scheduled"),
            name=job.name if job else schedule.name,
            job_id=schedule.job_model_id,
            job_slug=job.slug if job else "",
            queue=schedule.queue or "",
            worker="",
            url=f"/jobs/scheduled/{schedule.pk}/",
            is_planned=True,
        )
