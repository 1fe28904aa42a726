"""Events, the newest first, in plain words. Nobody can edit here."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.events import Kind
from foureyes.events.queries import about
from foureyes.models import Event, JobResult
from foureyes.models.event import FREQUENT
from foureyes.users.permissions import demand_may, restrict
from foureyes.web.ids import ids_of
from foureyes.web.names import Names
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.exports import Echo, harmless
from foureyes.web.shell.lists import piece_of
from foureyes.web.shell.render import page
from foureyes.web.shell.saved import views_of

FIELDS = ("-pk",)
PERIODS = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days", "365": "Last year"}
SUBJECTS = {
    "job": "Jobs",
    "run": "Runs",
    "schedule": "Schedules",
    "approval": "Approvals",
    "grant": "Grants",
    "worker": "Workers",
    "user": "Accounts",
    "group": "Groups",
    "permission": "Permissions",
    "token": "Tokens",
    "webhook": "Webhooks",
    "job_hook": "Job hooks",
}
PAGES = {
    "extras.jobresult": "/jobs/results/",
    "extras.scheduledjob": "/jobs/scheduled/",
    "extras.approvalrequest": "/jobs/approvals/",
    "users.user": "/admin/users/",
    "auth.group": "/admin/groups/",
    "users.objectpermission": "/admin/permissions/",
}
PIECE = 500


def _kinds_of(subject: str) -> list[tuple[str, str]]:
    # One of the kinds that every run has is sought among the others of its kind by no index.
    rare = [kind for kind in Kind if kind not in FREQUENT and kind.partition(".")[0] == subject]
    return [(kind.value, str(kind.label).rstrip(".")) for kind in rare]


KINDS = [(subject, word, _kinds_of(subject)) for subject, word in SUBJECTS.items()]
OFFERED = {*SUBJECTS, *(kind for _, _, kinds in KINDS for kind, _ in kinds)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event as it is shown."""

    event: Event
    who: str
    text: str
    url: str
    about: str


@require_safe
@signed_in
def audit(request: SignedInRequest) -> HttpResponse:
    """The log, narrowed to what is asked for."""
    demand_may(request.user, "view", Event)
    piece = piece_of(_rows(request), request, fields=FIELDS)
    names, jobs = Names(ids=[event.actor_id for event in piece.rows]), _jobs_of_runs(piece.rows)
    return page(
        request,
        "web/govern/audit.html",
        part="web/govern/_part.html",
        title="Audit Log",
        nav="audit",
        piece=piece,
        views=views_of(request, "audit"),
        lines=[_line(event, names, jobs) for event in piece.rows],
        wanted={name: request.GET.get(name, "") for name in ("actor", "about", "period", "object")},
        kinds=KINDS,
        periods=PERIODS.items(),
    )


@require_safe
@signed_in
def export(request: SignedInRequest, form: str) -> StreamingHttpResponse:
    """The same as CSV or JSON lines, all of it, instants in UTC."""
    demand_may(request.user, "view", Event)
    writers = {"csv": (_csv, "text/csv"), "jsonl": (_json_lines, "application/jsonl")}
    if form not in writers:
        raise Http404
    write, kind = writers[form]
    answer = StreamingHttpResponse(write(_rows(request)), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return answer


def _rows(request: HttpRequest) -> QuerySet[Event]:
    names = ("actor", "about", "object", "period")
    sent = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in names}
    rows = restrict(Event.objects.all(), user=request.user, action="view")
    if actor := sent.get("actor"):
        rows = rows.filter(actor_name=actor)
    if sent.get("about") in OFFERED:
        rows = about(rows, sent["about"])
    if key := sent.get("object"):
        rows = rows.filter(subject_id=key[:64])
    if sent.get("period") in PERIODS:
        rows = rows.filter(at__gte=timezone.now() - timedelta(days=int(sent["period"])))
    return rows.order_by(*FIELDS)


def _jobs_of_runs(events: list[Event]) -> dict[str, str]:
    """The names of the jobs of runs that events are about, by the id of the run: an event has the path of the class."""
    runs = ids_of(event.subject_id for event in events if event.subject_type == "extras.jobresult")
    found = JobResult.objects.filter(pk__in=runs, job_model__isnull=False).values_list("pk", "job_model__name")
    return {str(run): name for run, name in found}


def _line(event: Event, names: Names, jobs: Mapping[str, str]) -> Line:
    place = PAGES.get(event.subject_type, "")
    return Line(
        event=event,
        who=names.of(event.actor_id, event.actor_name) if event.actor_name else "",
        text=sentence(event.kind),
        url=f"{place}{event.subject_id}/" if place else "",
        about=jobs.get(event.subject_id) or event.subject_text or event.subject_id,
    )


def sentence(kind: str) -> str:
    """What happened, in words."""
    return str(Kind(kind).label) if kind in Kind.values else kind


def _cells(event: Event) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "kind": event.kind,
        "text": sentence(event.kind),
        "actor": event.actor_name,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "subject": event.subject_text,
        "sequence": event.sequence,
        "hash": event.hash,
        "data": event.data,
    }


def _csv(rows: QuerySet[Event]) -> Iterator[str]:
    writer = csv.writer(Echo())
    names = ["at", "kind", "text", "actor", "subject_type", "subject_id", "subject", "sequence", "hash"]
    yield writer.writerow(names)
    for event in rows.iterator(chunk_size=PIECE):
        cells = _cells(event)
        yield writer.writerow([harmless(cells[name]) for name in names])


def _json_lines(rows: QuerySet[Event]) -> Iterator[str]:
    for event in rows.iterator(chunk_size=PIECE):
        yield json.dumps(_cells(event), ensure_ascii=False, default=str) + "\n"
