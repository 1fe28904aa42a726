"""Questions about the runs of jobs: the newest, how they went, how long they take."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, DateTimeField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.fields import DurationField
from django.db.models.functions import Coalesce

from foureyes.models import Job, JobResult
from foureyes.models.job import JobQuerySet
from foureyes.runs.queries import marks_of, visible_runs
from foureyes.runs.statements import paths_of, query_rows
from foureyes.users.compiled import ready
from foureyes.users.models import User

RECENT = 12  # runs by which a job's health is told in lists
WENT_WRONG = (JobResult.Status.FAILED, JobResult.Status.ERRORED)
TIMES = ("status", "cause", "cancel_requested_at", "created", "started_at", "completed")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def with_last_run(jobs: JobQuerySet, *, user: User) -> JobQuerySet:
    """Jobs with `last_run_at` and `last_status` of the newest run that the person may view."""
    newest = visible_runs(user).filter(job_model=OuterRef("pk")).newest_first()
    return jobs.annotate(
        last_run_at=Subquery(newest.values("created")[:1]), last_status=Subquery(newest.values("status")[:1])
    )


def with_health(jobs: JobQuerySet, *, user: User) -> JobQuerySet:
    """Jobs with `usual_length` and `failures` of their newest runs."""
    runs = visible_runs(user).filter(job_model=OuterRef("pk"), created__gte=OuterRef("recent_from")).order_by()
    length = ExpressionWrapper(F("completed") - F("started_at"), output_field=DurationField())
    usual = runs.values("job_model").annotate(usual=Avg(length)).values("usual")
    wrong = runs.filter(status__in=WENT_WRONG).values("job_model").annotate(count=Count("pk")).values("count")
    return jobs.annotate(recent_from=_recent_from(user)).annotate(
        usual_length=Subquery(usual, output_field=DurationField()), failures=Coalesce(Subquery(wrong), 0)
    )


def recent_runs_of(jobs: Iterable[Job], *, user: User, count: int = RECENT) -> dict[UUID, list[JobResult]]:
    """The newest runs of each job, the oldest of them first, in two queries however many jobs and runs there are."""
    found = marks_of(Job, [job.pk for job in jobs], by="job_model", user=user, each=count)
    return {key: runs[::-1] for key, runs in found.items()}


def runs_since(job: Job, *, user: User, since: datetime, most: int) -> list[JobResult]:
    """The newest runs of a job since an instant, without dry runs: the newest first, at most so many."""
    return query_rows(ready(_since, most, of=user, job=job.pk, since=since), TIMES)


def _since(user: User, most: int, *, job: UUID, since: datetime) -> QuerySet[JobResult, Any]:
    runs = visible_runs(user).filter(job_model=job, created__gte=since).exclude(purpose=JobResult.Purpose.DRY_RUN)
    return runs.newest_first().values_list(*paths_of(TIMES))[:most]


def _recent_from(user: User) -> Coalesce:
    """When the oldest of a job's newest runs was stored."""
    newest = visible_runs(user).filter(job_model=OuterRef("pk")).newest_first().values("created")
    return Coalesce(Subquery(newest[RECENT - 1 : RECENT]), Value(BEGINNING), output_field=DateTimeField())
