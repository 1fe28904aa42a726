"""Approve, and the page between a click on it and a run whose time has passed: a person says what should happen."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.approvals.decide import approve, approve_from_next, refusal_to_approve
from foureyes.approvals.lateness import late_since
from foureyes.approvals.reasons import kept
from foureyes.approvals.talk import suggest
from foureyes.errors import Conflict, Invalid, Refusal
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.schedules.triggers_of import next_undecided, trigger_of
from foureyes.sentences import first_fault
from foureyes.submission.once import Submitted
from foureyes.submission.submit import refusal_of_workers
from foureyes.users.models import User
from foureyes.web.approvals.decisions import (
    answer_refused,
    approve_one,
    digest_read,
    go_to,
    said_of_approval,
    see_other,
)
from foureyes.web.approvals.drafts import forget_comment, keep_comment, kept_comment, typed
from foureyes.web.approvals.listing import address_of, next_for, title_of
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.pages import crumbs_to_queue, kept_query
from foureyes.web.approvals.people import requester_name
from foureyes.web.approvals.review import request_for
from foureyes.web.errors import fault_of_reason
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.shell.render import page
from foureyes.web.times import clock, day_word, duration, inside, shown
from foureyes.web.typed_times import demanded_time, for_field

SALT = "foureyes.approvals.late"
CHOICES = ("skip", "now", "back")
CHANGED = "What is asked for, or whether it is late, has changed since you opened this page. Look at it again."
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What may happen: its value, its words, what explains it, and what the button then says."""

    value: str
    word: str
    hint: str
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The page."""

    request: ApprovalRequest
    title: str
    who: str
    since: datetime
    since_words: str
    late_by: str
    choices: list[Choice]
    token: str
    suggested: str  # the value of the field, in the viewer's zone
    chosen: str = ""
    comment: str = ""
    aware: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def approve_view(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """A post approves; of what is past due it leads to the page first, which posts here too."""
    now = timezone.now()
    found = request_for(request.user, pk)
    if request.method != "POST":
        return _ask(request, found, now)
    if "token" in request.POST:
        return _confirmed(request, found, now)
    try:
        if _comes_late(request, found, now):
            keep_comment(request, found)
            return see_other(f"{reverse('web:request-approve', args=[pk])}{kept_query(request.GET)}")
        done = approve_one(request, found, now)
    except Refusal as refusal:
        return answer_refused(request, pk, refusal, now)
    forget_comment(request, found)
    messages.success(request, said_of_approval(done, now=now))
    return go_to(request, next_for(request.user, after=found, now=now))


def _comes_late(request: SignedInRequest, found: ApprovalRequest, now: datetime) -> bool:
    """It is late, and nothing else is in the way that the review should tell first."""
    if late_since(found, now=now) is None or digest_read(request) != found.digest:
        return False
    return refusal_to_approve(request=found, by=request.user, origin=origin_of(request)) is None


def _ask(request: SignedInRequest, found: ApprovalRequest, now: datetime) -> HttpResponse:
    """The page; without a reason for it the review."""
    refusal = refusal_to_approve(request=found, by=request.user, origin=origin_of(request))
    if refusal is not None or late_since(found, now=now) is None:
        return see_other(address_of(found))
    draft = typed_in(request)
    comment = draft.get("comment") or kept_comment(request, found)
    return _show(request, found, now, comment=comment, chosen=draft.get("when", ""))


def _confirmed(request: SignedInRequest, found: ApprovalRequest, now: datetime) -> HttpResponse:
    """Do what was chosen."""
    choice = request.POST.get("when", "")
    errors = _errors(request, choice)
    try:
        _demand_token(request, found, now)
        if errors:
            return _show(request, found, now, comment=typed(request), chosen=choice, errors=errors, status=422)
        said = _do(request, found, choice, now)
    except Invalid as refusal:
        field_errors = {"at": first_fault(refusal)}
        return _show(request, found, now, comment=typed(request), chosen=choice, errors=field_errors, status=422)
    except Refusal as refusal:
        return answer_refused(request, found.pk, refusal, now)
    forget_comment(request, found)
    messages.success(request, said)
    return go_to(request, next_for(request.user, after=found, now=now))


def _do(request: SignedInRequest, found: ApprovalRequest, choice: str, now: datetime) -> str:
    if choice == "back":
        at = demanded_time(request.POST.get("at", ""), name="at", now=now)

        def send_back() -> Submitted:
            suggest(request=found, by=request.user, changes={"start_time": at}, text=typed(request), now=now)
            return Submitted(request=found)

        if once_for(request, send_back, now=now).again:
            return AGAIN
        when = inside(shown(at, now=now).local)
        return f"Sent back to {requester_name(found)} with a new time: {when}. Nothing runs before that is approved."
    decided: dict[str, Any] = {
        "request": found,
        "by": request.user,
        "reason": typed(request),
        "digest": found.digest,
        "origin": origin_of(request),
        "now": now,
    }
    done = approve_from_next(**decided) if choice == "skip" else approve(**decided, force=True)
    if done.request.scheduled_job is not None:
        done.request.scheduled_job.refresh_from_db()
    return said_of_approval(done, now=now)


def _errors(request: SignedInRequest, choice: str) -> dict[str, str]:
    errors = {}
    if choice not in CHOICES:
        errors["when"] = "Choose what should happen."
    if not request.POST.get("aware"):
        errors["aware"] = "Tick that you know how late it is."
    if choice == "back" and not request.POST.get("at"):
        errors["at"] = "Give the new starting date and time."
    try:
        kept(typed(request))
    except Invalid as refusal:
        errors["comment"] = fault_of_reason(refusal)
    return errors


def _token(found: ApprovalRequest, user: User) -> str:
    """Binds the page to the request, to what was read, and to the person."""
    return signing.dumps([str(found.pk), found.digest, str(user.pk)], salt=SALT)


def _demand_token(request: SignedInRequest, found: ApprovalRequest, now: datetime) -> None:
    expected = [str(found.pk), found.digest, str(request.user.pk)]
    try:
        read = signing.loads(request.POST["token"], salt=SALT)
    except signing.BadSignature:
        read = None
    if read != expected:
        raise Conflict(CHANGED, code="digest_differs")
    if found.state == ApprovalRequest.State.OPEN and late_since(found, now=now) is None:
        raise Conflict(CHANGED, code="not_late")


def _show(
    request: SignedInRequest,
    found: ApprovalRequest,
    now: datetime,
    *,
    comment: str = "",
    chosen: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    since = late_since(found, now=now)
    if since is None:  # decided at this moment
        return see_other(address_of(found))
    who = requester_name(found)
    confirmation = Confirmation(
        request=found,
        title=title_of(found),
        who=who,
        since=since,
        since_words=_since_words(since, now),
        late_by=duration(now - since, exact=False),
        choices=_choices(found, who, now),
        token=_token(found, request.user),
        suggested=typed_in(request).get("at") or for_field(_next_hour(now)),
        chosen=chosen,
        comment=comment,
        aware=bool(request.POST.get("aware")),
        errors=errors or {},
    )
    crumbs = [*crumbs_to_queue(), (f"Request {found.number}", address_of(found))]
    return page(
        request,
        "web/approvals/late.html",
        title="Confirm",
        nav="approvals",
        crumbs=crumbs,
        now=now,
        status=status,
        confirmation=confirmation,
        back=f"{address_of(found)}{kept_query(request.GET)}",
        kept=kept_query(request.GET),
    )


def _choices(found: ApprovalRequest, who: str, now: datetime) -> list[Choice]:
    schedule = found.scheduled_job
    choices = []
    if schedule is not None and not schedule.one_off:
        following = next_undecided(schedule, trigger_of(schedule), after=now)
        when = inside(shown(following, now=now).local) if following else ""
        hint = f"What has passed is skipped. The next run: {when}." if when else "What has passed is skipped."
        choices.append(
            Choice(value="skip", word="Skip to the next run", hint=hint, button="Approve from the next run on")
        )
    choices.append(
        Choice(
            value="now", word="Run it immediately", hint=_now_hint(found, schedule, now), button="Approve and run now"
        )
    )
    hint = f"If {who} accepts the new time, a new request asks for it. This one stays open until then."
    choices.append(
        Choice(value="back", word="Send it back to the requester", hint=hint, button="Send back with a new time")
    )
    return choices


def _now_hint(found: ApprovalRequest, schedule: ScheduledJob | None, now: datetime) -> str:
    queue = str(found.snapshot["content"].get("queue", ""))
    where = f"Starts within seconds, from the queue {queue}."
    if refusal_of_workers(queue, now):
        where = f"It waits: no worker takes runs from the queue {queue} at present."
    if schedule is None or schedule.one_off:
        return where
    made_up = (
        "Every run that was missed is made up for"
        if schedule.misfire == "all"
        else "The last run that was missed is made up for"
    )
    return f"{made_up}, and the schedule goes on. {where}"


def _since_words(since: datetime, now: datetime) -> str:
    """ "at 14:00", "yesterday at 14:00", "on Tue 24 Nov at 14:00"."""
    wall = timezone.localtime(since)
    day = day_word(wall.date(), today=timezone.localtime(now).date())
    days = {"Today": "", "Yesterday": "yesterday "}
    return f"{days.get(day, f'on {day} ')}at {clock(wall)}"


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + 2 * HOUR
