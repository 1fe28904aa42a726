"""Questions about jobs that several callers ask."""

from dataclasses import dataclass

from django.db.models import Q

from foureyes.catalog.memory import broken_paths
from foureyes.conf import get_conf
from foureyes.models import Job
from foureyes.models.job import JobQuerySet

MAX_SEARCHED = 200  # characters: SQLite refuses expressions of thousands of words, and long ones


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenModule:
    """A job file that cannot be loaded, or a class of one (`module/Class`), and the first line of the error."""

    source: str
    module_name: str
    error: str


def broken_modules() -> list[BrokenModule]:
    """Every job file that cannot be loaded now, those without a single job included."""
    found = []
    for path, error in broken_paths().items():
        source, _, module = path.partition("/")
        found.append(BrokenModule(source=source, module_name=module, error=error))
    return found


def whose_runs_go_to(queue: str) -> JobQuerySet:
    """Jobs whose runs wait under this queue if nobody asks for another: the first of `allowed_queues`."""
    first = Q(task_queues__0=queue)
    return Job.objects.filter(first | Q(task_queues=[]) if queue == get_conf().default_queue else first)


def search_jobs(jobs: JobQuerySet, text: str) -> JobQuerySet:
    """Those that have every word of the text in their name, grouping, description or class."""
    for word in text[:MAX_SEARCHED].replace("\0", " ").split():
        about = Q(name__icontains=word) | Q(grouping__icontains=word) | Q(description__icontains=word)
        jobs = jobs.filter(about | Q(job_class_name__icontains=word) | Q(module_name__icontains=word))
    return jobs
