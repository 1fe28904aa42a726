"""Why a job cannot be run or scheduled: one predicate for every caller, the buttons included."""

from collections.abc import Iterator

from foureyes.conf import get_conf
from foureyes.errors import Conflict, Invalid, Refusal
from foureyes.models import Job

SENSITIVE_AND_GATED = (
    "Unable to run or schedule job: This job may have sensitive input variables and also requires approval. "
    "Remove one of these two flags first."
)


def refusal_to_run(job: Job) -> Refusal | None:
    """The first reason why this job cannot be run by a person; None if it can. Approval is not asked for here."""
    return next(refusals_to_run(job), None)


def refusals_to_run(job: Job) -> Iterator[Refusal]:
    """All of them, for whoever looks for what is wrong with it."""
    yield from _of_switches(job)
    yield from _of_source(job)


def refusal_to_run_for_hook(job: Job) -> Refusal | None:
    """The first reason why no hook can start this job: only receivers are started so (gate G14)."""
    if not job.is_job_hook_receiver:
        return Conflict("Only receivers of hooks are started by a hook.", code="job_is_no_receiver")
    return next(_of_switches(job), None) or next(_of_source(job, by_hook=True), None)


def refusal_to_schedule(job: Job) -> Refusal | None:
    """The first reason why this job cannot be stored for later: sensitive inputs never are."""
    return next(_of_switches(job), None) or next(_of_storing(job), None) or next(_of_source(job), None)


# The order within and between these is that of the recorded answers: the first hit wins.


def _of_switches(job: Job) -> Iterator[Refusal]:
    if not job.enabled:
        yield Conflict("This job is not enabled to be run.", code="job_not_enabled")
    if not job.installed:
        yield Conflict("This job is not presently installed and cannot be run", code="job_not_installed")


def _of_storing(job: Job) -> Iterator[Refusal]:
    if job.has_sensitive_variables:
        yield Invalid("Unable to schedule job: Job may have sensitive input variables", code="job_sensitive")


def _of_source(job: Job, *, by_hook: bool = False) -> Iterator[Refusal]:
    # A job whose approval_required was lowered is still gated, and nobody can approve inputs that nobody may see.
    if not by_hook and job.has_sensitive_variables and (job.approval_required or job.gated):
        yield Invalid(SENSITIVE_AND_GATED, code="job_sensitive_and_gated")
    if job.import_error or job.bundle_id is None:
        yield Conflict("This job's source code could not be located and cannot be run", code="job_not_loadable")
    if not by_hook and job.is_job_hook_receiver:
        yield Conflict("This job is started by its hooks and cannot be run by hand.", code="job_is_receiver")
    if job.uses_database and not get_conf().allow_database_jobs:
        yield Conflict(
            "This job works on the database, which this installation does not allow (FOUREYES_ALLOW_DATABASE_JOBS).",
            code="job_database_not_allowed",
        )
