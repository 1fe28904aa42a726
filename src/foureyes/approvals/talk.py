"""What people say about a request. Nothing said here changes a decision (P65)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import State, already_over
from foureyes.approvals.policy import may_see
from foureyes.approvals.reasons import kept
from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Job, RequestComment
from foureyes.schedules.edit import EDITABLE
from foureyes.users.models import User
from foureyes.users.permissions import may

INSTANTS = ("start_time", "end_time")
SUGGESTIBLE = EDITABLE - {"name", "description"}


def comment(*, request: ApprovalRequest, by: User, text: str, now: datetime) -> RequestComment:
    """Say something about a request, open or decided. Whoever may see it may."""
    with transaction.atomic():
        if not may_see(request, by):
            raise NotAllowed("You may not see this request.", code="may_not_view")
        said = _store(request, by, _checked(text), None, now)
        tell(kind=Kind.APPROVAL_COMMENTED, request=request, at=now, by=by)
    return said


def suggest(
    *, request: ApprovalRequest, by: User, changes: Mapping[str, Any], text: str = "", now: datetime
) -> RequestComment:
    """Send an open request back with a change (P77). It changes nothing before the requester accepts it.

    Needs the right to approve the job. `changes` are as for an edit of the schedule; they are checked when accepted.
    """
    with transaction.atomic():
        request = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("job").get(pk=request.pk)
        if request.job is None or not may(by, "approve", Job, request.job):
            raise NotAllowed("Only who may approve this job can suggest a change.", code="may_not_approve")
        if request.state != State.OPEN:
            raise already_over(request)
        _demand_suggestible(request, changes)
        stored = {name: value.isoformat() if name in INSTANTS and value else value for name, value in changes.items()}
        said = _store(request, by, _checked(text) if text.strip() else "", stored, now)
        tell(kind=Kind.APPROVAL_SUGGESTED, request=request, at=now, by=by, changes=sorted(changes))
    return said


def suggested_changes(comment: RequestComment) -> dict[str, Any]:
    """The changes that a comment suggests, as an edit takes them."""
    changes = dict(comment.suggestion or {})
    return {
        name: datetime.fromisoformat(value) if name in INSTANTS and value else value for name, value in changes.items()
    }


def _demand_suggestible(request: ApprovalRequest, changes: Mapping[str, Any]) -> None:
    if request.scheduled_job_id is None:
        raise Conflict("There is nothing to be changed about this request.", code="nothing_to_suggest")
    if not changes:
        raise Invalid("A suggestion names at least one change.", code="no_changes")
    if unknown := [name for name in changes if name not in SUGGESTIBLE]:
        raise Invalid(fields={str(name): ["This field cannot be changed."] for name in unknown}, code="not_editable")
    wrong = [name for name in INSTANTS if not isinstance(changes.get(name), datetime | None)]
    if wrong:
        raise Invalid(fields={name: ["Give an instant."] for name in wrong}, code="no_instant")


def _checked(text: str) -> str:
    if not text.strip():
        raise Invalid(fields={"text": ["This field may not be blank."]}, code="no_text")
    return kept(text, field="text")


def _store(
    request: ApprovalRequest, by: User, text: str, suggestion: dict[str, Any] | None, now: datetime
) -> RequestComment:
    return RequestComment.objects.create(
        request=request, person_id=by.pk, person_name=by.get_username(), text=text, suggestion=suggestion, at=now
    )
