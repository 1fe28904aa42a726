"""Asks for a run. All interfaces come through here, so all of them refuse alike."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.approvals.dry_run import demand_known_source
from foureyes.approvals.request import open_request
from foureyes.approvals.terms import AS_USUAL, Terms, demand_terms
from foureyes.catalog.effective import allowed_queues
from foureyes.catalog.inputs import clean_inputs
from foureyes.catalog.refusals import refusal_to_run, refusal_to_run_for_hook, refusal_to_schedule
from foureyes.errors import Refusal, Unavailable
from foureyes.models import InputFile, Job, JobResult, Worker
from foureyes.runs.enqueue import HookCause, Purpose, enqueue
from foureyes.schedules.create import create, put_aside
from foureyes.schedules.plan import Interval, Plan, plan_of
from foureyes.schedules.refusals import demand, demand_queue
from foureyes.submission.once import Submitted as Submitted
from foureyes.submission.once import once, sent_before
from foureyes.users.models import User


def submit(
    *,
    job: Job,
    by: User,
    data: Any,
    files: Mapping[str, InputFile],
    commit: bool | None = None,
    queue: str | None = None,
    schedule: Mapping[str, Any] | None = None,
    reason: str | None = None,
    terms: Terms = AS_USUAL,
    key: str = "",
    now: datetime,
) -> Submitted:
    """Ask for a run with these inputs, now or as `schedule` says (`name`, `description`, and the fields of a plan).

    None for `commit` and `queue`: as the job has it; a schedule with the interval `immediately` is the same as none.
    What a gated job is to do is stored and put before approvers, with `reason` and `terms`; nothing of it runs before.
    Refuses, in the order of the 1.x server: no permission, the job's state, the queue, the inputs, for a run now that
    nobody would take it, and of a gated job `terms` that cannot be kept and a missing reason (`approvals.reasons`).
    The same sent twice under one `key` is done once (`once`).
    """
    demand(by, "run", job)
    asked = [str(job.pk), data, _contents(files), commit, queue, schedule, reason, asdict(terms)]
    if before := sent_before(key=key, content=asked, by=by):
        return before
    later = schedule is not None and schedule["interval"] != Interval.IMMEDIATELY
    if refusal := refusal_to_schedule(job) if later else refusal_to_run(job):
        raise refusal
    demand_queue(job, queue)
    values = clean_inputs(job=job, data=data, files=files, user=by, now=now)
    commit = job.commit_default if commit is None else commit
    wanted: dict[str, Any] = {"job": job, "by": by, "values": values, "commit": commit, "queue": queue, "now": now}
    wanted["input_files"] = files.values()
    if job.gated:
        demand_terms(terms, at_once=not later)
    elif not later:
        demand_worker(queue or allowed_queues(job)[0], now)

    def store() -> Submitted:
        if job.gated:
            return ask(**wanted, **_when(job, schedule, now), reason=reason, terms=terms)
        if later:
            return Submitted(schedule=create(**wanted, **_when(job, schedule, now)))
        return Submitted(job_result=enqueue(**{name: wanted[name] for name in wanted if name != "by"}, user=by))

    return once(key=key, content=asked, by=by, act=store, now=now)


def ask(
    *,
    job: Job,
    by: User,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None,
    plan: Plan,
    name: str,
    description: str = "",
    input_files: Iterable[InputFile] = (),
    reason: str | None = None,
    terms: Terms = AS_USUAL,
    now: datetime,
) -> Submitted:
    """Store what a gated job is to do and put it before approvers, both or nothing. `values` are canonical inputs."""
    with transaction.atomic():
        stored = put_aside(
            job=job,
            by=by,
            values=values,
            commit=commit,
            queue=queue,
            plan=plan,
            name=name,
            description=description,
            input_files=input_files,
            now=now,
        )
        request = open_request(schedule=stored, by=by, reason=reason, terms=terms, now=now)
    return Submitted(schedule=stored, request=request)


def dry_run(
    *,
    job: Job,
    by: User,
    data: Any,
    files: Mapping[str, InputFile],
    queue: str | None = None,
    key: str = "",
    now: datetime,
) -> JobResult:
    """Run with commit off, at once. Of a gated job only source that was approved before, or by who may approve (G1).

    The same tried twice under one `key` is run once.
    """
    demand(by, "run", job)
    asked = ["dry run", str(job.pk), data, _contents(files), queue]
    if (before := sent_before(key=key, content=asked, by=by)) and before.job_result:
        return before.job_result
    if refusal := refusal_to_run(job):
        raise refusal
    demand_known_source(job=job, by=by)
    demand_queue(job, queue)
    values = clean_inputs(job=job, data=data, files=files, user=by, now=now)

    def store() -> Submitted:
        run = enqueue(
            job=job,
            user=by,
            values=values,
            commit=False,
            purpose=Purpose.DRY_RUN,
            queue=queue,
            input_files=files.values(),
            now=now,
        )
        return Submitted(job_result=run)

    done = once(key=key, content=asked, by=by, act=store, now=now)
    assert done.job_result is not None  # noqa: S101 - `store` gives one
    return done.job_result


def _contents(files: Mapping[str, InputFile]) -> dict[str, list[str]]:
    """Uploads by what they are: each request makes rows of its own."""
    return {name: [file.name, file.sha256] for name, file in files.items()}


def submit_for_hook(*, job: Job, by: User | None, cause: HookCause, now: datetime) -> JobResult:
    """Run a receiver with the change that caused it, as whoever made the change; nobody if nobody did.

    As on the 1.x server it needs no permission, no worker at this moment, and no approval even if the job requires it;
    in exchange the run names its hook and its event, and the database holds that both are there (gate G14).
    """
    if refusal := refusal_to_run_for_hook(job):
        raise refusal
    values = clean_inputs(job=job, data={"object_change": str(cause.event_id)}, files={}, user=by, now=now)
    return enqueue(job=job, user=by, values=values, commit=True, purpose=Purpose.HOOK, cause=cause, now=now)


def _when(job: Job, schedule: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """The plan, with its name and description. A wish for now is called after the job and the instant."""
    given = schedule or {"interval": Interval.IMMEDIATELY}
    description = given.get("description", "")
    if given["interval"] == Interval.IMMEDIATELY:
        name = given.get("name") or f"{job.name} - {now}"
        return {"plan": Plan(interval=Interval.IMMEDIATELY), "name": name, "description": description}
    return {"plan": plan_of(given), "name": given["name"], "description": description}


def demand_worker(queue: str, now: datetime) -> None:
    """Refuses when nobody would take a run from the queue."""
    if refusal := refusal_of_workers(queue, now):
        raise refusal


def refusal_of_workers(queue: str, now: datetime) -> Refusal | None:
    """Why no run from this queue would start now."""
    listening = (set(queues) for queues in Worker.objects.taking_runs(now).values_list("queues", flat=True))
    if any(queue in queues for queues in listening):
        return None
    return Unavailable(
        f"Unable to process request: No celery workers running on queue {queue}.", code="no_worker_on_queue"
    )
