"""One request with all that a decision needs, for one person."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import Http404
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foureyes.approvals.differences import differences_to
from foureyes.approvals.known import Known
from foureyes.approvals.origin import Origin
from foureyes.approvals.policy import (
    Verdict,
    carrier_of,
    deciders_and_runners,
    may_read_source,
    question_of_deciders,
    refusal_to_decide,
)
from foureyes.approvals.queries import visible_requests
from foureyes.approvals.request import is_current
from foureyes.approvals.review import Point, Section, Severity, questions, review_points
from foureyes.approvals.risk import Risk, risk_of
from foureyes.models import ApprovalRequest, JobResult
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import Right, knowing
from foureyes.users.permissions import questions as questions_of_rights
from foureyes.web.approvals.facts import Fact, key_facts
from foureyes.web.approvals.history import SHOWN_RUNS, Entry, history_of, parties_of, question_of_comments
from foureyes.web.approvals.inputs import Compared, inputs_of, settings_of
from foureyes.web.approvals.listing import address_of, given_name, title_of
from foureyes.web.approvals.people import requester_of
from foureyes.web.approvals.source import Code, code_of
from foureyes.web.approvals.standing import Standing, standing_of
from foureyes.web.approvals.trial import DryRun, dry_run_of, questions_of_trial, telling
from foureyes.web.approvals.verdict import Answer, answer_for, asks_who_decides, questions_of_verdict
from foureyes.web.names import Names
from foureyes.web.source_text import spelled
from foureyes.web.wording import linked

ICONS = {
    Severity.ALERT: ("triangle-alert", "bad"),
    Severity.WARNING: ("circle-alert", "late"),
    Severity.NOTE: ("info", "idle"),
    Severity.GOOD: ("circle-check", "ok"),
}
WARNINGS = {
    Section.WHEN: "calendar-clock",
    Section.INPUTS: "git-compare",
    Section.SOURCE: "file-diff",
    Section.DRY_RUN: "flask-conical",
    Section.PEOPLE: "users",
}
PLACES = {
    Section.WHEN: ("facts", "the key facts"),
    Section.INPUTS: ("inputs", "the inputs"),
    Section.SOURCE: ("code", "the code"),
    Section.DRY_RUN: ("dry", "the dry run"),
    Section.PEOPLE: ("history", "the history"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """One review point as it is shown."""

    icon: str
    tint: str
    anchor: str
    place: str
    html: SafeString
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything on the page."""

    request: ApprovalRequest
    url: str
    title: str
    who: str
    name: str  # of the schedule, where a person gave it one
    reason: SafeString
    standing: Standing
    risk: Risk | None
    facts: tuple[Fact, Fact, Fact]
    points: list[PointRow]
    against: ApprovalRequest | None
    inputs: Compared
    settings: Compared
    code: Code
    trial: DryRun | None
    history: list[Entry]
    parties: list[tuple[str, str]]
    answer: Answer
    seen: str

    @property
    def is_open(self) -> bool:
        """Nobody has decided."""
        return self.request.state == ApprovalRequest.State.OPEN

    @property
    def opens_gate(self) -> bool:
        """It is about a job, and not about a run."""
        return self.request.kind == ApprovalRequest.Kind.OPEN_GATE


def request_for(user: User, pk: UUID, *, with_parties: bool = True) -> ApprovalRequest:
    """A request that the person may see; 404 otherwise. For its review, parties are read with those of the list."""
    found: list[ApprovalRequest] = compiled(_request, with_parties, of=user, pk=pk)
    if not found:
        raise Http404
    return found[0]


def _request(user: User, with_parties: bool, *, pk: UUID) -> QuerySet[ApprovalRequest]:
    rows = visible_requests(user).select_related("grant").filter(pk=pk)
    return rows.prefetch_related("parties") if with_parties else rows


def questions_about(known: Known, *, user: User, now: datetime) -> dict[str, Any]:
    """All that the parts of a review ask, by name and each by an index, for one query."""
    return {
        **(question_of_deciders(known.request) if asks_who_decides(known.request) else {}),
        **questions(known.request, by=user, now=now),
        **questions_of_rights(user, _rights(known)),
        **questions_of_verdict(known.request),
        **questions_of_trial(known.trials),
        **question_of_comments(known.request, known.facts),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who has to do with a request: their names, who may decide it, and whether its requester may run the job."""

    names: Names
    deciders: list[User]
    requester_may_run: bool


def people_of(known: Known | None, *, told: Mapping[str, Any], also: Iterable[UUID]) -> People:
    """The people of a request, and `also` those whose names the list beside it needs; read once. `told` has the answers
    to `questions_about`."""
    if known is None:
        return People(names=Names(ids=also), deciders=[], requester_may_run=False)
    request = known.request
    deciders = runners = User.objects.none()
    if asks_who_decides(request):
        deciders, runners = deciders_and_runners(request, told=told)
    names = Names(
        ids=[*also, *(one.person_id for one in request.parties.all()), *(one.actor_id for one in known.facts)],
        usernames=[request.snapshot["about"].get("requester", "")],
        others=deciders,
        telling={"decides": _is_among(deciders), "may_run": _is_among(runners)},
    )
    asker = request.scheduled_job.user_id if request.scheduled_job else None
    rows: Iterable[Any] = names.people
    return People(
        names=names,
        deciders=[one for one in rows if one.decides],
        requester_may_run=any(one.may_run for one in rows if one.pk == asker),
    )


def review_of(
    known: Known, *, told: Mapping[str, Any], people: People, user: User, origin: Origin, now: datetime
) -> Review:
    """The review of a request for a person. `told` has the answers to `questions_about`."""
    schedule = known.request.scheduled_job
    asker = schedule.user if schedule else None
    with knowing(user, _rights(known), told), ExitStack() as more:
        if asker is not None and known.request.job is not None and known.request.state == ApprovalRequest.State.OPEN:
            more.enter_context(knowing(asker, [("run", known.request.job)], {"may_0": people.requester_may_run}))
        return _review_of(known, told, people, user, origin, now)


def _review_of(
    known: Known, told: Mapping[str, Any], people: People, user: User, origin: Origin, now: datetime
) -> Review:
    request, names = known.request, people.names
    found = differences_to(known.before, request)
    is_open = request.state == ApprovalRequest.State.OPEN
    schedule, job = request.scheduled_job, request.job
    current = is_current(request, schedule=schedule, job=job) if is_open and schedule and job else None
    decides = is_open and refusal_to_decide(request=request, by=user, verdict=Verdict.APPROVE, origin=origin) is None
    points = review_points(
        request,
        by=user if decides else None,
        known=known,
        approvers=people.deciders,
        current=current,
        told=told,
        now=now,
    )
    events = known.facts
    grant = getattr(request, "grant", None)
    runs = list(JobResult.objects.filter(grant=grant.pk).newest_first()[:SHOWN_RUNS]) if grant else []
    standing = standing_of(request, now=now)
    trial = dry_run_of(known.trials, told=told, user=user, names=names, now=now)
    party = requester_of(request)
    return Review(
        request=request,
        url=address_of(request),
        title=title_of(request),
        who=names.of(party.person_id, party.person_name) if party else "The system",
        name=given_name(request),
        reason=linked(request.reason),
        standing=standing,
        risk=risk_of(one.code for one in points) if is_open else None,
        facts=key_facts(request, standing, trial, now=now),
        points=[_point(one) for one in points],
        against=found.against,
        inputs=inputs_of(request, found),
        settings=settings_of(request, found, names=names, now=now),
        code=code_of(request, found, readable=may_read_source(request, user)),
        trial=trial,
        history=history_of(request, events=events, comments=told.get("comments", ()), runs=runs, names=names, now=now),
        parties=parties_of(request, names),
        answer=answer_for(
            request,
            user=user,
            people=people.deciders,
            standing=standing,
            names=names,
            current=current,
            told=told,
            origin=origin,
            now=now,
        ),
        seen=seen_token(request, trial.run if trial else None, last=events[-1].pk if events else None),
    )


def seen_token(request: ApprovalRequest, run: JobResult | None, *, last: UUID | None) -> str:
    """Changes when the review has something new to say: an open page asks whether it has."""
    schedule, job = request.scheduled_job, request.job
    parts = [
        request.state,
        last,
        (run.pk, run.status, run.log_count) if run else "",
        (schedule.state, schedule.date_changed) if schedule else "",
        (job.last_updated, job.enabled, job.bundle_id) if job else "",
        schedule.user.is_active if schedule and schedule.user else "",
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _rights(known: Known) -> list[Right]:
    """What a review asks of the rights of whoever looks at it."""
    request, trial = known.request, telling(known.trials)
    carrier = carrier_of(request)
    rights: list[Right] = []
    if request.job is not None:
        rights += [(action, request.job) for action in ("view", "run", "approve")]
    if carrier is not None:
        rights += [(action, carrier) for action in ("change", "delete")]
    return [*rights, ("view", trial.run)] if trial else rights


def _is_among(people: QuerySet[User]) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(Q(pk__in=people.order_by().values("pk")), BooleanField())


def _point(point: Point) -> PointRow:
    icon, tint = ICONS[point.severity]
    icon = WARNINGS[point.section] if point.severity == Severity.WARNING else icon
    anchor, place = PLACES[point.section]
    return PointRow(icon=icon, tint=tint, anchor=anchor, place=place, html=point_html(point), word=point.severity)


def point_html(point: Point) -> SafeString:
    """Its sentence, with the key words it begins with set apart."""
    return format_html("<b>{}</b>{}", spelled(point.key), spelled(point.rest))
