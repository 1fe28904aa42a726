"""The run form: fill in the inputs, choose when, see what will happen, and ask for it."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from foureyes.approvals.terms import AS_USUAL
from foureyes.catalog.inputs import label_of
from foureyes.catalog.refusals import refusal_to_schedule
from foureyes.errors import Refusal
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.runs.queries import visible_runs
from foureyes.schedules.queries import visible
from foureyes.sentences import in_our_words, said_by
from foureyes.submission.check import Faults, faults_of
from foureyes.submission.submit import Submitted, dry_run, submit
from foureyes.unseen import on_one_line
from foureyes.web.errors import STATUS_OF_KIND
from foureyes.web.jobs.asked import SHOWS_ONLY, blank, read, values_of_run
from foureyes.web.jobs.lookup import address, crumbs_of, job_of
from foureyes.web.jobs.run_page import Form, own_dry_run, run_page, tried_shown
from foureyes.web.jobs.start import start_in
from foureyes.web.jobs.steps import is_dry
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import draft_of
from foureyes.web.shell.render import page

CHANGED = (
    "The source of this job has changed since you opened the form. Nothing was sent. What you typed is kept: look it "
    "over and send it again."
)
NOT_THERE = "That run is not there any more, or you may not view it. These are the defaults."
NOT_STORED = "The inputs of that run were not stored. These are the defaults."


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: SignedInRequest, slug: str) -> HttpResponse:
    """The form; a post sends it, tries it, or shows what it would do."""
    job, now = job_of(slug, user=request.user), timezone.now()
    if request.method != "POST":
        return run_page(request, job, _kept(request, job, now) or _first(request, job), now=now)
    asked = read(request.POST, request.FILES, job, by=request.user, now=now)
    given = {name for name, text in request.POST.items() if text} | set(request.FILES)
    form = Form(asked=asked, lost=frozenset(given), edited=True)
    if any(name in request.POST for name in SHOWS_ONLY):
        return run_page(request, job, form, now=now)
    if asked.source != (job.bundle_id or ""):
        return run_page(request, job, replace(form, status=409, banner=CHANGED), now=now)
    if "_dry_run" in request.POST:
        return _try(request, job, form, now)
    return _send(request, job, form, now)


@signed_in
@require_POST
def preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the form would do as it stands: the parts of the page that change with it."""
    job, now = job_of(slug, user=request.user), timezone.now()
    asked = read(request.POST, {}, job, by=request.user, now=now)
    return run_page(request, job, Form(asked=asked, edited=True), now=now)


@signed_in
@require_http_methods(["GET", "HEAD"])
def dry_run_state(request: SignedInRequest, slug: str, run_id: UUID) -> HttpResponse:
    """How a dry run from the form stands; the panel asks again until it has ended."""
    job = job_of(slug, user=request.user)
    tried = own_dry_run(job, run_id, request.user)
    if tried is None:
        raise Http404
    shown = tried_shown(job, tried)
    crumbs = crumbs_of(job)
    return page(
        request, "web/jobs/tried.html", part="web/jobs/_tried.html", title="Dry run", nav="jobs", crumbs=crumbs, **shown
    )


def _first(request: SignedInRequest, job: Job) -> Form:
    """The empty form, for a `?start=` that it brings along; or filled (`?from=`) from a run or a schedule that the
    person may view or asked for."""
    try:
        key = UUID(request.GET["from"])
    except KeyError:
        return Form(asked=blank(job, start=start_in(request.GET) if refusal_to_schedule(job) is None else None))
    except ValueError:
        return Form(asked=blank(job), banner=NOT_THERE)
    own = JobResult.objects.shown().filter(user=request.user) | visible_runs(request.user)
    if found := own.filter(pk=key, job_model=job).first():
        return Form(asked=blank(job, filled=values_of_run(found)), banner=_filled_from(job, found))
    planned = visible(request.user) | ScheduledJob.objects.filter(user=request.user)
    if like := planned.filter(pk=key, job_model=job).first():
        return Form(asked=blank(job, filled=like.inputs, like=like))
    return Form(asked=blank(job), banner=NOT_THERE)


def _kept(request: SignedInRequest, job: Job, now: datetime) -> Form | None:
    """The form as it was sent when the session had ended; inputs that must not be stored are the defaults again."""
    draft = draft_of(request) if "from" not in request.GET else None
    if draft is None:
        return None
    asked = read(draft.sent, {}, job, by=request.user, now=now)
    if job.has_sensitive_variables:
        asked = replace(asked, raws=blank(job).raws)
    changed = asked.source != (job.bundle_id or "")
    lost = frozenset(spec["name"] for spec in job.variables)  # nobody knows any more which of them were given
    return Form(asked=asked, lost=lost, edited=True, banner=CHANGED if changed else "")


def _filled_from(job: Job, found: JobResult) -> str:
    values = values_of_run(found)
    if job.variables and not values:
        return NOT_STORED
    left = [
        label_of(spec)
        for spec in job.variables
        if (spec["type"] == "FileVar" or spec.get("sensitive")) and values.get(spec["name"])
    ]
    return f"Filled from an earlier run, but for {', '.join(left)}: give that again." if left else ""


def _send(request: SignedInRequest, job: Job, form: Form, now: datetime) -> HttpResponse:
    asked = form.asked
    if asked.errors or asked.file_errors:
        return _refused(request, job, form, None, now)
    wanted: dict[str, Any] = {
        "job": job,
        "by": request.user,
        "data": asked.data(job),
        "files": asked.files,
        "queue": asked.queue,
        "key": asked.key,
        "now": now,
    }
    try:
        if is_dry(asked):
            done = Submitted(job_result=dry_run(**wanted))
        else:
            reason = asked.reason if job.gated else None
            done = submit(**wanted, commit=asked.commit, schedule=asked.schedule, reason=reason, terms=asked.terms)
    except Refusal as refusal:
        return _refused(request, job, form, refusal, now)
    messages.success(request, _said(job, done))
    answer = HttpResponseRedirect(_where(done))
    answer.status_code = 303
    return answer


def _try(request: SignedInRequest, job: Job, form: Form, now: datetime) -> HttpResponse:
    asked = form.asked
    try:
        tried = dry_run(
            job=job,
            by=request.user,
            data=asked.data(job),
            files=asked.files,
            queue=asked.queue,
            key=f"{asked.key} {request.POST.get('_try', '')}",
            now=now,
        )
    except Refusal as refusal:
        return _refused(request, job, form, refusal, now, trying=True)
    return run_page(request, job, replace(form, asked=replace(asked, tried=tried.pk)), now=now)


def _refused(
    request: SignedInRequest, job: Job, form: Form, refusal: Refusal | None, now: datetime, *, trying: bool = False
) -> HttpResponse:
    """The form with everything that is wrong with it. Of a dry run only the inputs matter."""
    asked = form.asked
    wrong = faults_of(
        job=job,
        by=request.user,
        data=asked.data(job),
        files=asked.files,
        queue=asked.queue,
        schedule=None if trying or asked.errors else asked.schedule,
        reason=None if trying or is_dry(asked) else asked.reason,
        terms=AS_USUAL if trying or is_dry(asked) else asked.terms,
        now=now,
    )
    settings = {} if trying else {name: list(texts) for name, texts in asked.errors.items()}
    for name, texts in wrong.settings.items():
        settings.setdefault(name, _ours(texts))
    inputs = {name: _ours(texts) for name, texts in wrong.inputs.items()} | dict(asked.file_errors)
    faults = Faults(inputs=inputs, settings=settings, others=_ours(wrong.others))
    if refusal is not None and not (faults.inputs or faults.settings or faults.others):
        faults.others.append(said_by(refusal))
    kind = "invalid" if refusal is None else refusal.kind
    return run_page(request, job, replace(form, faults=faults, status=STATUS_OF_KIND[kind]), now=now)


def _ours(texts: list[str]) -> list[str]:
    return [in_our_words(text) for text in texts]


def _said(job: Job, done: Submitted) -> str:
    if done.again:
        return "This form was sent before, and this is what came of it. Nothing was done twice."
    if done.request:
        return f"Request {done.request.number} waits for a second person."
    return f"{on_one_line(done.schedule.name)} is scheduled." if done.schedule else f"{job.name} was started."


def _where(done: Submitted) -> str:
    if done.request:
        return address("request", done.request.pk)
    if done.schedule:
        return address("schedule", done.schedule.pk)
    return address("result", done.job_result.pk if done.job_result else "")
