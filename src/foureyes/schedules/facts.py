"""The facts that operations on schedules append."""

from datetime import datetime
from typing import Any

from foureyes.events import Kind, append
from foureyes.models import Event, ScheduledJob
from foureyes.sandbox.changes import fields_of
from foureyes.users.models import User


def tell(*, kind: Kind, schedule: ScheduledJob, at: datetime, by: User | None, **data: Any) -> Event:
    """Append a fact about a schedule, under its name."""
    subject = (ScheduledJob._meta.label_lower, schedule.pk, schedule.name)
    return append(kind=kind, at=at, actor=by, subject=subject, data=data, fields=fields_of(schedule))
