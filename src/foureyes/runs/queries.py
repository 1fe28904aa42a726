"""Questions about runs that more than one caller has."""

from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from foureyes.models import JobLogEntry, JobResult, OutputFile, RunChange
from foureyes.models.job_result import JobResultQuerySet
from foureyes.users.models import User
from foureyes.users.permissions import restrict

SHOWN = (
    *(field.name for field in JobResult._meta.concrete_fields if field.name != "sealed_inputs"),
    *(f"job_model__{name}" for name in ("name", "slug")),
    "user__username",
    "worker__name",
)


def visible_runs(user: User) -> JobResultQuerySet:
    """The runs that a person may view."""
    return restrict(JobResult.objects.shown(), user=user, action="view")


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
