"""Questions about schedules and their ledger that more than one caller has."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from foureyes.errors import Conflict
from foureyes.models import Occurrence, ScheduledJob
from foureyes.schedules.lifecycle import LIVE, State
from foureyes.schedules.refusals import Judge
from foureyes.users.models import User
from foureyes.users.permissions import restrict


def visible(user: User) -> QuerySet[ScheduledJob]:
    """The schedules that a person may view; deleted ones never."""
    return restrict(ScheduledJob.objects.exclude(state=State.DELETED), user=user, action="view")


def ledger(
    *, user: User, schedule: UUID | None = None, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Occurrence]:
    """The instants planned in a period, of the schedules that a person may view, in order of time.

    A line that stands for many instants belongs to the period if one of them does.
    """
    rows = Occurrence.objects.filter(scheduled_job__in=visible(user))
    if schedule is not None:
        rows = rows.filter(scheduled_job=schedule)
    if since is not None:
        rows = rows.filter(Q(planned_at__gte=since) | Q(last_planned_at__gte=since))
    if until is not None:
        rows = rows.filter(planned_at__lt=until)
    return rows.order_by("planned_at", "id")


def without_active_owner() -> QuerySet[ScheduledJob]:
    """Schedules that are going to fail, or have failed, because nobody who is there asks for them (P57)."""
    alone = Q(user__isnull=True) | Q(user__is_active=False)
    return ScheduledJob.objects.filter(alone, state__in=[*LIVE, State.ERRORED]).order_by("name", "id")


def warning_of(schedule: ScheduledJob) -> str | None:
    """What will keep a live schedule from running at its next instant, as things are now."""
    return warnings_of([schedule])[schedule.pk]


def warnings_of(schedules: Iterable[ScheduledJob]) -> dict[UUID, str | None]:
    """The same for many, each pair of job and requester judged once."""
    rows = list(schedules)
    live = [row for row in rows if row.state in LIVE]
    judge = Judge((row.job_model_id, row.user_id) for row in live)
    found: dict[UUID, str | None] = {row.pk: None for row in rows}
    for row in live:
        if obstacle := judge.obstacle(row):
            found[row.pk] = obstacle.reason
    return found


def locked(schedule: ScheduledJob) -> ScheduledJob:
    """The row as it is now, locked until the end of the transaction; a Conflict if it was deleted."""
    rows = ScheduledJob.objects.select_for_update(of=("self",)).select_related("job_model", "user")
    found = rows.filter(pk=schedule.pk).exclude(state=State.DELETED).first()
    if found is None:
        raise Conflict(f"The schedule “{schedule.name}” has been deleted in the meantime.", code="gone")
    return found
