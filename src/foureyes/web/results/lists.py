"""The list of runs and its filters."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.approvals.queries import deciders_of_runs
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.runs.usual import usual_of_each
from foureyes.schedules.queries import visible
from foureyes.users.models import User
from foureyes.users.permissions import restrict
from foureyes.web.ids import id_of
from foureyes.web.names import Names
from foureyes.web.results.presenters import RunRow, run_rows
from foureyes.web.schedules.presenters import plain_name
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.exports import Echo, harmless
from foureyes.web.shell.lists import piece_of
from foureyes.web.shell.render import page
from foureyes.web.shell.saved import views_of

Status, Cause, Interval = JobResult.Status, JobResult.Cause, ScheduledJob.Interval
FIELDS = ("-created", "-pk")
PIECE = 500
STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "queued": ("Queued", {"status": Status.PENDING}),
    "running": ("Running", {"status": Status.RUNNING}),
    "succeeded": ("Succeeded", {"status": Status.COMPLETED}),
    "failed": ("Failed", {"status__in": [Status.FAILED, Status.ERRORED]}),
    "cancelled": ("Cancelled", {"status": Status.ERRORED, "cause": Cause.CANCELLED}),
    "lost": ("Worker lost", {"status": Status.ERRORED, "cause": Cause.WORKER_LOST}),
}
GOING_ON = ("queued", "running")
STOPPED = {"cancelled": Cause.CANCELLED, "lost": Cause.WORKER_LOST}
PERIODS = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days"}
KINDS = {"dry": "Dry runs", "real": "No dry runs"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; what cannot be read counts as not asked for."""

    state: str
    job: UUID | None
    person: str
    period: str
    kind: str
    errors: bool
    schedule: UUID | None
    because: UUID | None  # the run because of which hooks started them

    @property
    def any(self) -> bool:
        """Whether something is left out."""
        return any(
            (self.state, self.job, self.person, self.period, self.kind, self.errors, self.schedule, self.because)
        )


@require_safe
@signed_in
def runs(request: SignedInRequest) -> HttpResponse:
    """Runs that the person may view, the newest first."""
    now, filters = timezone.now(), filters_of(request)
    piece = piece_of(narrowed(visible_runs(request.user), filters, now), request, fields=FIELDS)
    deciders = deciders_of_runs(piece.rows)
    names = Names(ids=[run.user_id for run in piece.rows], usernames=deciders.values())
    return page(
        request,
        "web/results/list.html",
        part="web/results/_part.html",
        title="Job Results",
        nav="results",
        crumbs=[("Jobs", "/jobs/")],
        now=now,
        piece=piece,
        names=names,
        rows=list(
            run_rows(
                piece.rows,
                deciders={run: names.named(who) for run, who in deciders.items()},
                usual=usual_of_each(piece.rows, user=request.user),
                now=now,
            )
        ),
        filters=filters,
        goes_on=filters.state in GOING_ON,
        schedule=_name_of(request.user, filters.schedule),
        views=views_of(request, "results"),
        states=[(key, word) for key, (word, _) in STATES.items()],
        periods=PERIODS.items(),
        kinds=KINDS.items(),
        jobs=_jobs(request.user),
    )


@require_safe
@signed_in
def export(request: SignedInRequest) -> StreamingHttpResponse:
    """The same rows as CSV, all pages of them, with instants in UTC."""
    found = narrowed(visible_runs(request.user), filters_of(request), timezone.now())
    answer = StreamingHttpResponse(_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="job-results.csv"'
    return answer


def filters_of(request: HttpRequest) -> Filters:
    """As the query asks."""

    def chosen(name: str, allowed: Any) -> str:
        value = request.GET.get(name, "")
        return value if value in allowed else ""

    return Filters(
        state=chosen("state", STATES),
        job=id_of(request.GET.get("job", "")),
        person=request.GET.get("person", "").strip().replace("\x00", "")[:150],
        period=chosen("period", PERIODS),
        kind=chosen("kind", KINDS),
        errors=request.GET.get("errors") == "1",
        schedule=id_of(request.GET.get("schedule", "")),
        because=id_of(request.GET.get("because", "")),
    )


def narrowed(rows: JobResultQuerySet, filters: Filters, now: datetime) -> JobResultQuerySet:
    """Those of the rows that the filters leave, the newest first."""
    rows = rows.select_related("job_model", "schedule", "grant").light()
    if filters.state in STOPPED:
        rows = rows.stopped(STOPPED[filters.state])
    elif filters.state:
        rows = rows.filter(**STATES[filters.state][1])
    if filters.state == "failed":
        rows = rows.exclude(cause__in=[Cause.CANCELLED, Cause.WORKER_LOST])
    if filters.job:
        rows = rows.filter(job_model=filters.job)
    if filters.person:
        rows = rows.filter(user_name=filters.person)
    if filters.errors:
        rows = rows.with_errors()
    if filters.schedule:
        rows = rows.filter(schedule=filters.schedule)
    if filters.because:
        rows = rows.filter(hook_run_id=filters.because)
    if filters.period:
        rows = rows.filter(created__gte=now - timedelta(days=int(filters.period)))
    if filters.kind:
        rows = rows.dry() if filters.kind == "dry" else rows.exclude(purpose=JobResult.Purpose.DRY_RUN)
    return rows.newest_first()


def _name_of(user: User, schedule: UUID | None) -> str:
    """Of the schedule that the list is narrowed to; of one that is gone or hidden, what can be said of it."""
    found = visible(user).select_related("job_model").filter(pk=schedule).first() if schedule else None
    return plain_name(found) if found else "a schedule that is not there" if schedule else ""


def _jobs(user: User) -> list[tuple[UUID, str]]:
    return list(restrict(Job.objects.all(), user=user, action="view").order_by("name", "pk").values_list("pk", "name"))


def _csv(rows: JobResultQuerySet) -> Iterator[str]:
    writer = csv.writer(Echo())
    head = [
        "id",
        "job",
        "state",
        "kind",
        "requested_by",
        "created",
        "started",
        "ended",
        "seconds",
        "warnings",
        "errors",
        "schedule",
        "approved_by",
    ]
    yield writer.writerow(head)
    every = rows.iterator(chunk_size=PIECE)
    while some := list(islice(every, PIECE)):
        for row in run_rows(some, deciders=deciders_of_runs(some), now=timezone.now()):
            yield writer.writerow([harmless(cell) for cell in _cells(row)])


def _cells(row: RunRow) -> list[Any]:
    run = row.run
    instants = [at.isoformat() if at else "" for at in (run.created, run.started_at, run.completed)]
    planned = run.schedule.name if run.schedule and run.schedule.interval != Interval.IMMEDIATELY else ""
    seconds = row.length.total_seconds() if row.length is not None else ""
    return [
        run.pk,
        row.job_name,
        row.state,
        run.purpose,
        run.user_name,
        *instants,
        seconds,
        row.warnings,
        row.errors,
        planned,
        row.approved_by,
    ]
