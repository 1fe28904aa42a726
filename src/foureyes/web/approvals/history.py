"""What happened to a request, in order, with exact times: asked, tried, said, decided, run, taken back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Event, JobResult, RequestComment, RequestParty
from foureyes.users.answers import RowsOf
from foureyes.web.approvals.inputs import Line, suggestion_lines
from foureyes.web.approvals.trial import run_url
from foureyes.web.names import Names
from foureyes.web.source_text import spelled
from foureyes.web.states import STATES, state_of_run
from foureyes.web.wording import linked

SHOWN_RUNS = 20
COMMENT = ("id", "person_id", "at", "text", "suggestion")
ROLES = {"requester": "requester", "editor": "editor", "run_as": "runs as"}
# Kind: icon, tint, and what is said after the name.
LOOKS: Mapping[str, tuple[str, str, str]] = {
    Kind.APPROVAL_REQUESTED: ("eye", "acc", "asked for approval"),
    Kind.APPROVAL_DRY_RUN: ("flask-conical", "idle", "tried it in a dry run"),
    Kind.APPROVAL_COMMENTED: ("message-square", "idle", "commented"),
    Kind.APPROVAL_SUGGESTED: ("undo-2", "wait", "sent it back with a suggestion"),
    Kind.APPROVAL_SUGGESTION_ACCEPTED: ("check", "ok", "accepted a suggestion"),
    Kind.APPROVAL_GRANTED: ("circle-check", "ok", "approved"),
    Kind.APPROVAL_DENIED: ("ban", "bad", "denied"),
    Kind.APPROVAL_WITHDRAWN: ("circle-minus", "idle", "withdrew the request"),
    Kind.APPROVAL_EXPIRED: ("timer-off", "idle", "Nobody decided in time"),
    Kind.APPROVAL_SUPERSEDED: ("git-compare", "idle", "Another request replaced it"),
    Kind.GRANT_VOIDED: ("shield-alert", "bad", "The approval was taken back"),
}
SAID = (Kind.APPROVAL_COMMENTED, Kind.APPROVAL_SUGGESTED)  # with a comment of its own
Said = Mapping[tuple[UUID | None, datetime], RequestComment]
IMPERSONAL = (Kind.APPROVAL_EXPIRED, Kind.APPROVAL_SUPERSEDED, Kind.GRANT_VOIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A change that can be accepted."""

    pk: UUID
    lines: list[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened."""

    at: datetime
    icon: str
    tint: str
    who: str
    what: str
    html: SafeString = field(default_factory=SafeString)
    detail: str = ""
    url: str = ""
    suggestion: Suggestion | None = None


def question_of_comments(request: ApprovalRequest, events: Iterable[Event]) -> dict[str, RowsOf]:
    """For `users.answers`; nobody asks where nothing was said."""
    said = any(event.kind in SAID for event in events)
    return {"comments": RowsOf(request.comments.order_by("at", "id"), *COMMENT)} if said else {}


def history_of(
    request: ApprovalRequest,
    *,
    events: list[Event],
    comments: Iterable[Sequence[Any]],
    runs: list[JobResult],
    names: Names,
    now: datetime,
) -> list[Entry]:
    """Everything, the oldest first. `comments`: the answer to `question_of_comments`."""
    rows = (RequestComment(**dict(zip(COMMENT, row, strict=True))) for row in comments)
    said: Said = {(comment.person_id, comment.at): comment for comment in rows}
    found = [_entry(request, event, said, names, now) for event in events if event.kind in LOOKS]
    found += _of_runs(runs)
    return sorted(found, key=lambda entry: entry.at)


def parties_of(request: ApprovalRequest, names: Names) -> list[tuple[str, str]]:
    """Everybody who took part, with the part."""
    found = []
    for party in request.parties.all():
        name = names.of(party.person_id, party.person_name)
        if party.part == RequestParty.Part.DECIDER:
            parts = {"approve": "approved", "deny": "denied"}[party.verdict]
        else:
            parts = ", ".join(ROLES.get(role, role) for role in party.roles)
        found.append((name, parts))
    return found


def _entry(
    request: ApprovalRequest,
    event: Event,
    said: Said,
    names: Names,
    now: datetime,
) -> Entry:
    icon, tint, what = LOOKS[event.kind]
    who = "" if event.kind in IMPERSONAL else names.of(event.actor_id, event.actor_name)
    comment = said.get((event.actor_id, event.at)) if event.kind in SAID else None
    suggestion = None
    if comment is not None and comment.suggestion is not None:
        suggestion = Suggestion(pk=comment.pk, lines=suggestion_lines(request, comment.suggestion, now=now))
    text = comment.text if comment else str(event.data.get("reason") or "")
    return Entry(
        at=event.at,
        icon=icon,
        tint=tint,
        who=who,
        what=what,
        html=linked(text) if text else SafeString(),
        detail=_detail(event),
        url=run_url(event.data["run"]) if event.kind == Kind.APPROVAL_DRY_RUN else "",
        suggestion=suggestion,
    )


def _detail(event: Event) -> str:
    data: Mapping[str, Any] = event.data
    if event.kind == Kind.APPROVAL_REQUESTED and data.get("replaces"):
        return f"replaces request {data['replaces']}"
    if event.kind in (Kind.APPROVAL_GRANTED, Kind.APPROVAL_DENIED):
        token = f"token {data['token_hint']}…" if data.get("token_hint") else ""
        return ", ".join(part for part in (f"from {data['address']}" if data.get("address") else "", token) if part)
    return ""


def _of_runs(runs: list[JobResult]) -> Iterator[Entry]:
    for run in runs:
        key = state_of_run(run)
        look = STATES[key]
        yield Entry(
            at=run.started_at or run.created,
            icon=look.icon,
            tint=look.tint,
            who="",
            what=f"It ran under this approval: {look.word.lower()}",
            html=spelled(""),
            url=run_url(run.pk),
        )
