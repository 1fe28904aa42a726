"""The facts that operations on requests append."""

from datetime import datetime
from typing import Any

from foureyes.events import Kind, append
from foureyes.models import ApprovalRequest, Event
from foureyes.users.models import User


def tell(*, kind: Kind, request: ApprovalRequest, at: datetime, by: User | None, **data: Any) -> Event:
    """Append a fact about a request, under its number, with what was asked for."""
    about = {"number": request.number, "digest": request.digest, "scheduled_job": request.scheduled_job_id}
    subject = (ApprovalRequest._meta.label_lower, request.pk, str(request))
    return append(kind=kind, at=at, actor=by, subject=subject, data={**about, **data})
