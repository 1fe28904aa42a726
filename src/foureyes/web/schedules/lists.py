"""The list of schedules and its filters."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.models import Job, ScheduledJob
from foureyes.runs.queries import last_runs_of
from foureyes.schedules.queries import DUE, failing, halted, visible, without_active_owner
from foureyes.users.permissions import may, restrict
from foureyes.web.ids import id_of
from foureyes.web.names import Names
from foureyes.web.schedules.presenters import schedule_rows
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.lists import piece_of
from foureyes.web.shell.render import page
from foureyes.web.shell.saved import views_of

State = ScheduledJob.State
CURRENT = [State.PENDING, State.ACTIVE, State.PAUSED, State.ERRORED]
CHIPS: dict[str, tuple[str, dict[str, Any]]] = {
    "": ("Current", {"state__in": CURRENT}),
    "waiting": ("Awaiting approval", {"state": State.PENDING}),
    "paused": ("Paused", {"state": State.PAUSED}),
    "errored": ("Errored", {"state": State.ERRORED}),
    "failing": ("Last run failed", {"state__in": CURRENT}),
    "alone": ("Without owner", {"state__in": CURRENT}),
    "ended": ("Ended", {"state__in": [State.FINISHED, State.CANCELLED, State.DENIED, State.WITHDRAWN, State.EXPIRED]}),
}
HALTED = {"waiting": State.PENDING, "paused": State.PAUSED, "errored": State.ERRORED}
NEWEST, NEXT = ("-pk",), ("next_run_at", "pk")
LEFT_OUT = ("inputs", "description", "job_model__variables", "job_model__class_values", "job_model__description")
MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; what cannot be read counts as not asked for."""

    state: str
    job: UUID | None
    q: str
    sort: str

    @property
    def any(self) -> bool:
        """Whether something is left out beside the ended ones."""
        return bool(self.state or self.job or self.q)


@require_safe
@signed_in
def schedules(request: SignedInRequest) -> HttpResponse:
    """Schedules that the person may view: those that go on, the newest first, unless something else is asked for."""
    now, filters = timezone.now(), _filters(request)
    rows = visible(request.user)
    rows = halted(rows, HALTED[filters.state]) if filters.state in HALTED else rows.filter(**CHIPS[filters.state][1])
    if filters.state == "alone":
        rows = rows.filter(pk__in=without_active_owner().order_by().values("pk"))
    if filters.state == "failing":
        rows = failing(rows, user=request.user)
    if filters.job:
        rows = rows.filter(job_model=filters.job)
    if filters.q:
        rows = rows.filter(Q(name__icontains=filters.q) | Q(user_name=filters.q))
    if filters.sort == "next":
        rows = rows.filter(next_run_at__isnull=False) if filters.state else rows.filter(DUE)
    order = NEXT if filters.sort == "next" else NEWEST
    piece = piece_of(rows.select_related("job_model", "user").defer(*LEFT_OUT).order_by(*order), request, fields=order)
    changeable = restrict(ScheduledJob.objects.all(), user=request.user, action="change")
    may_change = set(changeable.filter(pk__in=[row.pk for row in piece.rows]).values_list("pk", flat=True))
    return page(
        request,
        "web/schedules/list.html",
        part="web/schedules/_list.html",
        title="Scheduled Jobs",
        nav="scheduled",
        crumbs=[("Jobs", "/jobs/")],
        now=now,
        piece=piece,
        names=Names(ids=[row.user_id for row in piece.rows]),
        rows=schedule_rows(
            piece.rows,
            last=last_runs_of(piece.rows, user=request.user),
            may_change={row.pk: row.pk in may_change for row in piece.rows},
        ),
        filters=filters,
        views=views_of(request, "schedules"),
        chips=[(key, word) for key, (word, _) in CHIPS.items()],
        jobs=restrict(Job.objects.all(), user=request.user, action="view")
        .order_by("name", "pk")
        .values_list("pk", "name"),
        may_delete=may(request.user, "delete", ScheduledJob),
    )


def _filters(request: SignedInRequest) -> Filters:
    sent = request.GET
    return Filters(
        state=sent.get("state", "") if sent.get("state", "") in CHIPS else "",
        job=id_of(sent.get("job", "")),
        q=sent.get("q", "").strip().replace("\x00", "")[:MOST_TEXT],
        sort="next" if sent.get("sort") == "next" else "",
    )
