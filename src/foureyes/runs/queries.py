"""Questions about runs that more than one caller has."""

from uuid import UUID

from foureyes.models import JobLogEntry, JobResult
from foureyes.models.job_result import JobResultQuerySet
from foureyes.users.models import User
from foureyes.users.permissions import restrict


def visible_runs(user: User) -> JobResultQuerySet:
    """The runs that a person may view."""
    return restrict(JobResult.objects.shown(), user=user, action="view")


def log_lines(*, run_id: UUID, after: int = -1, limit: int, level: str = "") -> list[JobLogEntry]:
    """The lines that follow line `after`, in the order of the log."""
    lines = JobLogEntry.objects.filter(job_result=run_id, sequence__gt=after)
    return list((lines.filter(log_level=level) if level else lines).order_by("sequence")[:limit])
