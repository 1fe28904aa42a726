"""Questions about schedules and their ledger that more than one caller has."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from foureyes.catalog.queries import whose_runs_go_to
from foureyes.errors import Conflict
from foureyes.models import Job, Occurrence, ScheduledJob
from foureyes.models.job import JobQuerySet
from foureyes.runs.of_jobs import WENT_WRONG
from foureyes.runs.queries import visible_runs
from foureyes.schedules.lifecycle import LIVE, State
from foureyes.schedules.refusals import Judge, foreseen
from foureyes.users.models import User
from foureyes.users.permissions import restrict

# As in the index, by the letter: SQLite uses it for nothing else.
DUE = RawSQL(
    "extras_scheduledjob.state IN ('active', 'paused') AND extras_scheduledjob.next_run_at IS NOT NULL",
    [],
    output_field=BooleanField(),
)
HALTED = RawSQL("extras_scheduledjob.state IN ('pending', 'paused', 'errored')", [], output_field=BooleanField())


def visible(user: User, rows: QuerySet[ScheduledJob] | None = None) -> QuerySet[ScheduledJob]:
    """The schedules (of `rows`, all by default) that a person may view; deleted ones never."""
    every = ScheduledJob.objects.all() if rows is None else rows
    return restrict(every.exclude(state=State.DELETED), user=user, action="view")


def bound_for(rows: QuerySet[ScheduledJob], queue: str) -> QuerySet[ScheduledJob]:
    """Those whose runs wait under this queue, because it was asked for or is the first of their job."""
    unasked = Q(queue__isnull=True) | Q(queue="")
    return rows.filter(Q(queue=queue) | (unasked & Q(job_model__in=whose_runs_go_to(queue))))


def ledger(
    *, user: User, schedule: UUID | None = None, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Occurrence]:
    """The instants planned in a period, of the schedules that a person may view, in order of time.

    Lines outlive their schedules: those of a deleted one are evidence, and stay in sight.
    """
    shown = restrict(ScheduledJob.objects.filter(pk=OuterRef("scheduled_job")), user=user, action="view")
    rows = Occurrence.objects.filter(Exists(shown))
    if schedule is not None:
        rows = rows.filter(scheduled_job=schedule)
    if since is not None:
        rows = rows.filter(reaching(since))
    if until is not None:
        rows = rows.filter(planned_at__lt=until)
    return rows.order_by("planned_at", "id")


def reaching(since: datetime) -> Q:
    """Lines of which an instant lies at or after this one: some stand for many instants."""
    return Q(planned_at__gte=since) | Q(last_planned_at__gte=since)


def overdue(*, now: datetime) -> QuerySet[ScheduledJob]:
    """Schedules that go on and were due before this instant, the longest first."""
    # Without the name of the table, which is another one where this is part of a query.
    due = RawSQL("state IN ('active', 'paused') AND next_run_at IS NOT NULL", [], output_field=BooleanField())
    return ScheduledJob.objects.filter(due, state=State.ACTIVE, next_run_at__lt=now).order_by("next_run_at")


def without_active_owner() -> QuerySet[ScheduledJob]:
    """Schedules that are going to fail, or have failed, because nobody who is there asks for them (P57)."""
    # Each by the index on the person: one condition for both is a look at every schedule.
    nobody = ScheduledJob.objects.filter(user__isnull=True).values("pk")
    gone = User.objects.filter(is_active=False, scheduled_jobs__isnull=False).values("scheduled_jobs")
    rows = ScheduledJob.objects.filter(pk__in=nobody.union(gone, all=True), state__in=[*LIVE, State.ERRORED])
    return rows.order_by("name", "id")


def left_by(owner: User, *, user: User, most: int) -> list[ScheduledJob]:
    """What would run as the owner no more if they were gone, as far as another person may view it: by name, some."""
    rows = visible(user).filter(user=owner, state__in=[*LIVE, State.PENDING, State.ERRORED])
    return list(rows.select_related("job_model").order_by("name", "id")[:most])


def halted(rows: QuerySet[ScheduledJob], state: State) -> QuerySet[ScheduledJob]:
    """Those of the rows that are in a state in which they wait for somebody: pending, paused, errored; by index."""
    return rows.filter(HALTED, state=state)


def failing(rows: QuerySet[ScheduledJob], *, user: User) -> QuerySet[ScheduledJob]:
    """Those of the rows whose newest run, of those that have ended and that the person may view, went wrong."""
    ended = visible_runs(user).filter(schedule=OuterRef("pk"), completed__isnull=False).newest_first()
    return rows.annotate(last_status=Subquery(ended.values("status")[:1])).filter(last_status__in=WENT_WRONG)


def with_next_run(jobs: JobQuerySet, *, user: User) -> JobQuerySet:
    """Jobs with `next_run_at`: the next instant of all their active schedules that the person may view."""
    due = visible(user).filter(job_model=OuterRef("pk"), state=State.ACTIVE, next_run_at__isnull=False)
    return jobs.annotate(next_run_at=Subquery(due.order_by("next_run_at").values("next_run_at")[:1]))


def live_schedules_of(job: Job, *, user: User, most: int) -> list[ScheduledJob]:
    """The schedules of a job that run or may yet run: the next first, then those that wait or are paused."""
    rows = visible(user).filter(job_model=job).select_related("user")
    due = rows.filter(state=State.ACTIVE, next_run_at__isnull=False).order_by("next_run_at")
    others = rows.filter(state__in=[State.PENDING, State.PAUSED]).order_by("-id")
    return [*due[:most], *others[:most]][:most]


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
        if obstacle := judge.obstacle(row, now=row.next_run_at or row.date_changed):
            found[row.pk] = obstacle.reason
    return found


def plain_warning_of(schedule: ScheduledJob) -> str | None:
    """The same without a query, for lists: as far as the rows of the schedule, its job and its requester tell."""
    obstacle = foreseen(schedule) if schedule.state in LIVE else None
    return obstacle.reason if obstacle else None


def locked(schedule: ScheduledJob) -> ScheduledJob:
    """The row as it is now, locked until the end of the transaction; a Conflict if it was deleted."""
    rows = ScheduledJob.objects.select_for_update(of=("self",)).select_related("job_model", "user")
    found = rows.filter(pk=schedule.pk).exclude(state=State.DELETED).first()
    if found is None:
        raise Conflict(f"The schedule “{schedule.name}” has been deleted in the meantime.", code="gone")
    return found
