"""What an approver should look at before deciding: facts that one would otherwise check by hand, good news at the end.

API, command line and pages show these, and none has its own.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Exists, Q, Subquery, Value

from foureyes.approvals.decide import is_past_due
from foureyes.approvals.differences import comparable
from foureyes.approvals.known import Known, bring_sources, known_of
from foureyes.approvals.lifecycle import State
from foureyes.approvals.policy import Kind, who_may_decide
from foureyes.approvals.request import is_current
from foureyes.approvals.risk import Risk, risk_of
from foureyes.catalog.environment import fingerprint
from foureyes.catalog.source import is_code, peculiarities
from foureyes.conf import get_conf
from foureyes.events import Kind as EventKind
from foureyes.grants.content import WORDS, changed_parts
from foureyes.models import ApprovalRequest, Event, JobResult, RequestParty
from foureyes.schedules.refusals import Judge
from foureyes.unseen import Unseen, find_unseen
from foureyes.users.answers import answers
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import held_permissions

NEW_RIGHTS = timedelta(days=1)
NAMED = 5  # places of characters that are named; the others are counted
RIGHTS = (
    EventKind.USER_CREATED,
    EventKind.USER_EDITED,
    EventKind.USER_PASSWORD_SET,
    EventKind.PERMISSION_CREATED,
    EventKind.PERMISSION_EDITED,
)
TOLD_ELSEWHERE = ("inputs", "objects", "source", "scheduled_job", "commit", "version")
Status = JobResult.Status
ENDED = {Status.FAILED: "failed", Status.ERRORED: "ended with an error"}


class Severity(StrEnum):
    """In the order of the list."""

    ALERT = "alert"  # something is wrong
    WARNING = "warning"  # look at it
    NOTE = "note"  # good to know
    GOOD = "good"  # has been looked at by the server, and is as it should be


class Section(StrEnum):
    """The part of a review that shows what a point is about."""

    WHEN = "when"
    INPUTS = "inputs"
    SOURCE = "source"
    DRY_RUN = "dry_run"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A fact: a stable code, a sentence that begins with its `key` words, how much it matters, and where to look."""

    code: str
    key: str
    rest: str = ""
    severity: Severity
    section: Section

    @property
    def text(self) -> str:
        """The whole sentence."""
        return self.key + self.rest


def review_points(
    request: ApprovalRequest,
    *,
    by: User | None = None,
    known: Known | None = None,
    approvers: Collection[User] | None = None,
    current: bool | None = None,
    told: Mapping[str, Any] | None = None,
    now: datetime,
) -> list[Point]:
    """The facts about a request, what matters most first. `by`: the person who is about to decide.

    Whoever has read it already gives what is known, the approvers (those of `policy.who_may_decide`), whether the
    request is current (`request.is_current`), and the answers to `questions`.
    """
    known = known or known_of([request])[request.pk]
    told = told if told is not None else answers(to=request, **questions(request, by=by, now=now))
    points = [
        *_of_state(request, current, now),
        *_of_content(known),
        *_of_circumstances(known),
        *_of_people(request, by, approvers, told, now),
    ]
    order = list(Severity)
    return sorted(points, key=lambda point: order.index(point.severity))


def questions(request: ApprovalRequest, *, by: User | None, now: datetime) -> dict[str, Any]:
    """What its points ask the database about people, by name, for `users.answers`."""
    if request.state != State.OPEN:
        return {}
    return {
        "asked_before": _earlier_requests(request),
        "rights_since": _rights_since(by, now) if by is not None else Value(None, DateTimeField()),
    }


def risk(request: ApprovalRequest) -> Risk:
    """How risky a request is."""
    return risks([request])[request.pk]


def risks(requests: Collection[ApprovalRequest]) -> dict[UUID, Risk]:
    """The same of a page of requests, by a number of queries that does not depend on how many there are."""
    found = known_of(requests)
    bring_sources(found.values())
    return {key: risk_of_known(known) for key, known in found.items()}


def risk_of_known(known: Known) -> Risk:
    """The same where what it is compared with has been read."""
    return risk_of(point.code for point in content_points(known))


def content_points(known: Known) -> list[Point]:
    """The facts that the risk follows from, as they come."""
    return list(_of_content(known))


def _of_state(request: ApprovalRequest, current: bool | None, now: datetime) -> Iterator[Point]:
    """What keeps it from running as it is."""
    schedule, job = request.scheduled_job, request.job
    if request.state != State.OPEN or schedule is None or job is None:
        return
    people = [schedule.user] if schedule.user else []
    judge = Judge([(schedule.job_model_id, schedule.user_id)], jobs=[job], users=people)
    if obstacle := judge.apart_from_gate(schedule):
        yield Point(
            code="cannot_run",
            key="It cannot run.",
            rest=f" {obstacle.reason}",
            severity=Severity.ALERT,
            section=Section.PEOPLE,
        )
    if not (is_current(request, schedule=schedule, job=job) if current is None else current):
        key, rest = "What would run has changed", " since this was asked for. A new request replaces this one shortly."
        yield Point(code="outdated", key=key, rest=rest, severity=Severity.ALERT, section=Section.SOURCE)
    if is_past_due(schedule, now):
        key, rest = "Its time has passed.", " If it is approved all the same, it runs at once."
        yield Point(code="past_due", key=key, rest=rest, severity=Severity.ALERT, section=Section.WHEN)


def _of_content(known: Known) -> Iterator[Point]:
    """What the risk follows from: source, inputs and dry runs."""
    if known.request.kind == Kind.OPEN_GATE:
        key, rest = "The job runs without anybody's approval", " after this."
        yield Point(code="opens_gate", key=key, rest=rest, severity=Severity.ALERT, section=Section.SOURCE)
    else:
        yield from _of_inputs(known)
    yield from _of_source(known)
    if known.request.kind != Kind.OPEN_GATE:
        yield _of_trials(known)


def _of_source(known: Known) -> Iterator[Point]:
    request, before = known.request, known.before
    odd = peculiarities(digest=request.bundle_id, read=lambda: request.bundle)
    if odd.unseen:
        key, rest = "The source has characters that nobody sees:", f" {_places(odd.unseen)}."
        yield Point(code="unseen_in_source", key=key, rest=rest, severity=Severity.ALERT, section=Section.SOURCE)
    if odd.unreadable:
        key, rest = "Part of the source cannot be shown as text:", f" {_listed(odd.unreadable)}."
        severity = Severity.ALERT if any(map(is_code, odd.unreadable)) else Severity.NOTE
        yield Point(code="source_unreadable", key=key, rest=rest, severity=severity, section=Section.SOURCE)
    if before is None:
        key, rest = "No run of this job has been approved before:", " all of it is new."
        yield Point(code="first_run", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    elif before.bundle_id != request.bundle_id:
        key, rest = "The source has changed", f" since request {before.number}."
        yield Point(code="source_changed", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    else:
        key, rest = "The source has not changed", f" since request {before.number}, which was approved."
        yield Point(code="source_same", key=key, rest=rest, severity=Severity.GOOD, section=Section.SOURCE)


def _of_inputs(known: Known) -> Iterator[Point]:
    content, before = known.content, known.before
    found = [(name, one) for name, text in _texts(known) for one in find_unseen(text)]
    if found:
        key, rest = "What was given has characters that nobody sees:", f" {_places(found)}."
        yield Point(code="unseen_in_inputs", key=key, rest=rest, severity=Severity.ALERT, section=Section.INPUTS)
    if before is None:
        return
    old = before.snapshot["content"]
    names = {name for part in ("inputs", "objects") for name in (content.get(part, {}) | old.get(part, {}))}
    changed = {
        name for part in ("inputs", "objects") for name in changed_parts(old.get(part, {}), content.get(part, {}))
    }
    if changed:
        shown = _listed(sorted(known.labels.get(name, name) for name in changed))
        verb = "differs" if len(changed) == 1 else "differ"
        which = "The only input" if len(names) == 1 else f"{len(changed)} of {len(names)} inputs"
        key, rest = f"{which} {verb}", f" from request {before.number}: {shown}."
        yield Point(code="inputs_changed", key=key, rest=rest, severity=Severity.WARNING, section=Section.INPUTS)
    elif names:
        key, rest = "The inputs have not changed", f" since request {before.number}, which was approved."
        yield Point(code="inputs_same", key=key, rest=rest, severity=Severity.GOOD, section=Section.INPUTS)


def _of_trials(known: Known) -> Point:
    exact = [trial.run for trial in known.trials if not trial.differs]
    ended = next((run for run in exact if run.status not in (Status.PENDING, Status.RUNNING)), None)
    if ended is not None and ended.status == Status.COMPLETED:
        key, rest = "A dry run ended well:", f" {_by(ended)} tried exactly this."
        return Point(code="dry_run_matching", key=key, rest=rest, severity=Severity.GOOD, section=Section.DRY_RUN)
    code, key, rest = "dry_run_missing", "Nobody has tried this", " in a dry run."
    if ended is not None:
        code, key = "dry_run_failed", f"The newest dry run {ENDED[Status(ended.status)]}:"
        rest = f" {_by(ended)} tried exactly this."
    elif exact:
        code, key, rest = "dry_run_running", "A dry run has not ended yet:", f" {_by(exact[0])} tries exactly this."
    elif known.trials:
        what = " and ".join(f"other {part}" for part in known.trials[0].differs)
        code, key, rest = "dry_run_older", f"The newest dry run tried {what}", ", and not exactly this."
    return Point(code=code, key=key, rest=rest, severity=Severity.WARNING, section=Section.DRY_RUN)


def _of_circumstances(known: Known) -> Iterator[Point]:
    """Settings, packages, and for how long an approval holds."""
    request, content, before = known.request, known.content, known.before
    job = request.job
    if content.get("uses_database"):
        key, rest = "The job works on the database", " of this installation."
        yield Point(code="uses_database", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    if job is not None and job.is_job_hook_receiver:
        key, rest = "The job is started by its hooks,", " which need no approval."
        yield Point(code="receiver", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    if request.state == State.OPEN and known.about.get("environment", fingerprint()) != fingerprint():
        key, rest = "Packages were installed or removed", " since this was asked for."
        yield Point(code="environment_moved", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    if content.get("commit") is False:
        key, rest = "Commit is off:", " what the job keeps itself from doing is its author's promise."
        yield Point(code="commit_off", key=key, rest=rest, severity=Severity.NOTE, section=Section.INPUTS)
    if request.kind == Kind.SERIES and not content["schedule"].get("end_time") and not get_conf().series_grant_days:
        key, rest = "An approval holds without an end,", " for every run of this schedule."
        yield Point(code="no_end", key=key, rest=rest, severity=Severity.NOTE, section=Section.WHEN)
    if before is not None and request.kind != Kind.OPEN_GATE:
        yield from _of_settings(known, before)


def _of_settings(known: Known, before: ApprovalRequest) -> Iterator[Point]:
    old, new = before.snapshot["content"], known.content
    if known.about.get("environment") != before.snapshot["about"].get("environment"):
        key, rest = "The installed packages have changed", f" since request {before.number}."
        yield Point(code="environment_changed", key=key, rest=rest, severity=Severity.WARNING, section=Section.SOURCE)
    if new.get("commit") and old.get("commit") is False:
        key, rest = "Commit is on:", f" request {before.number} was with commit off."
        yield Point(code="commits_now", key=key, rest=rest, severity=Severity.WARNING, section=Section.INPUTS)
    names = [
        WORDS.get(name, name) for name in changed_parts(comparable(old), comparable(new)) if name not in TOLD_ELSEWHERE
    ]
    if names:
        key, rest = "Also changed", f" since request {before.number}: {_listed(names)}."
        yield Point(code="settings_changed", key=key, rest=rest, severity=Severity.NOTE, section=Section.WHEN)


def _of_people(
    request: ApprovalRequest,
    by: User | None,
    approvers: Collection[User] | None,
    told: Mapping[str, Any],
    now: datetime,
) -> Iterator[Point]:
    if request.state != State.OPEN:
        return
    asker = _asker(request)
    if request.kind != Kind.OPEN_GATE and asker is not None and not told["asked_before"]:
        name = _name_of(asker, request)
        key, rest = f"It is the first request of {name}", " for this job."
        yield Point(code="first_use", key=key, rest=rest, severity=Severity.NOTE, section=Section.PEOPLE)
    if by is not None and (since := told["rights_since"]) is not None:
        key, rest = f"The account or the rights of {by.called} were changed", f" {_ago(now - since)}."
        yield Point(code="new_rights", key=key, rest=rest, severity=Severity.WARNING, section=Section.PEOPLE)
    if not (who_may_decide(request).exists() if approvers is None else approvers):
        key, rest = "At present nobody may approve it:", " that takes the right to, and no part in the request."
        yield Point(code="no_approver", key=key, rest=rest, severity=Severity.ALERT, section=Section.PEOPLE)


def _asker(request: ApprovalRequest) -> RequestParty | None:
    parties = sorted(request.parties.all(), key=lambda party: (party.at, party.pk))
    return next((party for party in parties if "requester" in party.roles), None)


def _earlier_requests(request: ApprovalRequest) -> Exists | Value:
    """Whether another request of the job was this person's and approved."""
    asker = _asker(request)
    if asker is None:
        return Value(False)
    return Exists(
        RequestParty.objects.filter(
            person_id=asker.person_id,
            part=RequestParty.Part.CONTRIBUTOR,
            request__job=request.job_id,
            request__state=State.GRANTED,
            request__number__lt=request.number,
        )
    )


def _name_of(asker: RequestParty, request: ApprovalRequest) -> str:
    user = request.scheduled_job.user if request.scheduled_job else None
    return user.called if user and user.pk == asker.person_id else asker.person_name


def _rights_since(person: User, now: datetime) -> Subquery:
    """When somebody last changed the account or a permission of a person, if that is recent (gate G9)."""
    of_person = Q(subject_type=User._meta.label_lower, subject_id=str(person.pk))
    keys = [str(key) for key in held_permissions(person)]
    of_rights = Q(subject_type=ObjectPermission._meta.label_lower, subject_id__in=keys)
    found = Event.objects.filter(of_person | of_rights, kind__in=RIGHTS, at__gt=now - NEW_RIGHTS)
    return Subquery(found.order_by("-at").values("at")[:1])


def _ago(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    number, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'} ago"


def _by(run: JobResult) -> str:
    return run.user.called if run.user else run.user_name


def _texts(known: Known) -> Iterator[tuple[str, str]]:
    """Everything that a person gave, with its name."""
    yield "the reason", known.request.reason
    for key in ("name", "description"):
        yield f"the {key}", str(known.about.get(key, ""))
    for part in ("inputs", "objects"):
        for name, value in known.content.get(part, {}).items():
            for text in _strings(value):
                yield known.labels.get(name, name), text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _places(found: Iterable[tuple[str, Unseen]]) -> str:
    """`ops.py line 3 (U+202E RIGHT-TO-LEFT OVERRIDE)`; of many the first few and how many more there are."""
    return _listed([f"{name} line {one.line} ({one.code} {one.name})" for name, one in found])


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more
