"""What happened and what is planned in a period, as far as a person may see it: one list for every picture of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from uuid import UUID

from foureyes.models import JobResult, ScheduledJob
from foureyes.runs.gathered import Gathered, gathered_runs
from foureyes.runs.usual import time_left, usual_beside, with_usual
from foureyes.schedules.forecast import Forecast, counts, forecast
from foureyes.users.models import User
from foureyes.web.states import state_of_run

MOST_SCHEDULES = 200
STATES_AHEAD = {ScheduledJob.State.PENDING: "awaiting", ScheduledJob.State.PAUSED: "paused"}


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
    times: int = 1  # runs or planned instants that this one stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a period holds. Not `complete`: there is more than can be shown."""

    happenings: list[Happening]
    complete: bool


def happenings(
    *,
    user: User,
    edges: Sequence[datetime],
    now: datetime,
    job: UUID | None = None,
    most_apart: int = 4,
    most_of_one: int = 45,
    ahead: Forecast | None = None,
) -> Period:
    """Runs that began between the first and the last edge, and what is planned there from now on; in order of time.

    Where there are many runs, more than `most_apart` that are alike between two edges are one. What is planned more
    often than `most_of_one` times is counted between each two edges, days or hours, instead. `ahead` is what is
    planned, if whoever asks has read it from now on, at least as far.
    """
    since, until = edges[0], edges[-1]
    runs, complete = gathered_runs(user=user, edges=edges, job=job, most_apart=most_apart)
    usual = _usual(runs)
    ends = _ends([one.run_id for one in runs if one.status == JobResult.Status.RUNNING], user, now)
    found = [_of_run(one, ends, now) for one in runs]
    if until > now:
        begin = max(since, now)
        if ahead is None:
            mine = ScheduledJob.objects.filter(job_model=job) if job is not None else None
            ahead = forecast(
                user=user,
                since=begin,
                until=until,
                rows=mine,
                most=MOST_SCHEDULES,
                most_of_one=most_of_one,
                first_of_many=True,
            )
        complete = complete and ahead.complete
        slots = [begin, *(edge for edge in edges if edge > begin)]
        for planned in ahead.planned:
            if planned.more:
                found += _counted(planned.schedule, slots)
            else:
                found += _of_schedule(planned.schedule, [at for at in planned.instants if at < until], usual)
    found.sort(key=lambda one: (one.at, one.name))
    return Period(happenings=found, complete=complete)


def _usual(runs: list[Gathered]) -> dict[UUID | None, timedelta]:
    """The median of what the runs of each job took that ended well."""
    lengths: dict[UUID | None, list[float]] = {}
    for one in runs:
        if one.status == JobResult.Status.COMPLETED and one.started_at and one.completed and one.times == 1:
            lengths.setdefault(_job_id(one), []).append((one.completed - one.started_at).total_seconds())
    return {job: timedelta(seconds=median(known)) for job, known in lengths.items()}


def _ends(ids: Sequence[UUID], user: User, now: datetime) -> dict[UUID, datetime]:
    """When runs that go on are likely to end, where something tells."""
    runs = with_usual(JobResult.objects.filter(pk__in=ids), user=user) if ids else ()
    left = {run.pk: time_left(run, usual_beside(run), now=now) for run in runs}
    return {key: now + length for key, length in left.items() if length is not None}


def _of_run(one: Gathered, ends: dict[UUID, datetime], now: datetime) -> Happening:
    begin, job = one.started_at or one.created, one.job
    return Happening(
        at=begin,
        until=one.completed or ends.get(one.run_id, now),
        state=state_of_run(one),
        name=job.name if job else one.name,
        job_id=_job_id(one),
        job_slug=job.slug if job else "",
        queue=one.queue,
        worker=one.worker,
        url=f"/jobs/{job.slug}/" if job and one.times > 1 else f"/jobs/results/{one.run_id}/",
        is_planned=False,
        times=one.times,
    )


def _job_id(one: Gathered) -> UUID | None:
    return one.job.pk if one.job else None


def _of_schedule(
    schedule: ScheduledJob, instants: Sequence[datetime], usual: dict[UUID | None, timedelta]
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
