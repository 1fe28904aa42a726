"""What is sent twice is done once: a double click, a retry of the browser, two tabs of one form.

A form carries a key. Key and content together are marked in the transaction that does the thing, under a unique
constraint: of two at the same time the database lets one through, and the other gives what that one did.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from foureyes.errors import Conflict
from foureyes.models import ApprovalRequest, JobResult, ScheduledJob, Sending
from foureyes.users.models import User

KEPT = timedelta(days=2)  # longer than anybody leaves a form open before it is sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of it: a run, or a scheduled job, which may wait for the decision about a request."""

    job_result: JobResult | None = None
    schedule: ScheduledJob | None = None
    request: ApprovalRequest | None = None
    again: bool = False  # it was sent before, and this is what came of it then


def once(*, key: str, content: Any, by: User, act: Callable[[], Submitted], now: datetime) -> Submitted:
    """What `act` does, in a transaction; without a key always. The same content may be sent again under another key."""
    if not key:
        return act()
    digest = _digest(key, content)
    try:
        with transaction.atomic():
            row = Sending.objects.create(user=by, digest=digest, created=now)  # who comes second waits here
            done = act()
            row.run_id = done.job_result.pk if done.job_result else None
            row.schedule_id = done.schedule.pk if done.schedule else None
            row.request_id = done.request.pk if done.request else None
            row.save(update_fields=["run_id", "schedule_id", "request_id"])
    except IntegrityError:
        if before := sent_before(key=key, content=content, by=by):
            return before
        raise
    return done


def sent_before(*, key: str, content: Any, by: User) -> Submitted | None:
    """What came of the same content under this key; None if it was not sent. A Conflict if that is gone.

    Empty but for `again` if what was done leaves nothing to show.
    """
    row = Sending.objects.filter(user=by, digest=_digest(key, content)).first() if key else None
    if row is None:
        return None
    found = Submitted(
        job_result=JobResult.objects.filter(pk=row.run_id).first() if row.run_id else None,
        schedule=ScheduledJob.objects.filter(pk=row.schedule_id).first() if row.schedule_id else None,
        request=ApprovalRequest.objects.filter(pk=row.request_id).first() if row.request_id else None,
    )
    if found == Submitted() and (row.run_id or row.schedule_id or row.request_id):
        raise Conflict("This was sent before, and what came of it has been deleted since.", code="sent_before")
    return replace(found, again=True)


def forget_sendings(*, now: datetime) -> int:
    """Remove old marks; gives how many."""
    return Sending.objects.filter(created__lt=now - KEPT).delete()[0]


def _digest(key: str, content: Any) -> str:
    text = json.dumps([key, content], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
