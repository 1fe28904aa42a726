"""Takes every approval back that was not used when the backup was made: it may have been used since (G26)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from foureyes.approvals.change import stop
from foureyes.approvals.facts import tell
from foureyes.events import Kind
from foureyes.grants.validity import valid, void_one
from foureyes.models import Grant, ScheduledJob
from foureyes.schedules.lifecycle import OVER
from foureyes.schedules.queries import locked


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidedGrant:
    """An approval that holds no more: the number of its request, and what it was for."""

    request: int
    what: str


def void_unused(*, reason: str, now: datetime) -> list[VoidedGrant]:
    """Void every grant that still holds. Schedules of gated jobs wait for another approval, asked for by itself."""
    found = valid(now).select_related("request__scheduled_job__job_model", "request__job").order_by("request__number")
    return [_void(grant, reason, now) for grant in list(found)]


def _void(grant: Grant, reason: str, now: datetime) -> VoidedGrant:
    schedule = grant.request.scheduled_job
    with transaction.atomic():
        if schedule is not None and _waits_for_grants(schedule):
            stop(schedule=locked(schedule), by=None, reason=reason, now=now)
        else:
            void_one(grant=grant, reason=reason, now=now)
            tell(kind=Kind.GRANT_VOIDED, request=grant.request, at=now, by=None, reason=reason)
    return VoidedGrant(request=grant.request.number, what=schedule.name if schedule else str(grant.request.job))


def _waits_for_grants(schedule: ScheduledJob) -> bool:
    return schedule.state not in OVER and schedule.job_model is not None and schedule.job_model.gated
