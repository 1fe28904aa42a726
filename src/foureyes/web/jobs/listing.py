"""Jobs > Jobs: find a job, see how it does, run it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.catalog.queries import broken_modules, search_jobs
from foureyes.conf import get_conf
from foureyes.models import Job
from foureyes.models.job import JobQuerySet
from foureyes.people.preferences import star_job, starred_jobs
from foureyes.runs.of_jobs import WENT_WRONG, with_health, with_last_run
from foureyes.schedules.queries import with_next_run
from foureyes.submission.job_settings import switch_jobs
from foureyes.users.models import User
from foureyes.users.permissions import may, restrict
from foureyes.web.addresses import is_ours
from foureyes.web.ids import ids_of
from foureyes.web.jobs.rows import Group, groups_of
from foureyes.web.jobs.start import query_of, start_in
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page
from foureyes.web.shell.saved import views_of

PER_PAGE = 50
LONGEST_TEXT = 200
ORDERS: dict[str, tuple[Any, ...]] = {
    "name": ("grouping", "name", "id"),
    "latest": (F("last_run_at").desc(nulls_last=True), "name", "id"),
    "next": (F("next_run_at").asc(nulls_last=True), "name", "id"),
    "duration": (F("usual_length").desc(nulls_last=True), "name", "id"),
    "failures": (F("failures").desc(), "name", "id"),
}
ORDER_WORDS = {
    "name": "group",
    "latest": "latest run",
    "next": "next run",
    "duration": "usual duration",
    "failures": "failures",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on or off."""

    name: str
    text: str
    icon: str
    on: bool


LEFT_OUT = ("variables", "class_values", "task_queues", "test_methods")
CHIPS = (
    ("starred", "Starred", "star"),
    ("runnable", "I can run", ""),
    ("gated", "Needs approval", "eye"),
    ("failed", "Last run failed", "octagon-x"),
    ("scheduled", "Scheduled", "calendar-clock"),
    ("disabled", "Disabled", "power"),
    ("hidden", "Hidden", "eye-off"),
)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def jobs(request: SignedInRequest) -> HttpResponse:
    """The list; a post stars one job, or enables or disables those that are selected."""
    now = timezone.now()
    if request.method == "POST":
        return _change(request, now)
    user, start = request.user, start_in(request.GET)
    visible = restrict(Job.objects.all(), user=user, action="view")
    wanted, order = {name for name, _, _ in CHIPS if request.GET.get(name) == "1"}, _order(request)
    text = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    found = _ordered(_filtered(visible, wanted, text, user), order, user)
    shown = Paginator(found.defer(*LEFT_OUT), PER_PAGE).get_page(request.GET.get("page"))
    total = visible.count() if wanted or text else shown.paginator.count
    groups = groups_of(shown.object_list, user=user, grouped=order == "name", now=now)
    return page(
        request,
        "web/jobs/list.html",
        part="web/jobs/_results.html",
        title="Jobs",
        nav="jobs",
        crumbs=[("Jobs", reverse("web:jobs"))],
        now=now,
        groups=groups,
        views=views_of(request, "jobs"),
        shown=shown,
        total=total,
        any_job=bool(total) or Job.objects.exists(),
        folder=get_conf().jobs_folder if user.is_superuser else None,
        text=text,
        order=order,
        order_word=ORDER_WORDS[order],
        orders=[(name, ORDER_WORDS[name]) for name in ORDERS],
        chips=_chips(wanted, user),
        filtered=bool(wanted or text),
        switchable=any(row.may_change for group in groups for row in group.rows),
        broken=broken_modules() if may(user, "change", Job) else [],
        summary=_summary(total, groups, visible, user),
        start=start,
        start_query=query_of(start) if start else "",
    )


def _chips(wanted: set[str], user: User) -> list[Chip]:
    """Hidden jobs are a matter of those who hide them."""
    shown = [chip for chip in CHIPS if chip[0] != "hidden" or "hidden" in wanted or may(user, "change", Job)]
    return [Chip(name, words, icon, name in wanted) for name, words, icon in shown]


def _order(request: SignedInRequest) -> str:
    wanted = request.GET.get("sort", "")
    return wanted if wanted in ORDERS else "name"


def _filtered(visible: JobQuerySet, wanted: set[str], text: str, user: User) -> JobQuerySet:
    found = search_jobs(visible, text) if text else visible
    found = found.filter(hidden="hidden" in wanted)
    if "starred" in wanted:
        found = found.filter(pk__in=starred_jobs(user))
    if "runnable" in wanted:
        mine = restrict(Job.objects.all(), user=user, action="run")
        found = found.filter(pk__in=mine.values("pk"), enabled=True, installed=True, import_error="")
    if "gated" in wanted:
        found = found.filter(gated=True)
    if "disabled" in wanted:
        found = found.filter(enabled=False)
    found = with_last_run(found, user=user)
    if "failed" in wanted:
        found = found.filter(Q(("last_status__in", WENT_WRONG)))
    found = with_next_run(found, user=user)
    return found.filter(Q(("next_run_at__isnull", False))) if "scheduled" in wanted else found


def _ordered(found: JobQuerySet, order: str, user: User) -> JobQuerySet:
    if order in ("duration", "failures"):
        found = with_health(found, user=user)
    return found.order_by(*ORDERS[order])


def _summary(total: int, groups: list[Group], visible: JobQuerySet, user: User) -> str:
    runnable = restrict(Job.objects.all(), user=user, action="run")
    count = visible.filter(Q(pk__in=runnable.values("pk"))).count()
    if not total:
        return "What can be run here."
    if total == 1:
        return f"1 job. You may {'run' if count else 'not run'} it."
    return f"{total} jobs. You may run {'all' if count == total else count or 'none'} of them."


def _change(request: SignedInRequest, now: datetime) -> HttpResponse:
    visible = restrict(Job.objects.all(), user=request.user, action="view")
    if star := request.POST.get("star") or request.POST.get("unstar"):
        for job in visible.filter(pk__in=ids_of([star])):
            star_job(user=request.user, job_id=job.pk, on="star" in request.POST, now=now)
        return _back(request)
    single = request.POST.get("enable_one") or request.POST.get("disable_one")
    chosen = list(visible.filter(pk__in=ids_of([single] if single else request.POST.getlist("job"))))
    enabled = "enable" in request.POST or "enable_one" in request.POST
    if not chosen:
        messages.warning(request, "No job is selected. Tick the jobs that you mean first.")
        return _back(request)
    switch_jobs(jobs=chosen, enabled=enabled, by=request.user, now=now)
    word = "Enabled" if enabled else "Disabled"
    names = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} jobs"
    messages.success(request, f"{word} {names}." + ("" if enabled else " What runs already goes on."))
    return _back(request)


def _back(request: SignedInRequest) -> HttpResponse:
    back = request.POST.get("next") or request.get_full_path()
    answer = HttpResponseRedirect(back if is_ours(request, back) else request.path)
    answer.status_code = 303
    return answer
