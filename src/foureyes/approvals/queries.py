"""Which requests there are, for one person: one queryset for pages, API, command line and the badge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, F, Prefetch, Q, QuerySet, Value, When

from foureyes.approvals.lifecycle import State
from foureyes.approvals.policy import Kind, involving
from foureyes.events import Kind as EventKind
from foureyes.models import ApprovalRequest, Event, Job, JobResult, RequestParty, ScheduledJob
from foureyes.users.models import User
from foureyes.users.permissions import restrict

Requests = QuerySet[ApprovalRequest]


def visible_requests(user: User) -> Requests:
    """Requests whose schedule or job the person may view, and one's own, the decided ones included."""
    of_schedule = _among("scheduled_job", restrict(ScheduledJob.objects.all(), user=user, action="view"))
    of_gate = Q(kind=Kind.OPEN_GATE) & _among("job", restrict(Job.objects.all(), user=user, action="view"))
    return _read(ApprovalRequest.objects.filter(of_schedule | of_gate | involving(user)))


def waiting_for(user: User) -> Requests:
    """Open requests that this person may approve: the rights of `policy` as one query."""
    jobs = restrict(Job.objects.all(), user=user, action="approve")
    schedules = restrict(ScheduledJob.objects.all(), user=user, action="change")
    changeable = restrict(Job.objects.all(), user=user, action="change")
    carried = Q(scheduled_job__in=schedules) | Q(kind=Kind.OPEN_GATE, job__in=changeable)
    if not user.is_active:
        return ApprovalRequest.objects.none()
    rows = ApprovalRequest.objects.filter(carried, state=State.OPEN, job__in=jobs)
    return _read(rows.exclude(involving(user)))


def asked_by(user: User) -> Requests:
    """One's own requests, and those that one edited."""
    return _read(ApprovalRequest.objects.filter(involving(user)))


def in_queue_order(requests: Requests, *, now: datetime) -> Requests:
    """Past due first, then by the next start, then the oldest; a wish for now starts when it was asked for."""
    once = Q(scheduled_job__one_off=True, scheduled_job__start_time__lt=now)
    immediate = Q(scheduled_job__interval=ScheduledJob.Interval.IMMEDIATELY)
    late = Case(When(once & ~immediate, then=Value(False)), default=Value(True), output_field=BooleanField())
    starts = Case(
        When(scheduled_job__next_run_at__isnull=False, then=F("scheduled_job__next_run_at")),
        default=F("scheduled_job__start_time"),
    )
    return requests.annotate(not_past_due=late, starts_at=starts).order_by(
        "not_past_due", F("starts_at").asc(nulls_last=True), "created", "id"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many requests wait, how many of them are past due, and when the next of the others starts."""

    count: int
    past_due: int
    next_start: datetime | None


def waiting_in_short(user: User, *, now: datetime) -> Waiting:
    """What waits for this person, in numbers."""
    rows: Any = in_queue_order(waiting_for(user), now=now)
    starts = list(rows.values_list("not_past_due", "starts_at"))
    ahead = [at for on_time, at in starts if on_time and at is not None and at >= now]
    return Waiting(
        count=len(starts), past_due=sum(not on_time for on_time, _ in starts), next_start=min(ahead, default=None)
    )


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


def _among(name: str, rows: QuerySet[Any]) -> Q:
    """Those that point to one of the rows. If that is every row, lists are read in their order and not collected."""
    return Q(**{f"{name}__in": rows}) if rows.query.where else Q(**{f"{name}__isnull": False})


def _read(rows: Requests) -> Requests:
    return rows.select_related("job", "scheduled_job", "scheduled_job__user", "scheduled_job__job_model")
