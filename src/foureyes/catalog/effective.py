"""What holds for the runs of a job, the installation's defaults included: queues and limits."""

from foureyes.conf import get_conf
from foureyes.models import Job


def allowed_queues(job: Job) -> list[str]:
    """The queues that runs of a job may ask for; the first is the default."""
    return list(job.task_queues) or [get_conf().default_queue]


def soft_limit_seconds(job: Job) -> float:
    """After so long a run is asked to end."""
    return job.soft_time_limit or get_conf().soft_time_limit_seconds


def time_limit_seconds(job: Job) -> float:
    """After so long a run is ended."""
    return job.time_limit or get_conf().time_limit_seconds
