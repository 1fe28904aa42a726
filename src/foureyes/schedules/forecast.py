"""Which instants are planned in a period, of all schedules that a person may view: for calendars and timelines.

The next schedules come first, by the index of due ones, so the answer takes as long with a million schedules. What is
left out is told.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from django.db.models import Q, QuerySet

from foureyes.errors import Invalid, Refusal
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.runs.statements import paths_of, query_rows
from foureyes.schedules.preview import goes_on, runs_left
from foureyes.schedules.queries import DUE, visible
from foureyes.schedules.triggers_of import STEP, trigger_of
from foureyes.users.compiled import ready
from foureyes.users.models import User

MOST_SCHEDULES = 1000
MOST_OF_ONE = 500
MOST_INSTANTS = 20_000  # of all schedules together: the more there are, the fewer each may have
MOST_DAYS = 400
PENDING = ScheduledJob.State.PENDING
SHOWN = (
    *("name", "state", "queue", "user_name", "job_class", "next_run_at", "max_runs", "total_run_count"),
    *("interval", "crontab", "time_zone", "day_rule", "gap", "fold", "start_time", "end_time", "jitter_seconds"),
    *("one_off", "misfire"),
)  # what tells when it runs and what it is; the rest is long, and no picture of time has it
SHOWN_OF_JOB = ("name", "slug", "task_queues")
BESIDE = ("job_model", SHOWN_OF_JOB)
PATHS = paths_of(SHOWN, BESIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The planned instants of one schedule; `more` of them follow in the period."""

    schedule: ScheduledJob
    instants: tuple[datetime, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """By the next instant of each schedule. Not `complete`: further schedules have instants in the period."""

    planned: tuple[Planned, ...]
    complete: bool


def forecast(
    *,
    user: User,
    since: datetime,
    until: datetime,
    rows: QuerySet[ScheduledJob] | None = None,
    most: int = MOST_SCHEDULES,
    most_of_one: int = MOST_OF_ONE,
    first_of_many: bool = False,
    waiting: Iterable[ScheduledJob] | None = None,
) -> Forecast:
    """What is planned with since <= instant < until, of `rows` (all by default) that the user may view.

    Paused schedules are among them, and those that wait for an approval: their state says so. Nothing of the past is:
    that is the ledger's. With `first_of_many`, of a schedule that has more than `most_of_one` only the first is given,
    for pictures that count the others anyway. `waiting` are those with an open request, if whoever asks has read them.
    """
    _demand_period(since, until)
    first = most + 1
    found = _read(ready(_due, first, of=user, until=until) if rows is None else _due(user, first, rows, until=until))
    found += _waiting(user, rows, until, first) if waiting is None else filter(partial(_may_come, until), waiting)
    found.sort(key=lambda row: (row.next_run_at or until, row.pk))
    each = min(most_of_one, MOST_INSTANTS // max(min(len(found), most), 1))
    planned = (one for row in found[:most] for one in _planned(row, since, until, each, first_of_many))
    return Forecast(planned=tuple(planned), complete=len(found) <= most)


def _due(
    user: User, most: int, rows: QuerySet[ScheduledJob] | None = None, *, until: datetime
) -> QuerySet[ScheduledJob, Any]:
    return _first(visible(user, rows).filter(DUE, next_run_at__lt=until), most)


def _first(rows: QuerySet[ScheduledJob], most: int) -> QuerySet[ScheduledJob, Any]:
    return rows.order_by("next_run_at", "id").values_list(*PATHS)[:most]


def _read(rows: QuerySet[ScheduledJob, Any]) -> list[ScheduledJob]:
    return query_rows(rows, SHOWN, BESIDE)


def _waiting(user: User, rows: QuerySet[ScheduledJob] | None, until: datetime, most: int) -> list[ScheduledJob]:
    open_requests = ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN, scheduled_job__isnull=False)
    asked_for = Q(pk__in=open_requests.values("scheduled_job"))
    return _read(_first(visible(user, rows).filter(asked_for, state=PENDING, next_run_at__lt=until), most))


def _may_come(until: datetime, schedule: ScheduledJob) -> bool:
    return schedule.state == PENDING and schedule.next_run_at is not None and schedule.next_run_at < until


def counts(*, schedule: ScheduledJob, edges: Sequence[datetime]) -> list[int]:
    """How many planned instants lie between each edge and the next one, without going through them: days, say."""
    if schedule.next_run_at is None or not goes_on(schedule):
        return [0] * (len(edges) - 1)
    trigger, begin, left = trigger_of(schedule), schedule.next_run_at - STEP, runs_left(schedule)
    places = [edge - STEP for edge in edges]
    over = bisect_right(places, begin)  # so many edges lie before what is planned next
    found = trigger.counts(places[over:] if over == 0 else [begin, *places[over:]])
    found = [0] * (len(edges) - 1 - len(found)) + found
    if left is None:
        return found
    before = accumulate(found, initial=trigger.count(begin, places[0]) if over == 0 else 0)
    ends = [min(count, left) for count in before]
    return [later - earlier for earlier, later in pairwise(ends)]


def slots(*, schedule: ScheduledJob, edges: Sequence[datetime]) -> Iterator[tuple[datetime, datetime, int]]:
    """The same with the edges, where there are any. Where there is one alone, it begins and ends there."""
    trigger, first = trigger_of(schedule), schedule.next_run_at
    for (begin, end), times in zip(pairwise(edges), counts(schedule=schedule, edges=edges), strict=True):
        if times == 1 and first is not None and (at := trigger.next_after(max(begin, first) - STEP)) is not None:
            yield at, at, 1
        elif times:
            yield begin, end, times


def _demand_period(since: datetime, until: datetime) -> None:
    if until <= since:
        raise Invalid(fields={"to": ["The end of the period is not after its beginning."]}, code="no_period")
    if until - since > timedelta(days=MOST_DAYS):
        raise Invalid(fields={"to": [f"The period is longer than {MOST_DAYS} days."]}, code="long_period")


def _planned(
    schedule: ScheduledJob, since: datetime, until: datetime, most: int, first_of_many: bool
) -> Iterator[Planned]:
    """The instants of one schedule, if there are any. A row that is damaged has none; it errs when it is due."""
    if schedule.next_run_at is None:
        return
    try:
        trigger = trigger_of(schedule)
    except Refusal:
        return
    after, last = max(schedule.next_run_at, since) - STEP, until - STEP
    skipped = trigger.count(schedule.next_run_at - STEP, after) if after > schedule.next_run_at - STEP else 0
    runs = runs_left(schedule)
    left = None if runs is None else max(runs - skipped, 0)
    known = trigger.count(after, last) if first_of_many else 0
    most = 1 if known > most else most
    instants = trigger.between(after, last, most if left is None else min(most, left))
    if not instants:
        return
    count = known or (trigger.count(after, last) if len(instants) == most else len(instants))
    more = max((count if left is None else min(count, left)) - len(instants), 0)
    yield Planned(schedule=schedule, instants=tuple(instants), more=more)
