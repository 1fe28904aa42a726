"""What a person may do about a request, and why not: the sentences beside the buttons are those of the handlers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from foureyes.approvals.decide import refusal_of_content
from foureyes.approvals.dry_run import approvals_of_source, refusal_to_dry_run
from foureyes.approvals.origin import Origin
from foureyes.approvals.policy import Verdict, is_asker, refusal_to_decide, role_of
from foureyes.approvals.revoke import left_to_revoke, refusal_to_revoke
from foureyes.conf import get_conf
from foureyes.errors import Refusal
from foureyes.models import ApprovalRequest, Occurrence, RequestParty, ScheduledJob
from foureyes.users.answers import RowsOf
from foureyes.users.models import User
from foureyes.users.permissions import may
from foureyes.web.approvals.listing import address_of
from foureyes.web.approvals.standing import Standing, is_at_once, next_start
from foureyes.web.names import Names, listed
from foureyes.web.times import city, clock, inside, long_date, shown, zone_and_utc

State = ApprovalRequest.State
Kind = ApprovalRequest.Kind
Fate = Occurrence.Fate
RUNS_AHEAD = (ScheduledJob.State.ACTIVE, ScheduledJob.State.PAUSED)
NOBODY = "nobody at present"
Following = Sequence[Any] | None  # id and number of the request that came after one
LACKING = ("may_not_change", "may_not_delete", "may_not_approve")  # rights that a person does not get by waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A sentence at the top of a review."""

    tint: str
    icon: str
    strong: str
    text: str = ""
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The bar at the foot of a review. Buttons without a right are absent; those that are off now say why."""

    note: str
    decides: bool  # the buttons Approve and Deny are there
    approve: str  # the words on the button
    approve_tail: str = ""
    approve_off: str = ""
    deny_off: str = ""
    tries: bool = False
    try_off: str = ""
    withdraws: bool = False
    again_url: str = ""
    revokes: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say and nothing to do."""
        return not (self.note or self.has_comment or self.tries or self.again_url)

    @property
    def has_comment(self) -> bool:
        """Whether one of its buttons takes a comment."""
        return self.decides or self.withdraws or self.revokes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that depends on who looks."""

    bar: Bar
    banners: list[Banner] = field(default_factory=list)
    deciders: list[str] = field(default_factory=list)
    accepts: bool = False  # may make a suggestion their own
    suggests: bool = False

    then: str = ""  # what an approval leads to, in few words

    @property
    def second_person(self) -> str:
        """Who can decide, with "you"."""
        you = ["you"] if self.bar.decides and not self.bar.approve_off else []
        people = [*you, *self.deciders]
        return listed(people) if people else NOBODY

    @property
    def waits_for(self) -> str:
        """The same as a sentence."""
        nobody = self.second_person == NOBODY
        return "At present nobody may approve it" if nobody else f"Waits for {self.second_person}"


def asks_who_decides(request: ApprovalRequest) -> bool:
    """Whether it matters who may decide: while it is open, and while runs of what was approved lie ahead (G18)."""
    return request.state == State.OPEN or _has_runs_ahead(request)


def questions_of_verdict(request: ApprovalRequest) -> dict[str, Any]:
    """What the sentences ask the database, by name, for `users.answers`."""
    schedule, is_open = request.scheduled_job, request.state == State.OPEN
    asked: dict[str, Any] = {}
    if is_open and schedule is not None:
        held = Occurrence.objects.filter(scheduled_job=schedule.pk, fate=Fate.HELD).order_by("planned_at")
        asked["held_since"] = Subquery(held.values("planned_at")[:1])
        if schedule.job_model is not None:
            asked["source_approved"] = Exists(approvals_of_source(schedule.job_model))
    if not is_open:
        asked["followed_by"] = RowsOf(_successors(request)[:1], "pk", "number")
        if schedule is not None:
            asked["left"] = Exists(left_to_revoke(request, schedule))
    return asked


def answer_for(
    request: ApprovalRequest,
    *,
    user: User,
    people: Sequence[User],
    standing: Standing,
    names: Names,
    current: bool | None,
    told: Mapping[str, Any],
    origin: Origin,
    now: datetime,
) -> Answer:
    """What this person may do, with the sentences.

    `people` are those who may decide (`asks_who_decides`), `current` is what `is_current` tells of an open one, and
    `told` has the answers to `questions_of_verdict`.
    """
    is_open = request.state == State.OPEN
    no_approve, no_deny = (
        refusal_to_decide(request=request, by=user, verdict=verdict, origin=origin) if is_open else None
        for verdict in (Verdict.APPROVE, Verdict.DENY)
    )
    content = refusal_of_content(request=request, current=current) if is_open else None
    deciders = [names.of(person.pk, person.username) for person in people if person.pk != user.pk] if is_open else []
    asker = is_asker(request, user)
    return Answer(
        bar=_bar(request, user, standing, no_approve, no_deny, content, deciders, asker, told, now),
        banners=[*_banners(request, standing, names, content, people, told, now)],
        deciders=deciders,
        then=_then(request, standing, now) if is_open else "",
        accepts=is_open and request.scheduled_job is not None and request.scheduled_job.user_id == user.pk,
        suggests=is_open and no_approve is None and request.scheduled_job is not None,
    )


def _bar(
    request: ApprovalRequest,
    user: User,
    standing: Standing,
    no_approve: Refusal | None,
    no_deny: Refusal | None,
    content: Refusal | None,
    deciders: list[str],
    asker: bool,
    told: Mapping[str, Any],
    now: datetime,
) -> Bar:
    is_open = request.state == State.OPEN
    contributor = _contributes(request, user)
    rights = not (no_approve is not None and no_approve.code in LACKING) or not (
        no_deny is not None and no_deny.code in LACKING
    )
    others = f"{listed(deciders)} can approve it." if deciders else "Nobody else may approve it at present."
    off = no_approve or content
    word, tail = _approve_words(request, standing, now)
    no_try = refusal_to_dry_run(request=request, by=user, approved=told.get("source_approved")) if is_open else None
    return Bar(
        note=_note(request, standing, no_approve, content, others, contributor, asker, now) if is_open else "",
        decides=is_open and (rights or contributor),
        approve=word,
        approve_tail=tail,
        approve_off=off.message if off else "",
        deny_off=no_deny.message if no_deny else "",
        tries=is_open and request.kind != Kind.OPEN_GATE and not (no_try is not None and no_try.code == "may_not_run"),
        try_off=no_try.message if no_try else "",
        withdraws=is_open and asker,
        again_url="" if is_open else _again_url(request, user),
        revokes=not is_open and refusal_to_revoke(request=request, by=user, left=told.get("left")) is None,
    )


def _note(
    request: ApprovalRequest,
    standing: Standing,
    no_approve: Refusal | None,
    content: Refusal | None,
    others: str,
    contributor: bool,
    asker: bool,
    now: datetime,
) -> str:
    if contributor:
        return f"Your own request. {others}" if asker else f"You edited what is asked for. {others}"
    if no_approve is not None:
        said = "You may not approve this request." if no_approve.code in LACKING else no_approve.message
        return f"{said} {others}"
    if content is not None:
        return content.message
    return consequence_of(request, standing, now=now)


def consequence_of(request: ApprovalRequest, standing: Standing, *, now: datetime) -> str:
    """What an approval leads to, in words."""
    if standing.late_since is not None:
        return "Its time has passed. Approve asks first what should happen now; nothing runs before that."
    if request.kind == Kind.OPEN_GATE:
        return "After an approval this job runs without anybody's approval."
    if is_at_once(request):
        return "Approving starts the run within seconds."
    start = next_start(request)
    when = f"{_exactly(start, now)}" if start else "as planned"
    if request.kind == Kind.RUN:
        return f"After an approval it runs once: {when}."
    days = get_conf().series_grant_days
    until = f" for {days} days" if days else ", until somebody changes it"
    return f"After an approval every planned run starts without another look{until}. The next: {when}."


def _then(request: ApprovalRequest, standing: Standing, now: datetime) -> str:
    if standing.late_since is not None:
        return "Runs when the approver says"
    if request.kind == Kind.OPEN_GATE:
        return "Runs need no approval"
    if is_at_once(request):
        return "Runs at once"
    start = next_start(request)
    return f"Runs {inside(shown(start, now=now).local)}" if start else "No run is left"


def _approve_words(request: ApprovalRequest, standing: Standing, now: datetime) -> tuple[str, str]:
    if standing.late_since is not None:
        return "Approve", "…"
    if request.kind == Kind.OPEN_GATE:
        return "Approve", " and open the gate"
    if is_at_once(request):
        return "Approve", " and run now"
    if request.kind == Kind.SERIES:
        return "Approve", " every run"
    start = next_start(request)
    return "Approve", f" for {inside(shown(start, now=now).local)}" if start else ""


def _banners(
    request: ApprovalRequest,
    standing: Standing,
    names: Names,
    content: Refusal | None,
    people: Sequence[User],
    told: Mapping[str, Any],
    now: datetime,
) -> Iterator[Banner]:
    if request.state != State.OPEN:
        following = next(iter(told["followed_by"]), None)
        yield _ended(request, names, following)
        yield from _grant_banner(request, following, now)
        yield from _approver_banner(request, names, people)
        return
    if content is not None:
        changed = content.code == "request_outdated"
        strong = "What would run has changed since this was asked for." if changed else "It cannot run as it is."
        text = "Nobody can approve it as it is. A new request replaces it shortly." if changed else content.message
        yield Banner(tint="bad", icon="git-compare" if changed else "octagon-x", strong=strong, text=text)
    if standing.late_since is not None:
        strong = f"This request is past its scheduled time by {standing.late_by}."
        yield Banner(tint="late", icon="alarm-clock", strong=strong, text="Whoever approves it says what happens now.")
    if held := told.get("held_since"):
        text = f"Its run of {_exactly(held, now)} was due and waits for this decision."
        yield Banner(tint="wait", icon="pause", strong="Held.", text=text)


def _ended(request: ApprovalRequest, names: Names, following: Following) -> Banner:
    decider = next((one for one in request.parties.all() if one.part == RequestParty.Part.DECIDER), None)
    who = names.of(decider.person_id, decider.person_name) if decider else ""
    when = f"{_dated(request.decided_at)}." if request.decided_at else ""
    reason = f"“{decider.reason}”" if decider and decider.reason else ""
    if request.state == State.GRANTED:
        return Banner(tint="ok", icon="circle-check", strong=f"{who} approved this.", text=f"{when} {reason}".strip())
    if request.state == State.DENIED:
        return Banner(tint="bad", icon="ban", strong=f"{who} denied this.", text=f"{when} {reason}".strip())
    if request.state == State.EXPIRED:
        text = f"{when} Nothing ran, and nothing will."
        return Banner(tint="idle", icon="timer-off", strong="Nobody decided in time.", text=text)
    if request.state == State.SUPERSEDED:
        strong = "What is asked for has changed, so another request replaced this one."
        url, link = _link_to(following)
        return Banner(tint="idle", icon="git-compare", strong=strong, text=when, url=url, link=link)
    text = f"{when} Nothing ran, and nothing will."
    return Banner(
        tint="idle", icon="circle-minus", strong="The request was withdrawn before anybody decided.", text=text
    )


def _grant_banner(request: ApprovalRequest, following: Following, now: datetime) -> Iterator[Banner]:
    grant = getattr(request, "grant", None)
    if grant is None:
        return
    if grant.voided_at is not None:
        url, link = _link_to(following)
        text = f"{_dated(grant.voided_at)}: {grant.void_reason}."
        strong = "The approval does not hold any more."
        yield Banner(tint="bad", icon="shield-alert", strong=strong, text=text, url=url, link=link)
    elif grant.expires_at is not None:
        word = "ended" if grant.expires_at <= now else "ends"
        text = f"{_dated(grant.expires_at)}."
        yield Banner(tint="idle", icon="hourglass", strong=f"The approval {word}:", text=text)


def _has_runs_ahead(request: ApprovalRequest) -> bool:
    grant, schedule = getattr(request, "grant", None), request.scheduled_job
    return grant is not None and grant.voided_at is None and schedule is not None and schedule.state in RUNS_AHEAD


def _approver_banner(request: ApprovalRequest, names: Names, people: Sequence[User]) -> Iterator[Banner]:
    """Rights are judged at the decision; what became of them since is shown while runs lie ahead (G18)."""
    decider = next((one for one in request.parties.all() if one.part == RequestParty.Part.DECIDER), None)
    if not _has_runs_ahead(request) or decider is None or decider.person_id in {person.pk for person in people}:
        return
    strong = f"{names.of(decider.person_id, decider.person_name)} may not approve this any more."
    text = "The right was there at the decision, so the approval holds until somebody takes it back."
    yield Banner(tint="wait", icon="user-x", strong=strong, text=text)


def _successors(request: ApprovalRequest) -> QuerySet[ApprovalRequest]:
    """The requests that came after this one for the same thing, in order."""
    rows = ApprovalRequest.objects.filter(number__gt=request.number).order_by("number")
    if request.scheduled_job_id:
        return rows.filter(scheduled_job=request.scheduled_job_id)
    return rows.filter(job=request.job_id, kind=Kind.OPEN_GATE) if request.job_id else rows.none()


def _link_to(following: Following) -> tuple[str, str]:
    if following is None:
        return "", ""
    pk, number = following
    return address_of(pk), f"Request {number}"


def _contributes(request: ApprovalRequest, user: User) -> bool:
    part = role_of(request, user)
    return part is not None and part.part == RequestParty.Part.CONTRIBUTOR


def _again_url(request: ApprovalRequest, user: User) -> str:
    """The run form, filled in as this was asked for; only for who may run the job."""
    job = request.job
    if job is None or request.kind == Kind.OPEN_GATE or not may(user, "run", type(job), job):
        return ""
    like = f"?from={request.scheduled_job_id}" if request.scheduled_job_id else ""
    return f"{reverse('web:run', args=[job.slug])}{like}"


def _dated(at: datetime) -> str:
    """For the record, which is printed too: with its date, whatever day it is; History has the seconds."""
    wall = timezone.localtime(at)
    return f"{long_date(wall.date())}, {clock(wall)} {zone_and_utc(at)}"


def _exactly(at: datetime, now: datetime) -> str:
    """Within a sentence."""
    moment = shown(at, now=now)
    zone = city(timezone.get_current_timezone_name())
    return f"{inside(moment.local)} {zone}" + ("" if zone == "UTC" else f", {moment.utc}")
