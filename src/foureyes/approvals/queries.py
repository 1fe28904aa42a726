"""Which requests there are, for one person: one queryset for pages, API, command line and the badge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)

from foureyes.approvals.lateness import are_late
from foureyes.approvals.lifecycle import State
from foureyes.approvals.policy import Kind, involving
from foureyes.events import Kind as EventKind
from foureyes.models import ApprovalRequest, Event, Job, JobResult, RequestParty, ScheduledJob
from foureyes.runs.statements import paths_of, query_rows
from foureyes.schedules.forecast import BESIDE, SHOWN
from foureyes.schedules.queries import visible
from foureyes.users.compiled import Keys, compiled, ready
from foureyes.users.models import User
from foureyes.users.permissions import restrict

Requests = QuerySet[ApprovalRequest]

SHOWN_OF_OPEN = (("state",), ("scheduled_job", SHOWN), BESIDE)

# What a list needs that says in a line who asks for what, why, and when it runs; the rest is read when it is asked for.
SHOWN_IN_SHORT = (
    *("state", "reason", "created", "expires_at", "snapshot", "job__name"),
    *("scheduled_job__state", "scheduled_job__one_off", "scheduled_job__interval", "scheduled_job__start_time"),
    *("scheduled_job__next_run_at", "scheduled_job__misfire", "scheduled_job__user_name"),
    *("scheduled_job__user__username", "scheduled_job__user__first_name", "scheduled_job__user__last_name"),
)


class _WrittenOut(Value):
    """A word of ours in the statement itself: SQLite uses a partial index for no condition with a parameter."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """The word."""
        return f"'{self.value}'", ()


OPEN = _WrittenOut(str(State.OPEN))


def visible_requests(user: User) -> Requests:
    """Requests whose schedule or job the person may view, and one's own, the decided ones included."""
    of_schedule = _among("scheduled_job", restrict(ScheduledJob.objects.all(), user=user, action="view"))
    of_gate = Q(kind=Kind.OPEN_GATE) & _among("job", restrict(Job.objects.all(), user=user, action="view"))
    return _read(ApprovalRequest.objects.filter(of_schedule | of_gate | involving(user)))


def newest_open_of(jobs: Iterable[Job], *, user: User) -> dict[UUID, ApprovalRequest]:
    """The newest open request of each job that the person may view; two queries, however many requests there are."""
    rows = compiled(_newest_open, of=user, keys=Keys([job.pk for job in jobs]))
    found = [key for key in rows if key is not None]
    requests: list[ApprovalRequest] = compiled(_these, of=None, keys=Keys(found)) if found else []
    return {request.job_id: request for request in requests if request.job_id is not None}


def _newest_open(user: User, *, keys: Any) -> QuerySet[Job, UUID | None]:
    newest = visible_requests(user).filter(state=State.OPEN, job=OuterRef("pk")).order_by("-created", "-pk")
    rows = Job.objects.filter(pk__in=keys).annotate(newest=Subquery(newest.values("pk")[:1]))
    return rows.values_list("newest", flat=True)


def _these(_: None, *, keys: Any) -> Requests:
    return _read(ApprovalRequest.objects.filter(pk__in=keys))


def waiting_for(user: User) -> Requests:
    """Open requests that this person may see and approve: the rights of `policy` as one query."""
    jobs = restrict(Job.objects.all(), user=user, action="approve")
    schedules = _seen(restrict(ScheduledJob.objects.all(), user=user, action="change"), user)
    changeable = _seen(restrict(Job.objects.all(), user=user, action="change"), user)
    carried = _among("scheduled_job", schedules) | (Q(kind=Kind.OPEN_GATE) & _among("job", changeable))
    if not user.is_active:
        return ApprovalRequest.objects.none()
    rows = ApprovalRequest.objects.filter(carried, _among("job", jobs), state=OPEN)
    return _read(rows.exclude(involving(user)))


def telling_who_waits(requests: Requests, user: User) -> Requests:
    """The requests with `waits`: whether each of them waits for this person."""
    return requests.annotate(waits=Exists(waiting_for(user).filter(pk=OuterRef("pk"))))


def asked_by(user: User) -> Requests:
    """One's own requests, and those that one edited."""
    return _read(ApprovalRequest.objects.filter(involving(user)))


def open_with_schedules(
    user: User, rows: QuerySet[ScheduledJob] | None = None, *, most: int, now: datetime
) -> list[ApprovalRequest]:
    """Open requests about schedules (of `rows`, all by default) that the person may view, the first in the order of the
    queue.

    For pictures of time: without what was asked for.
    """
    found = ready(_open, most, of=user, now=now) if rows is None else _open(user, most, rows, now=now)
    return query_rows(found, *SHOWN_OF_OPEN)


def _open(user: User, most: int, rows: QuerySet[ScheduledJob] | None = None, *, now: datetime) -> Requests:
    requests = ApprovalRequest.objects.filter(_among("scheduled_job", visible(user, rows)), state=OPEN)
    return in_queue_order(requests, now=now).values_list(*paths_of(*SHOWN_OF_OPEN))[:most]


def in_queue_order(requests: Requests, *, now: datetime) -> Requests:
    """Past due first, then by when they have to be decided, then the oldest; a wish for now, since it was made."""
    late = Case(When(are_late(now=now), then=Value(False)), default=Value(True), output_field=BooleanField())
    starts = Case(
        When(scheduled_job__next_run_at__isnull=False, then=F("scheduled_job__next_run_at")),
        default=F("scheduled_job__start_time"),
    )
    ends_first = Q(starts_at__isnull=True) | Q(expires_at__lt=F("starts_at"))
    decided_by = Case(When(ends_first, then=F("expires_at")), default=F("starts_at"))
    return requests.annotate(not_past_due=late, starts_at=starts, decided_by=decided_by).order_by(
        "not_past_due", F("decided_by").asc(nulls_last=True), "created", "id"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many requests wait, how many of them are past due, when the next of the others starts, and the first."""

    count: int
    past_due: int
    next_start: datetime | None
    first: list[ApprovalRequest]


def waiting_in_short(user: User, *, now: datetime, first: int = 0) -> Waiting:
    """What waits for this person, in numbers, with so many in the order of the queue; in one query."""
    found = compiled(_in_short, max(first, 1), of=user, now=now)
    if not found:
        return Waiting(count=0, past_due=0, next_start=None, first=[])
    one = found[0]
    return Waiting(count=one.of_all, past_due=one.past_due, next_start=one.next_start, first=found[:first])


def _in_short(user: User, most: int, *, now: datetime) -> Requests:
    ahead = Q(not_past_due=True, starts_at__gte=now)
    rows: Any = in_queue_order(waiting_for(user), now=now).annotate(
        of_all=Window(Count("*")),
        past_due=Window(Count("pk", filter=Q(not_past_due=False))),
        next_start=Window(Min("starts_at", filter=ahead)),
    )
    shown = rows.select_related(None).select_related("job", "scheduled_job__user").only(*SHOWN_IN_SHORT)
    return shown[:most]  # type: ignore[no-any-return]


def dry_runs_of(request: ApprovalRequest) -> QuerySet[JobResult]:
    """The runs that tried exactly this request, the newest first."""
    noted = Event.objects.filter(
        kind=EventKind.APPROVAL_DRY_RUN,
        subject_type=ApprovalRequest._meta.label_lower,
        subject_id=str(request.pk),
    ).values_list("data__run", flat=True)
    return JobResult.objects.filter(pk__in=list(noted)).newest_first()


def deciders_of_runs(runs: Iterable[JobResult]) -> dict[UUID, str]:
    """Who approved these runs, by their ids; runs without a grant are absent. One query."""
    requests = {run.pk: run.grant.request_id for run in runs if run.grant}
    said_yes = RequestParty.objects.filter(
        request__in=set(requests.values()), part=RequestParty.Part.DECIDER, verdict=RequestParty.Verdict.APPROVE
    )
    names = dict(said_yes.values_list("request", "person_name"))
    return {run: names[request] for run, request in requests.items() if request in names}


def history_of_schedule(schedule: ScheduledJob, *, most: int = 5) -> list[ApprovalRequest]:
    """The newest requests about a schedule, each with its `parties` in order of time and its grant. Two queries."""
    parties = Prefetch("parties", RequestParty.objects.order_by("at", "pk"))
    rows = ApprovalRequest.objects.filter(scheduled_job=schedule).select_related("grant").prefetch_related(parties)
    return list(rows.order_by("-number")[:most])


def _seen(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    return restrict(rows, user=user, action="view")


def _among(name: str, rows: QuerySet[Any]) -> Q:
    """Those that point to one of the rows: each is looked up, since PostgreSQL would collect all rows for a list."""
    if rows.query.where:
        return Q(Exists(rows.filter(pk=OuterRef(name))))
    return ~Q(
        **{f"{name}__isnull": True}
    )  # the other way round SQLite looks for it in an index, and leaves that of open ones


def _read(rows: Requests) -> Requests:
    return rows.select_related("job", "scheduled_job", "scheduled_job__user", "scheduled_job__job_model")
