"""Deleting a schedule and taking one over: a page that says what follows, and the act."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.errors import Refusal
from foureyes.schedules import control
from foureyes.schedules.allowed import Action, demand_allowed
from foureyes.submission.edit import take_over_schedule
from foureyes.submission.foresee import Approval, foresee_take_over
from foureyes.web.errors import fault_of_reason
from foureyes.web.names import Names
from foureyes.web.schedules.presenters import name_in_words, plain_name, plan_in_words
from foureyes.web.schedules.schedule import CRUMBS, visible_schedule
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes the schedule; its runs and its ledger stay."""
    found, now = visible_schedule(request.user, pk), timezone.now()
    if request.method == "POST":
        control.delete(schedule=found, by=request.user, now=now)
        messages.success(request, f"The schedule “{plain_name(found)}” was deleted.")
        return redirect("web:schedules")
    demand_allowed(Action.DELETE, schedule=found, by=request.user, now=now)
    return page(
        request,
        "web/schedules/delete.html",
        title="Delete",
        nav="scheduled",
        crumbs=[*CRUMBS, (plain_name(found), f"/jobs/scheduled/{found.pk}/")],
        now=now,
        schedules=[(found, name_in_words(found), plan_in_words(found))],
        action=request.path,
        back=f"/jobs/scheduled/{found.pk}/",
    )


@require_http_methods(["GET", "POST"])
@signed_in
def assume(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Says what changes when the person becomes the owner, then makes it so."""
    found, now = visible_schedule(request.user, pk), timezone.now()
    reason, error = typed_in(request).get("reason", ""), ""
    if request.method == "POST":
        try:
            taken = take_over_schedule(schedule=found, by=request.user, reason=reason, now=now)
        except Refusal as refusal:
            if not (error := fault_of_reason(refusal)):
                raise
        else:
            waits = " It waits for approval again." if taken.request else ""
            messages.success(request, f"You own “{plain_name(found)}” now.{waits}")
            return redirect("web:schedule", pk=pk)
    foreseen = foresee_take_over(schedule=found, by=request.user, now=now)
    return page(
        request,
        "web/schedules/assume.html",
        title="Assume Ownership",
        nav="scheduled",
        crumbs=[*CRUMBS, (plain_name(found), f"/jobs/scheduled/{found.pk}/")],
        status=422 if error else 200,
        now=now,
        schedule=found,
        owner=Names([found.user_id], [found.user_name]).of(found.user_id, found.user_name),
        foreseen=foreseen,
        asks=foreseen.approval in (Approval.NEEDED, Approval.ASKED_AGAIN),
        reason=reason,
        error=error,
    )
