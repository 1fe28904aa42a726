"""Which value of a job holds: the class's, or the one that a person set with its `_override` flag."""

import hashlib

from foureyes.catalog.descriptions import LONGEST
from foureyes.models import Job
from foureyes.models.job import OVERRIDABLE

LONGEST_SUFFIX = 60


def follow_class(job: Job) -> None:
    """Set every overridable field whose flag is off to the class's value; a taken name gets a suffix. Saves nothing."""
    for field in OVERRIDABLE:
        if field in job.class_values and not getattr(job, f"{field}_override"):
            setattr(job, field, job.class_values[field])
    if not job.name_override and name_is_taken(job):
        job.name = _with_suffix(job)


def name_is_taken(job: Job) -> bool:
    """Whether another job of the same grouping has this job's name."""
    others = Job.objects.exclude(pk=job.pk)
    return others.filter(grouping=job.grouping, name=job.name).exists()


def _with_suffix(job: Job) -> str:
    suffix = f" ({job.module_name}.{job.job_class_name})"
    if len(suffix) > LONGEST_SUFFIX:
        suffix = f" ({hashlib.sha256(job.class_path.encode()).hexdigest()[:8]})"
    return job.name[: LONGEST["name"] - len(suffix)] + suffix
