"""The key facts of a review: when it runs, what it changes, by when somebody has to decide."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from foureyes.models import ApprovalRequest
from foureyes.web.approvals.standing import Standing, is_at_once, next_start
from foureyes.web.approvals.trial import DryRun
from foureyes.web.times import city, duration, shown

Kind = ApprovalRequest.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One of the three boxes: a word, what matters, what explains it."""

    word: str
    main: str  # what matters, or what follows the instant
    at: datetime | None = None
    details: tuple[str, ...] = ()
    relative: datetime | None = None  # ticks after the details
    percent: int | None = None  # of the time for a decision that has passed


def key_facts(
    request: ApprovalRequest, standing: Standing, trial: DryRun | None, *, now: datetime
) -> tuple[Fact, Fact, Fact]:
    """Runs, changes, decide by."""
    return _runs(request, now), _changes(request, trial), _decide_by(request, standing, now)


def _runs(request: ApprovalRequest, now: datetime) -> Fact:
    sentence = str(request.snapshot["about"].get("when", ""))
    if request.kind == Kind.OPEN_GATE:
        return Fact(word="Runs", main="Nothing", details=("It changes the job; later runs need no approval",))
    if is_at_once(request):
        return _runs_at_once(request)
    start = next_start(request)
    if start is None:
        return Fact(word="Runs", main="No run is left", details=(sentence,))
    moment, zone = shown(start, now=now), city(timezone.get_current_timezone_name())
    once = ", once" if request.kind == Kind.RUN else ""
    details = (moment.utc,) if zone != "UTC" else ()
    if request.kind == Kind.SERIES:
        details = (*details, sentence)
    return Fact(word="Runs", main=once, at=start, details=details, relative=start)


def _runs_at_once(request: ApprovalRequest) -> Fact:
    if request.state == ApprovalRequest.State.GRANTED:
        return Fact(word="Runs", main="Once, when it was approved")
    if request.state != ApprovalRequest.State.OPEN:
        return Fact(word="Runs", main="Never", details=("Once, if it had been approved",))
    return Fact(word="Runs", main="Once, as soon as it is approved", details=("Nothing runs before that",))


def _changes(request: ApprovalRequest, trial: DryRun | None) -> Fact:
    content = request.snapshot["content"]
    if request.kind == Kind.OPEN_GATE:
        return Fact(word="Changes", main="The gate of this job", details=("Nobody has to approve its runs any more",))
    limit = content.get("limits", {}).get("hard")
    details = [f"Queue {content.get('queue', '')}"]
    if limit:
        details.append(f"at most {duration(limit)}")
    if content.get("commit") is False:
        details.append("commit is off")
    return Fact(word="Changes", main=_reported(trial), details=tuple(details))


def _reported(trial: DryRun | None) -> str:
    """What the dry run of exactly this says; the job's word, and nobody else's."""
    if trial is None or trial.stale or not trial.visible:
        return "Not known before a dry run"
    if trial.is_going_on:
        return "The dry run has not ended yet"
    if not trial.changes:
        return "The dry run reported none"
    number, more = len(trial.changes), "+" if trial.more_changes else ""
    targets = f"{trial.targets}{more} target{'' if trial.targets == 1 and not more else 's'}"
    return targets if trial.targets == number else f"{number}{more} changes of {targets}"


def _decide_by(request: ApprovalRequest, standing: Standing, now: datetime) -> Fact:
    if request.state != ApprovalRequest.State.OPEN:
        decided = request.state in (ApprovalRequest.State.GRANTED, ApprovalRequest.State.DENIED)
        return Fact(
            word="Decided" if decided else "Ended", main="", at=request.decided_at, details=("History has the record",)
        )
    if standing.late_since is not None:
        return Fact(word="Decide by", main="Its time has passed", details=("Nothing runs until somebody decides",))
    deadline = standing.deadline
    if deadline is None:
        return Fact(word="Decide by", main="No deadline", details=("Nothing runs until somebody decides",))
    ends = deadline == request.expires_at
    after = "After that it expires and nothing runs" if ends else "After that it is past due and waits for a decision"
    total = (deadline - request.created).total_seconds()
    passed = (now - request.created).total_seconds()
    percent = min(max(round(100 * passed / total), 0), 100) if total > 0 else None
    return Fact(word="Decide by", main="", at=deadline, details=(after,), percent=percent)
