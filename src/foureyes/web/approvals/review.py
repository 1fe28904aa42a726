"""One request with all that a decision needs, for one person."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404
from django.utils.safestring import SafeString

from foureyes.approvals.differences import differences_to
from foureyes.approvals.origin import Origin
from foureyes.approvals.policy import Verdict, may_read_source, refusal_to_decide, who_may_decide
from foureyes.approvals.queries import visible_requests
from foureyes.approvals.review import Known, Point, Section, Severity, review_points
from foureyes.approvals.risk import Risk, risk_of
from foureyes.models import ApprovalRequest, Event, JobResult
from foureyes.users.models import User
from foureyes.web.approvals.facts import Fact, key_facts
from foureyes.web.approvals.history import SAID, SHOWN_RUNS, Entry, events_of, history_of, parties_of
from foureyes.web.approvals.inputs import Compared, inputs_of, settings_of
from foureyes.web.approvals.listing import address_of, given_name, title_of
from foureyes.web.approvals.people import requester_of
from foureyes.web.approvals.source import Code, code_of
from foureyes.web.approvals.standing import Standing, standing_of
from foureyes.web.approvals.trial import DryRun, dry_run_of
from foureyes.web.approvals.verdict import Answer, answer_for
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


def request_for(user: User, pk: UUID) -> ApprovalRequest:
    """A request that the person may see; 404 otherwise."""
    rows = visible_requests(user).select_related("bundle", "grant").prefetch_related("parties")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def review_of(known: Known, *, user: User, origin: Origin, now: datetime) -> Review:
    """The review of a request for a person. What several of its parts tell of is read here, once."""
    request = known.request
    found = differences_to(known.before, request)
    is_open = request.state == ApprovalRequest.State.OPEN
    people = list(who_may_decide(request)) if is_open else []
    decides = is_open and refusal_to_decide(request=request, by=user, verdict=Verdict.APPROVE, origin=origin) is None
    points = review_points(request, by=user if decides else None, known=known, approvers=people, now=now)
    events = events_of(request)
    comments = list(request.comments.all()) if any(event.kind in SAID for event in events) else []
    grant = getattr(request, "grant", None)
    runs = list(JobResult.objects.filter(grant=grant.pk).newest_first()[:SHOWN_RUNS]) if grant else []
    standing = standing_of(request, now=now)
    trial = dry_run_of(known.trials, user=user, now=now)
    party = requester_of(request)
    names = Names(
        ids=[*(one.person_id for one in request.parties.all()), *(one.actor_id for one in events if one.actor_id)],
        usernames=[request.snapshot["about"].get("requester", "")],
    )
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
        history=history_of(request, events=events, comments=comments, runs=runs, names=names, now=now),
        parties=parties_of(request, names),
        answer=answer_for(request, user=user, people=people, standing=standing, names=names, origin=origin, now=now),
        seen=seen_token(request, trial.run if trial else None, last=events[-1].pk if events else None),
    )


def last_event(request: ApprovalRequest) -> UUID | None:
    """The newest fact about a request."""
    rows = Event.objects.filter(subject_type=ApprovalRequest._meta.label_lower, subject_id=str(request.pk))
    return rows.order_by("-id").values_list("pk", flat=True).first()


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


def _point(point: Point) -> PointRow:
    icon, tint = ICONS[point.severity]
    icon = WARNINGS[point.section] if point.severity == Severity.WARNING else icon
    anchor, place = PLACES[point.section]
    html = spelled(point.text)
    return PointRow(icon=icon, tint=tint, anchor=anchor, place=place, html=html, word=point.severity)
