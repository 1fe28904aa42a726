"""Send a request back with a change: an approver suggests, and only the requester's acceptance counts (gate G20)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.approvals.policy import Verdict, refusal_to_decide
from foureyes.approvals.talk import suggest
from foureyes.catalog.choices import variables_with_choices
from foureyes.catalog.inputs import clean_inputs
from foureyes.errors import Invalid, Refusal
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.sentences import faults_of, said_by
from foureyes.submission.once import Submitted
from foureyes.web.approvals.decisions import answer_refused, go_to, see_other
from foureyes.web.approvals.listing import address_of, title_of
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.pages import crumbs_to_queue, kept_query
from foureyes.web.approvals.people import requester_name
from foureyes.web.approvals.review import request_for
from foureyes.web.approvals.standing import is_at_once
from foureyes.web.errors import fault_of_reason
from foureyes.web.jobs.asked import SHOWS_ONLY
from foureyes.web.jobs.fields import Raw, fields_of, raw_of, raw_sent, raws_sent, sought_in, value_of
from foureyes.web.jobs.run_page import never_kept
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.shell.render import page
from foureyes.web.typed_times import demanded_time, for_field

NOTHING = "Change something, or say in words what should change."


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def suggest_view(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The form with what is asked for; a post suggests what was changed in it."""
    now = timezone.now()
    found = request_for(request.user, pk)
    schedule, job = found.scheduled_job, found.job
    refusal = refusal_to_decide(request=found, by=request.user, verdict=Verdict.APPROVE, origin=origin_of(request))
    if refusal is not None or schedule is None or job is None:
        return see_other(address_of(found))
    if request.method != "POST" or any(name in request.POST for name in SHOWS_ONLY):
        return _show(request, found, job, schedule, now)
    try:
        changes = _changes(request, found, job, schedule, now)
        text = request.POST.get("_comment", "")

        def send_back() -> Submitted:
            return Submitted(
                request=suggest(request=found, by=request.user, changes=changes, text=text, now=now).request
            )

        done = once_for(request, send_back, now=now)
    except Invalid as wrong:
        return _show(request, found, job, schedule, now, wrong=wrong)
    except Refusal as refused:
        return answer_refused(request, pk, refused, now)
    said = f"Sent back to {requester_name(found)}. Nothing changes before the suggestion is accepted."
    messages.success(request, AGAIN if done.again else said)
    return go_to(request, found)


def _changes(
    request: SignedInRequest, found: ApprovalRequest, job: Job, schedule: ScheduledJob, now: datetime
) -> dict[str, Any]:
    """What differs from what is asked for."""
    changes: dict[str, Any] = {}
    if not is_at_once(found) and request.POST.get("_at", "") != for_field(schedule.start_time):
        changes["start_time"] = demanded_time(request.POST.get("_at", ""), name="_at", now=now)
    if _takes_inputs(job, schedule):
        data = {spec["name"]: value_of(spec, raw_sent(spec, request.POST)) for spec in job.variables}
        values = clean_inputs(job=job, data=data, files={}, user=request.user, now=now)
        if values != schedule.inputs:
            changes["inputs"] = values
    if not changes:
        raise Invalid(NOTHING, code="no_changes")
    return changes


def _takes_inputs(job: Job, schedule: ScheduledJob) -> bool:
    """Files are the requester's own, so with one among the inputs only the time can be suggested here."""
    return not any(spec["type"] == "FileVar" and schedule.inputs.get(spec["name"]) for spec in job.variables)


def _show(
    request: SignedInRequest,
    found: ApprovalRequest,
    job: Job,
    schedule: ScheduledJob,
    now: datetime,
    wrong: Invalid | None = None,
) -> HttpResponse:
    specs = variables_with_choices(job=job, now=now) if _takes_inputs(job, schedule) else []
    typed = typed_in(request)
    asked: Mapping[str, Raw] = {spec["name"]: raw_of(spec, schedule.inputs.get(spec["name"])) for spec in specs}
    raws = raws_sent(specs, typed) if typed else asked
    errors = faults_of(wrong)
    comment_error = fault_of_reason(wrong) if wrong else ""
    named = bool(comment_error) or any(errors.get(name) for name in (*raws, "_at"))
    return page(
        request,
        "web/approvals/suggest.html",
        title="Suggest",
        nav="approvals",
        crumbs=[*crumbs_to_queue(), (f"Request {found.number}", address_of(found))],
        now=now,
        status=422 if wrong else 200,
        found=found,
        job_title=title_of(found),
        who=requester_name(found),
        fields=fields_of(specs, raws=raws, errors=errors, user=request.user, sought=sought_in(typed)),
        has_time=not is_at_once(found),
        at=typed.get("_at", "") if typed else for_field(schedule.start_time),
        at_error=next(iter(errors.get("_at", ())), ""),
        error="" if wrong is None or named else said_by(wrong),
        comment=typed.get("_comment", ""),
        comment_error=comment_error,
        edited=bool(typed),
        never_kept=never_kept(job),
        kept=kept_query(request.GET),
        back=f"{address_of(found)}{kept_query(request.GET)}",
    )
