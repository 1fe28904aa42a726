"""What is done to one schedule by one button. What needs a second look has a page of its own, in `confirm.py`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from foureyes.errors import Refusal
from foureyes.schedules import control
from foureyes.sentences import first_fault
from foureyes.submission.edit import clone_schedule, run_schedule_now
from foureyes.submission.submit import Submitted
from foureyes.web.errors import fault_of_reason
from foureyes.web.schedules.presenters import plain_name
from foureyes.web.schedules.schedule import CRUMBS, visible_schedule
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.shell.render import page
from foureyes.web.typed_times import instant_or_none


def _done(request: SignedInRequest, pk: UUID, act: Callable[..., Any], said: str, **options: Any) -> HttpResponse:
    now, found = timezone.now(), visible_schedule(request.user, pk)

    def do() -> Submitted:
        act(schedule=found, by=request.user, now=now, **options)
        return Submitted(schedule=found)

    messages.success(request, AGAIN if once_for(request, do, now=now).again else said)
    return redirect("web:schedule", pk=pk)


@require_POST
@signed_in
def pause(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lets its instants pass, with a note why."""
    return _done(request, pk, control.pause, "Paused.", note=request.POST.get("note", "")[:1000])


@require_POST
@signed_in
def resume(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lets it go on."""
    return _done(request, pk, control.resume, "Resumed. What has passed meanwhile does not run.")


@require_POST
@signed_in
def skip_next(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lets the next instant pass, ahead of time; only the one that the page showed, if it says which."""
    shown = instant_or_none(request.POST.get("planned_at", ""))
    return _done(request, pk, control.skip_next, "The next run is skipped.", planned_at=shown)


@require_http_methods(["GET", "POST"])
@signed_in
def run_now(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Runs what it runs, at once; of a gated job that asks for approval, with a reason."""
    found = visible_schedule(request.user, pk)
    reason = request.POST.get("reason", "")
    if request.method == "POST":
        try:
            now = timezone.now()
            done = once_for(
                request, lambda: run_schedule_now(schedule=found, by=request.user, reason=reason, now=now), now=now
            )
        except Refusal as refusal:
            if not (fault := fault_of_reason(refusal)):
                raise
            return _ask(request, found, "run", error=fault)
        return _went(request, done)
    return _ask(request, found, "run")


@require_http_methods(["GET", "POST"])
@signed_in
def clone(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Stores the same again under another name; of a gated job that asks for approval, with a reason."""
    found = visible_schedule(request.user, pk)
    if request.method != "POST":
        return _ask(request, found, "clone")
    name, reason = request.POST.get("name", "").strip(), request.POST.get("reason", "")
    now = timezone.now()

    def copy() -> Submitted:
        made = clone_schedule(schedule=found, by=request.user, name=name or None, reason=reason, now=now)
        return Submitted(schedule=made.schedule, request=made.request)

    try:
        made = once_for(request, copy, now=now)
    except Refusal as refusal:
        if refusal.kind != "invalid":
            raise
        return _ask(request, found, "clone", error=first_fault(refusal))
    said = "Cloned." if made.request is None else "Cloned. The clone waits for approval."
    messages.success(request, AGAIN if made.again else said)
    return redirect("web:schedule", pk=made.schedule.pk) if made.schedule else redirect("web:schedules")


def _went(request: SignedInRequest, done: Submitted) -> HttpResponse:
    if done.job_result is not None:
        messages.success(request, AGAIN if done.again else "It runs now.")
        return redirect("web:result", pk=done.job_result.pk)
    said = "Approval was asked for. It runs as soon as somebody else approves it."
    messages.success(request, AGAIN if done.again else said)
    return redirect(f"/jobs/approvals/{done.request.pk}/") if done.request else redirect("web:schedules")


def _ask(request: SignedInRequest, schedule: Any, what: str, *, error: str = "") -> HttpResponse:
    typed = typed_in(request)
    titles = {"run": "Run now", "clone": "Clone"}
    return page(
        request,
        f"web/schedules/{what}.html",
        title=titles[what],
        nav="scheduled",
        crumbs=[*CRUMBS, (plain_name(schedule), f"/jobs/scheduled/{schedule.pk}/")],
        status=422 if error else 200,
        schedule=schedule,
        is_gated=bool(schedule.job_model and schedule.job_model.gated),
        name=typed.get("name", f"{schedule.name} (copy)"),
        reason=typed.get("reason", ""),
        error=error,
    )
