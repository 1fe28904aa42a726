"""Whether a grant holds now, for exactly this; using it up, and taking it back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from foureyes.errors import Conflict, Refusal
from foureyes.grants.content import digest_of, sentence_of_change
from foureyes.models import ApprovalRequest, Grant

REASON_LENGTH = 200


def standing_grant(schedule_id: UUID) -> Grant | None:
    """The newest grant of a schedule that nobody took back. Whether it holds for something is another question."""
    rows = Grant.objects.filter(request__scheduled_job=schedule_id, voided_at__isnull=True).select_related("request")
    return rows.order_by("-granted_at", "-id").first()


def refusal_of(grant: Grant, *, content: dict[str, Any], now: datetime) -> Refusal | None:
    """Why this grant does not allow that; None if it does."""
    if grant.voided_at is not None:
        return Conflict(f"The approval was taken back: {grant.void_reason}", code="grant_void")
    if grant.request.state != ApprovalRequest.State.GRANTED:
        return Conflict("The request of this grant is not approved.", code="grant_void")
    if grant.expires_at is not None and grant.expires_at <= now:
        return Conflict(f"The approval ended at {grant.expires_at:%Y-%m-%d %H:%M} UTC.", code="grant_expired")
    if grant.uses_left is not None and grant.uses_left < 1:
        return Conflict("The approval was for one run, which there was.", code="grant_used_up")
    if grant.digest != digest_of(content):
        return Conflict(sentence_of_change(grant.request.snapshot["content"], content), code="grant_other_content")
    return None


def consume(*, grant: Grant, now: datetime) -> None:
    """Use it once, in the transaction of the run. A Conflict if somebody took it back or used it up at this moment."""
    held = valid(now).filter(pk=grant.pk)
    # A series grant has no number of uses; writing it all the same makes whoever takes it back wait for this run.
    if held.update(uses_left=F("uses_left") - 1) != 1:
        raise Conflict("The approval was used up or taken back at this moment.", code="grant_gone")


def valid(now: datetime) -> QuerySet[Grant]:
    """The grants that hold for what they were given for."""
    unused = Q(uses_left__isnull=True) | Q(uses_left__gt=0)
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Grant.objects.filter(unused, unexpired, voided_at__isnull=True)


def void_one(*, grant: Grant, reason: str, now: datetime) -> None:
    """Take back one grant."""
    rows = Grant.objects.filter(pk=grant.pk, voided_at__isnull=True)
    rows.update(voided_at=now, void_reason=reason[:REASON_LENGTH])


def void(*, schedule_id: UUID, reason: str, now: datetime) -> list[Grant]:
    """Take back every grant of a schedule; gives those that were not taken back before."""
    rows = Grant.objects.filter(request__scheduled_job=schedule_id, voided_at__isnull=True)
    found = list(rows.select_related("request").order_by("id"))
    Grant.objects.filter(pk__in=[grant.pk for grant in found]).update(voided_at=now, void_reason=reason[:REASON_LENGTH])
    return found
