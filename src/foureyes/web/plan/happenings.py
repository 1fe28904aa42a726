"""What happened and what is planned in a period, as far as a person may see it: one list for every picture of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from statistics import median
from typing import NamedTuple
from uuid import UUID

from foureyes.approvals.lateness import late_since
from foureyes.approvals.queries import open_with_schedules
from foureyes.catalog.effective import allowed_queues
from foureyes.models import ApprovalRequest, JobResult, ScheduledJob
from foureyes.runs.gathered import gathered_runs
from foureyes.runs.usual import history_beside, time_left, with_history
from foureyes.schedules.forecast import Forecast, forecast, slots
from foureyes.unseen import on_one_line
from foureyes.users.models import User
from foureyes.web.plan.filters import EVERYTHING, Filters
from foureyes.web.states import run_state

GOING_ON = frozenset({"running", "stopping"})
MOST_GOING_ON = 50  # of the runs that go on, the newest are drawn with their likely end
MOST_SCHEDULES = 200
IN_ORDER = attrgetter("at", "name")
STATES_AHEAD = {ScheduledJob.State.PENDING: "awaiting", ScheduledJob.State.PAUSED: "paused"}
Like = tuple[str, str, str, UUID | None, str, UUID | None, str, str, None, UUID | None]


class Happening(NamedTuple):
    """A run that was or is, or one that is planned; `until` is when it ended, or is likely to end.

    Its name is that of its schedule, or of its job where it has none.
    """

    at: datetime
    until: datetime
    state: str
    name: str
    job_name: str
    job_id: UUID | None
    job_slug: str
    schedule_id: UUID | None
    queue: str
    worker: str
    run: UUID | str | None  # its id, if it is not planned
    request: UUID | None = None  # that it waits for
    times: int = 1  # runs or planned instants that this one stands for

    @property
    def is_planned(self) -> bool:
        """Whether it has not become a run."""
        return self.run is None

    @property
    def url(self) -> str:
        """The page that tells more: of the request, of the schedule, of the run, or of the job of many runs."""
        if self.run is None:
            return f"/jobs/approvals/{self.request}/" if self.request else f"/jobs/scheduled/{self.schedule_id}/"
        if self.times > 1 and self.job_slug:
            return f"/jobs/{self.job_slug}/"
        return f"/jobs/results/{_id(self)}/"

    @property
    def length(self) -> timedelta:
        """How long it took, or is likely to take."""
        return self.until - self.at

    @property
    def is_open(self) -> bool:
        """Whether its end is not known yet."""
        return self.is_planned or self.state in ("queued", "running", "stopping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a period holds. Not `complete`: there is more than can be shown; the same of what is planned alone."""

    happenings: list[Happening]
    complete: bool
    plan_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What is planned from an instant on, and the open requests about schedules, those that are past due first."""

    forecast: Forecast | None
    requests: list[ApprovalRequest]


def ahead_of(
    user: User, *, since: datetime, until: datetime, now: datetime, filters: Filters = EVERYTHING, most_of_one: int = 45
) -> Ahead:
    """The same as far as a person may view it; in two queries. Of what has passed there are only requests."""
    rows, begin = filters.schedules(), max(since, now)
    requests = open_with_schedules(user, rows, most=MOST_SCHEDULES + 1, now=now)
    planned = None
    if begin < until:
        planned = forecast(
            user=user,
            since=begin,
            until=until,
            rows=rows,
            most=MOST_SCHEDULES,
            most_of_one=most_of_one,
            first_of_many=True,
            waiting=[request.scheduled_job for request in requests if request.scheduled_job],
        )
    return Ahead(forecast=planned, requests=requests)


def happenings(
    *,
    user: User,
    edges: Sequence[datetime],
    now: datetime,
    filters: Filters = EVERYTHING,
    most_apart: int = 4,
    by_schedule: bool = False,
    ahead: Ahead | None = None,
    ends: Mapping[UUID, datetime] | None = None,
) -> Period:
    """Runs that began between the first and the last edge, and what is planned there from now on; in order of time.

    What should have run in that time and still waits for its approval is among them, as past due. Where there are many
    runs, more than `most_apart` that are alike between two edges are one; `by_schedule` only if they are of one
    schedule. What is planned very often is counted between each two edges, days or hours, instead. `ahead` is what is
    planned, if whoever asks has read it from now on, at least as far; `ends` when what goes on is likely to end.
    """
    since, until = edges[0], edges[-1]
    shown = partial(_of_run, now)
    found, complete = gathered_runs(
        shown, user=user, edges=edges, rows=filters.runs(), most_apart=most_apart, by_schedule=by_schedule
    )
    usual = _usual(found)
    ahead = ahead or ahead_of(user, since=since, until=until, now=now, filters=filters)
    going_on = [place for place, one in enumerate(found) if one.state in GOING_ON]
    ends = _ends([found[place] for place in going_on], user, now) if ends is None else ends
    for place in going_on:
        found[place] = found[place]._replace(until=ends.get(_id(found[place]), now))
    found += (
        one for asked in ahead.requests if (one := _past_due(asked, usual, now)) is not None and since <= one.at < until
    )
    plan_complete = ahead.forecast is None or ahead.forecast.complete
    if ahead.forecast is not None:
        begin = max(since, now)
        slices = [begin, *(edge for edge in edges if edge > begin)]
        requests = {asked.scheduled_job_id: asked.pk for asked in ahead.requests}
        for planned in ahead.forecast.planned:
            like = _planned(planned.schedule, requests.get(planned.schedule.pk))
            length = usual.get(planned.schedule.job_model_id, timedelta(0))
            if planned.more:
                found += (
                    Happening(begin, end if times > 1 else end + length, *like, times)
                    for begin, end, times in slots(schedule=planned.schedule, edges=slices)
                )
            else:
                found += (Happening(at, at + length, *like) for at in planned.instants if at < until)
    found.sort(key=IN_ORDER)
    return Period(happenings=found, complete=complete and plan_complete, plan_complete=plan_complete)


def _usual(runs: list[Happening]) -> dict[UUID | None, timedelta]:
    """The median of what the runs of each job took that ended well."""
    lengths: dict[UUID | None, list[float]] = {}
    for one in runs:
        if one.state == "succeeded" and one.times == 1:
            lengths.setdefault(one.job_id, []).append((one.until - one.at).total_seconds())
    return {job: timedelta(seconds=median(known)) for job, known in lengths.items()}


def likely_ends(runs: Iterable[JobResult], *, now: datetime) -> dict[UUID, datetime]:
    """When runs that go on, read by `with_history`, are likely to end, where something tells."""
    left = {run.pk: time_left(run, history_beside(run), now=now) for run in runs}
    return {key: now + length for key, length in left.items() if length is not None}


def _ends(runs: list[Happening], user: User, now: datetime) -> dict[UUID, datetime]:
    ids = [_id(one) for one in runs[-MOST_GOING_ON:]]
    return likely_ends(with_history(JobResult.objects.filter(pk__in=ids), user=user), now=now) if ids else {}


def _id(run: Happening) -> UUID:
    return UUID(str(run.run))


def _of_run(
    now: datetime,
    key: UUID | str,
    times: int,
    status: str,
    cause: str,
    cancelling: bool,
    begin: datetime,
    completed: datetime | None,
    job_id: UUID | None,
    job_name: str,
    job_slug: str,
    queue: str,
    worker: str,
    schedule_id: UUID | None,
    schedule: str,
) -> Happening:
    """What has not ended lasts until now, as far as is known."""
    return Happening(
        begin,
        completed or now,
        run_state(status, cause, cancelling=cancelling),
        on_one_line(schedule) or job_name,
        job_name,
        job_id,
        job_slug,
        schedule_id,
        queue,
        worker,
        key,
        None,
        times,
    )


def _past_due(request: ApprovalRequest, usual: dict[UUID | None, timedelta], now: datetime) -> Happening | None:
    at, schedule = late_since(request, now=now), request.scheduled_job
    if at is None or schedule is None:
        return None
    length = usual.get(schedule.job_model_id, timedelta(0))
    return Happening(at, min(at + length, now), "past_due", *_planned(schedule, request.pk)[1:])


def _planned(schedule: ScheduledJob, request: UUID | None) -> Like:
    """What all planned instants of a schedule have in common: the fields of a happening from its state to its request.

    Where it waits for an approval, they lead to that.
    """
    job, state = schedule.job_model, STATES_AHEAD.get(ScheduledJob.State(schedule.state), "scheduled")
    return (
        state,
        on_one_line(schedule.name),
        job.name if job else schedule.job_class,
        schedule.job_model_id,
        job.slug if job else "",
        schedule.pk,
        schedule.queue or (allowed_queues(job)[0] if job else ""),
        "",
        None,
        request if state == "awaiting" else None,
    )
