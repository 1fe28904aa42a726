"""Which instants are planned in a period, of all schedules that a person may view: for calendars and timelines.

The next schedules come first, by the index of due ones, so the answer takes as long with a million schedules. What is
left out is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Q, QuerySet

from foureyes.errors import Invalid, Refusal
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.schedules.preview import goes_on, runs_left
from foureyes.schedules.queries import DUE, visible
from foureyes.schedules.triggers_of import STEP, trigger_of
from foureyes.users.models import User

MOST_SCHEDULES = 1000
MOST_OF_ONE = 500
MOST_INSTANTS = 20_000  # of all schedules together: the more there are, the fewer each may have
MOST_DAYS = 400
LEFT_OUT = (
    "inputs",
    *(f"job_model__{name}" for name in ("description", "class_values", "variables", "test_methods", "task_queues")),
)  # long, and no picture of time shows them


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
) -> Forecast:
    """What is planned with since <= instant < until, of `rows` (all by default) that the user may view.

    Paused schedules are among them, and those that wait for an approval: their state says so. Nothing of the past is:
    that is the ledger's. With `first_of_many`, of a schedule that has more than `most_of_one` only the first is given,
    for pictures that count the others anyway.
    """
    _demand_period(since, until)
    shown = visible(user, rows)
    live = (
        shown.filter(DUE, next_run_at__lt=until)
        .select_related("job_model")
        .defer(*LEFT_OUT)
        .order_by("next_run_at", "id")
    )
    found = list(live[: most + 1])
    open_requests = ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN, scheduled_job__isnull=False)
    waiting = shown.filter(
        Q(pk__in=open_requests.values("scheduled_job")), state=ScheduledJob.State.PENDING, next_run_at__lt=until
    )
    found += waiting.select_related("job_model").defer(*LEFT_OUT).order_by("next_run_at", "id")[: most + 1]
    found.sort(key=lambda row: (row.next_run_at or until, row.pk))
    each = min(most_of_one, MOST_INSTANTS // max(min(len(found), most), 1))
    planned = (one for row in found[:most] for one in _planned(row, since, until, each, first_of_many))
    return Forecast(planned=tuple(planned), complete=len(found) <= most)


def counts(*, schedule: ScheduledJob, edges: Sequence[datetime]) -> list[int]:
    """How many planned instants lie between each edge and the next one, without going through them: days, say."""
    if schedule.next_run_at is None or not goes_on(schedule):
        return [0] * (len(edges) - 1)
    trigger, begin = trigger_of(schedule), schedule.next_run_at - STEP
    before = [trigger.count(begin, edge - STEP) if edge - STEP > begin else 0 for edge in edges]
    left = runs_left(schedule)
    ends = before if left is None else [min(count, left) for count in before]
    return [later - earlier for earlier, later in pairwise(ends)]


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
