"""THE GATE: the only place that creates a run. Whatever leads to a run passes here, and a gated job needs a grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from foureyes.catalog.environment import fingerprint
from foureyes.catalog.refusals import refusal_to_run
from foureyes.conf import get_conf
from foureyes.errors import Conflict
from foureyes.events import Kind, append_many
from foureyes.models import Grant, InputFile, Job, JobResult, Occurrence, ScheduledJob
from foureyes.runs import doorbell
from foureyes.runs.facts import run_fact
from foureyes.runs.masking import MASK
from foureyes.runs.sealing import seal
from foureyes.users.models import User

Purpose = JobResult.Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCause:
    """The hook and the event that caused a run."""

    hook_id: UUID
    event_id: UUID


def enqueue(
    *,
    job: Job,
    user: User | None,
    values: Mapping[str, Any],
    commit: bool,
    purpose: JobResult.Purpose = Purpose.RUN,
    queue: str | None = None,
    input_files: Iterable[InputFile] = (),
    grant: Grant | None = None,
    schedule: ScheduledJob | None = None,
    occurrence: Occurrence | None = None,
    cause: HookCause | None = None,
    now: datetime,
) -> JobResult:
    """Store a pending run with everything frozen that it will need: inputs, limits, queue, source, environment.

    `values` are canonical inputs (`catalog.inputs`), `queue` is what was asked for; None takes the job's first.
    Refuses what the job's state forbids, and a gated job without a grant. Records the fact and wakes the workers.
    """
    with transaction.atomic():
        job = _read_again(job)
        _demand_open_gate(job, purpose, grant)
        run = JobResult(
            job_model=job,
            name=job.class_path,
            created=now,
            available_at=now,
            purpose=purpose,
            gated=job.gated,
            grant=grant,
            hook_id=cause.hook_id if cause else None,
            hook_event_id=cause.event_id if cause else None,
            user=user,
            user_name=user.get_username() if user else "",
            schedule=schedule,
            occurrence=occurrence,
            bundle_id=job.bundle_id,
            environment=fingerprint(),
            commit=commit and purpose != Purpose.DRY_RUN,
            priority=job.priority,
            max_retries=job.max_retries,
            retry_delay_seconds=job.retry_delay_seconds,
            queue=queue or allowed_queues(job)[0],
            soft_limit_seconds=job.soft_time_limit or get_conf().soft_time_limit_seconds,
            time_limit_seconds=job.time_limit or get_conf().time_limit_seconds,
        )
        _put_inputs(run, job, values, queue)
        run.save(force_insert=True)
        _adopt(input_files, run)
        append_many([run_fact(kind=Kind.RUN_CREATED, run=run, at=now, actor=user, purpose=purpose, commit=run.commit)])
        transaction.on_commit(doorbell.ring)
    return run


def allowed_queues(job: Job) -> list[str]:
    """The queues that runs of a job may ask for; the first is the default."""
    return list(job.task_queues) or [get_conf().default_queue]


def _read_again(job: Job) -> Job:
    found = Job.objects.filter(pk=job.pk).first()
    if found is None:
        raise Conflict("This job was deleted in the meantime.", code="job_deleted")
    return found


def _demand_open_gate(job: Job, purpose: JobResult.Purpose, grant: Grant | None) -> None:
    refusal = refusal_to_run(job)
    by_hook = purpose == Purpose.HOOK and refusal is not None and refusal.code == "job_is_receiver"
    if refusal and not by_hook:
        raise refusal
    if job.gated and purpose == Purpose.RUN and grant is None:
        raise approval_needed(job)


def approval_needed(job: Job) -> Conflict:
    """What to say to somebody who wants to run a gated job without a grant."""
    return Conflict(
        f"{job.name} runs only after a second person has approved the run. Ask for approval, or try a dry run.",
        code="approval_needed",
    )


def _put_inputs(run: JobResult, job: Job, values: Mapping[str, Any], queue: str | None) -> None:
    """Readable inputs into the 1.x column, secret ones sealed: all of them if one of them is secret."""
    secret = {spec["name"] for spec in job.variables if spec.get("sensitive")}
    if job.has_sensitive_variables or secret:
        run.sealed_inputs = seal(values)
    if not job.has_sensitive_variables:
        shown = {name: MASK if name in secret and value else value for name, value in values.items()}
        run.job_kwargs = {"data": shown, "commit": run.commit, "task_queue": queue}


def _adopt(input_files: Iterable[InputFile], run: JobResult) -> None:
    for file in input_files:
        file.job_result = run
        file.save()
