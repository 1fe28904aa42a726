"""Which job an address means, for a person."""

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from foureyes.models import Job
from foureyes.users.models import User
from foureyes.users.permissions import restrict


def job_of(slug: str, *, user: User) -> Job:
    """The job, if the person may view it or run it; else 404, as if there were none."""
    jobs = Job.objects.select_related("bundle").defer("bundle__archive")
    found: QuerySet[Job] = restrict(jobs, user=user, action="view") | restrict(jobs, user=user, action="run")
    job = found.filter(slug=slug).first()
    if job is None:
        raise Http404
    return job


def address(name: str, *args: object) -> str:
    """The address of a page by name."""
    return reverse(f"web:{name}", args=args)


def crumbs_of(job: Job) -> list[tuple[str, str]]:
    """The way to a page below a job's."""
    return [*crumbs_of_jobs(), (job.name, reverse("web:job", args=[job.slug]))]


def crumbs_of_jobs() -> list[tuple[str, str]]:
    """The way to a job's page: the heading of the menu, and the list."""
    return [("Jobs", reverse("web:jobs")), ("Jobs", reverse("web:jobs"))]
