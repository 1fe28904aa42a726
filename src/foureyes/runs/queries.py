"""Questions about runs that more than one caller has."""

import json
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Field, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from foureyes.models import JobLogEntry, JobResult, OutputFile, RunChange, ScheduledJob
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.statements import read_rows
from foureyes.users.compiled import Keys, compiled
from foureyes.users.models import User
from foureyes.users.permissions import may, restrict

MOST_AHEAD = 1000  # more runs in line than this are not counted
SHOWN = (
    *(field.name for field in JobResult._meta.concrete_fields if field.name not in ("sealed_inputs", "returned")),
    *(f"job_model__{name}" for name in ("name", "slug")),
    "user__username",
    "worker__name",
)

# What a list needs of a run that it shows as a mark or a bar, without its words.
_OF_MARKS = frozenset(
    {"id", "job_model", "status", "cause", "created", "started_at", "completed", "cancel_requested_at", "purpose"}
)
NOT_OF_MARKS = tuple(field.name for field in JobResult._meta.concrete_fields if field.name not in _OF_MARKS)


def visible_runs(user: User, rows: JobResultQuerySet | None = None) -> JobResultQuerySet:
    """The runs (of `rows`, all by default) that a person may view."""
    every = JobResult.objects.all() if rows is None else rows
    return restrict(every.shown(), user=user, action="view")


def may_view_run(user: User, run: JobResult) -> bool:
    """The same of one run that is at hand."""
    return run.hidden_at is None and may(user, "view", JobResult, run)


def runs_because_of(run: JobResult, *, user: User) -> JobResultQuerySet:
    """Those that hooks started because of what the run did or what became of it, as far as the person may view them."""
    return visible_runs(user).filter(hook_run_id=run.pk)


def run_behind(run: JobResult, *, user: User) -> JobResult | None:
    """The run because of which a hook started this one, if the person may view it."""
    if run.hook_run_id is None:
        return None
    return visible_runs(user).light().select_related("job_model").filter(pk=run.hook_run_id).first()


def queue_ahead(run: JobResult) -> int:
    """How many waiting runs are claimed before this one, as far as queue, priority and age tell."""
    waiting = JobResult.objects.filter(status=JobResult.Status.PENDING, queue=run.queue)
    before = Q(priority__gt=run.priority) | Q(priority=run.priority, pk__lt=run.pk)
    return len(waiting.filter(before).values_list("pk", flat=True)[:MOST_AHEAD])


def log_lines_before(*, run_id: UUID, before: int, limit: int) -> list[JobLogEntry]:
    """The lines right before line `before`, in the order of the log."""
    lines = JobLogEntry.objects.filter(job_result=run_id, sequence__lt=before).order_by("-sequence")[:limit]
    return list(reversed(lines))


def matching_lines(*, run_id: UUID, text: str, level: str = "", limit: int) -> list[JobLogEntry]:
    """Lines that contain a text, in the order of the log; at most so many."""
    lines = JobLogEntry.objects.filter(job_result=run_id, message__icontains=text)
    return list((lines.filter(log_level=level) if level else lines).order_by("sequence")[:limit])


def log_lines(*, run_id: UUID, after: int = -1, limit: int, level: str = "") -> list[JobLogEntry]:
    """The lines that follow line `after`, in the order of the log."""
    lines = JobLogEntry.objects.filter(job_result=run_id, sequence__gt=after)
    return list((lines.filter(log_level=level) if level else lines).order_by("sequence")[:limit])


def with_counts(runs: JobResultQuerySet) -> JobResultQuerySet:
    """The runs with all that their shape needs, in one query. Changes are numbered, so the last one tells how many."""
    changes = RunChange.objects.filter(job_result=OuterRef("pk")).order_by("-sequence")
    files = OutputFile.objects.filter(job_result=OuterRef("pk")).order_by().values("job_result")
    last_change = Subquery(changes.values("sequence")[:1], output_field=IntegerField())
    number_of_files = Subquery(files.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return (
        runs.select_related("job_model", "user", "worker")
        .only(*SHOWN)
        .annotate(change_count=Coalesce(last_change + 1, 0), file_count=Coalesce(number_of_files, 0))
    )


def last_runs_of(schedules: Iterable[ScheduledJob], *, user: User, each: int = 3) -> dict[UUID, list[JobResult]]:
    """The newest runs of every schedule that the person may view, newest first: their states and when they were made.

    Two queries, however many there are.
    """
    return marks_of(ScheduledJob, [schedule.pk for schedule in schedules], by="schedule", user=user, each=each)


def marks_of(
    model: type[Model], keys: Collection[UUID], *, by: str, user: User, each: int
) -> dict[UUID, list[JobResult]]:
    """By these keys of rows the newest runs that point there `by` their column and that the person may view, the newest
    first, with what a mark needs of them; in two queries."""
    rows = compiled(_newest_by_key, model, by, each, of=user, keys=Keys(keys))
    found = {key: _listed(ids) for key, ids in rows}
    known = read_rows(JobResult, [run for ids in found.values() for run in ids], but=NOT_OF_MARKS)
    return {key: [known[run] for run in ids if run in known] for key, ids in found.items()}


def _newest_by_key(user: User, model: type[Model], by: str, each: int, *, keys: Any) -> QuerySet[Any, Any]:
    # A look into the index for each row: one condition for all of them makes SQLite go through all runs.
    newest = visible_runs(user).filter(**{by: OuterRef("pk")}).newest_first()[:each]
    rows: Any = model._default_manager.filter(pk__in=keys)
    found: QuerySet[Any, Any] = rows.annotate(newest=_Ids(newest.values("pk"))).values_list("pk", "newest")
    return found


class _Ids(Subquery):
    """The ids that a query gives, in its order, as one value."""

    output_field = Field()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Their hexadecimal digits as JSON."""
        return self.as_sql(
            compiler, connection, template="(SELECT json_group_array(pk) FROM (%(subquery)s))", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """An array."""
        return self.as_sql(compiler, connection, template="ARRAY(%(subquery)s)", **context)


def _listed(ids: str | list[UUID] | None) -> list[UUID]:
    # Nothing at all where the person may view no run: Django then asks the database for none.
    return [UUID(key) for key in json.loads(ids)] if isinstance(ids, str) else ids or []
