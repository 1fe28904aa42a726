"""THE GATE: the only place that creates a run. Whatever leads to a run passes here, and a gated job needs a grant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from foureyes.catalog.effective import allowed_queues as allowed_queues
from foureyes.catalog.effective import soft_limit_seconds, time_limit_seconds
from foureyes.catalog.environment import fingerprint
from foureyes.catalog.refusals import refusal_to_run, refusal_to_run_for_hook
from foureyes.errors import Conflict
from foureyes.events import Kind, append_many
from foureyes.events.batch import Line, append_batch
from foureyes.grants.admit import admit
from foureyes.models import Grant, InputFile, Job, JobResult, Occurrence, ScheduledJob
from foureyes.models.bulk import insert_row, insert_rows
from foureyes.runs import doorbell
from foureyes.runs.facts import run_fact
from foureyes.runs.masking import MASK
from foureyes.runs.sealing import seal
from foureyes.runs.statements import read_rows
from foureyes.users.ids import uuid7
from foureyes.users.models import User

Purpose = JobResult.Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCause:
    """The hook and the event that caused a run, and the run behind that event, if there is one."""

    hook_id: UUID
    event_id: UUID
    run_id: UUID | None = None

    @property
    def columns(self) -> dict[str, UUID | None]:
        """As a run keeps it."""
        return {"hook_id": self.hook_id, "hook_event_id": self.event_id, "hook_run_id": self.run_id}


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
    Refuses what the job's state forbids, and a gated job without a grant for exactly this, which is used with it.
    Records the fact and wakes the workers.
    """
    input_files = list(input_files)
    with transaction.atomic():
        job = _read_again(job)
        _demand_runnable(job, purpose)
        if is_gated(job, purpose):
            if grant is None:
                raise approval_needed(job)
            admit(
                job=job,
                grant_id=grant.pk,
                schedule_id=schedule.pk if schedule else None,
                run_as=user.pk if user else None,
                values=values,
                commit=commit,
                queue=queue,
                drafts=input_files,
                now=now,
            )
        run = JobResult(
            **_frozen(job),
            created=now,
            available_at=now,
            purpose=purpose,
            grant=grant if job.gated else None,
            **(cause.columns if cause else {}),
            user=user,
            user_name=user.get_username() if user else "",
            schedule=schedule,
            occurrence=occurrence,
            commit=commit and purpose != Purpose.DRY_RUN,
            queue=queue or allowed_queues(job)[0],
        )
        run.job_kwargs, run.sealed_inputs = _inputs(job, _secret_variables(job), values, commit=run.commit, queue=queue)
        insert_row(run)
        _adopt(input_files, run)
        append_many([run_fact(kind=Kind.RUN_CREATED, run=run, at=now, actor=user, purpose=purpose, commit=run.commit)])
        transaction.on_commit(doorbell.ring)
    return run


@dataclass(slots=True, kw_only=True)
class Order:
    """One of many runs to be stored together, for a planned instant of a schedule: as the arguments of `enqueue`."""

    job_id: UUID
    user: User
    values: Mapping[str, Any]
    commit: bool
    queue: str | None
    input_files: Sequence[InputFile] = ()
    schedule_id: UUID
    occurrence_id: UUID
    grant_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)


def enqueue_many(*, orders: Sequence[Order], now: datetime) -> None:
    """`enqueue` for many: the same gate, judged once for each job, and one statement for all rows of a job.

    All or none: refuses with the first job that cannot run. Whoever orders has asked before, so that is a change of
    the same moment, and another attempt sees it.
    """
    if not orders:
        return
    by_job: dict[UUID, list[Order]] = {}
    for order in orders:
        by_job.setdefault(order.job_id, []).append(order)
    with transaction.atomic(savepoint=False):
        jobs = read_rows(Job, by_job.keys())
        for job_id, ordered in by_job.items():
            if job_id not in jobs:
                raise _job_deleted()
            _demand_runnable(jobs[job_id], Purpose.RUN)
            _admit_each(jobs[job_id], ordered, now)
            _store(jobs[job_id], ordered, now)
        for order in orders:
            if order.input_files:
                _adopt(order.input_files, JobResult(pk=order.id))
        transaction.on_commit(doorbell.ring)


def _admit_each(job: Job, orders: Sequence[Order], now: datetime) -> None:
    """Each order of a gated job needs a grant of its own."""
    if not is_gated(job, Purpose.RUN):
        return
    for order in orders:
        if order.grant_id is None:
            raise approval_needed(job)
        admit(
            job=job,
            grant_id=order.grant_id,
            schedule_id=order.schedule_id,
            run_as=order.user.pk,
            values=order.values,
            commit=order.commit,
            queue=order.queue,
            drafts=order.input_files,
            now=now,
        )


def _store(job: Job, orders: Sequence[Order], now: datetime) -> None:
    secret = _secret_variables(job)
    inputs = [_inputs(job, secret, order.values, commit=order.commit, queue=order.queue) for order in orders]
    default_queue = allowed_queues(job)[0]
    insert_rows(
        JobResult,
        {
            "id": [order.id for order in orders],
            "user": [order.user.pk for order in orders],
            "user_name": [order.user.get_username() for order in orders],
            "schedule": [order.schedule_id for order in orders],
            "occurrence": [order.occurrence_id for order in orders],
            "grant": [order.grant_id if job.gated else None for order in orders],
            "commit": [order.commit for order in orders],
            "queue": [order.queue or default_queue for order in orders],
            "job_kwargs": [shown for shown, _ in inputs],
            "sealed_inputs": [sealed for _, sealed in inputs],
        },
        same=_same_in_all(job, now),
    )
    told = {commit: {"purpose": Purpose.RUN.value, "commit": commit} for commit in (True, False)}
    name = job.class_path
    lines = [Line(order.user, order.id, name, told[order.commit]) for order in orders]
    append_batch(kind=Kind.RUN_CREATED, at=now, subject_type=JobResult._meta.label_lower, lines=lines)


def _same_in_all(job: Job, now: datetime) -> dict[str, Any]:
    """The columns that are equal in all new runs of a job: a fresh row has the defaults of all columns."""
    fresh = JobResult(**_frozen(job), created=now, available_at=now)
    own = {
        "id",
        "user",
        "user_name",
        "schedule",
        "occurrence",
        "grant",
        "commit",
        "queue",
        "job_kwargs",
        "sealed_inputs",
    }
    return {column.name: getattr(fresh, column.attname) for column in JobResult._meta.fields if column.name not in own}


def _read_again(job: Job) -> Job:
    found = read_rows(Job, [job.pk]).get(job.pk)
    if found is None:
        raise _job_deleted()
    return found


def _job_deleted() -> Conflict:
    return Conflict("This job was deleted in the meantime.", code="job_deleted")


def _demand_runnable(job: Job, purpose: JobResult.Purpose) -> None:
    if refusal := refusal_to_run_for_hook(job) if purpose == Purpose.HOOK else refusal_to_run(job):
        raise refusal


def is_gated(job: Job, purpose: JobResult.Purpose) -> bool:
    """Does such a run need a grant? Dry runs never commit, and runs of hooks name their hook and its event (G14)."""
    return job.gated and purpose == Purpose.RUN


def approval_needed(job: Job) -> Conflict:
    """What to say to somebody who wants to run a gated job without a grant."""
    return Conflict(
        f"{job.name} runs only after a second person has approved the run. Ask for approval, or try a dry run.",
        code="approval_needed",
    )


def _frozen(job: Job) -> dict[str, Any]:
    """The columns of a run that say what its job is at this moment."""
    return {
        "job_model_id": job.pk,
        "name": job.class_path,
        "gated": job.gated,
        "bundle_id": job.bundle_id,
        "environment": fingerprint(),
        "priority": job.priority,
        "max_retries": job.max_retries,
        "retry_delay_seconds": job.retry_delay_seconds,
        "soft_limit_seconds": soft_limit_seconds(job),
        "time_limit_seconds": time_limit_seconds(job),
    }


def _secret_variables(job: Job) -> frozenset[str]:
    return frozenset(spec["name"] for spec in job.variables if spec.get("sensitive"))


def _inputs(
    job: Job, secret: frozenset[str], values: Mapping[str, Any], *, commit: bool, queue: str | None
) -> tuple[dict[str, Any] | None, bytes | None]:
    """Readable inputs for the 1.x column, and secret ones sealed: all of them if one of them is secret."""
    sealed = seal(values) if job.has_sensitive_variables or secret else None
    if job.has_sensitive_variables:
        return None, sealed
    shown = {name: MASK if name in secret and value else value for name, value in values.items()} if secret else values
    return {"data": shown, "commit": commit, "task_queue": queue}, sealed


def _adopt(input_files: Iterable[InputFile], run: JobResult) -> None:
    for file in input_files:
        file.job_result = run
        file.save()
