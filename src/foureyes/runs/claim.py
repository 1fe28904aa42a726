"""Hands pending runs to a worker, each to exactly one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from foureyes.conf import get_conf
from foureyes.events import Kind, append_many
from foureyes.models import Event, Job, JobResult, SourceBundle, Worker
from foureyes.runs import doorbell
from foureyes.runs.facts import run_fact
from foureyes.runs.lifecycle import Happening, Status, move
from foureyes.runs.statements import claimable_runs, read_rows
from foureyes.runs.watchers import tell_watchers
from foureyes.users.models import User

Jobs = set[UUID]


def claim(*, worker: Worker, queues: Sequence[str], limit: int, now: datetime) -> list[JobResult]:
    """Take up to `limit` runs for a worker: highest priority first, then oldest.

    Leaves runs of jobs that have as many running as their concurrency limit allows. A worker that is drained gets none.
    """
    # The idle worker's question: one read, no transaction.
    if limit < 1 or not claimable_runs(worker_id=worker.pk, queues=queues, limit=1, now=now):
        return []
    with transaction.atomic():
        taken = take(worker=worker, queues=queues, limit=limit, now=now)
        append_many(started_facts(taken, now=now))
        return taken


def take(*, worker: Worker, queues: Sequence[str], limit: int, now: datetime) -> list[JobResult]:
    """`claim`, in the transaction of the caller, who appends their `started_facts`."""
    taken = _take(worker, queues, limit, now)
    if taken:
        transaction.on_commit(partial(tell_watchers, *(run.pk for run in taken)))
    return taken


def started_facts(taken: Iterable[JobResult], *, now: datetime) -> list[Event]:
    """What is to be said about runs that were taken."""
    return [run_fact(kind=Kind.RUN_STARTED, run=run, at=now, attempt=run.attempt) for run in taken]


def announce_waiting(*, now: datetime) -> None:
    """Wake the workers if runs wait: for those that were stored while nobody could be woken."""
    if JobResult.objects.filter(status=Status.PENDING, available_at__lte=now).exists():
        doorbell.ring()


def renew(*, worker: Worker, runs: Iterable[JobResult], now: datetime) -> set[UUID]:
    """Prolong the leases of running runs; gives the ids of those that the worker still holds."""
    held = {
        (pk, attempt)
        for pk, attempt in JobResult.objects.filter(worker=worker, status=Status.RUNNING).values_list("pk", "attempt")
    }
    mine = {run.pk for run in runs if (run.pk, run.attempt) in held}
    JobResult.objects.filter(pk__in=mine, worker=worker, status=Status.RUNNING).update(lease_until=_lease_end(now))
    return mine


def _take(worker: Worker, queues: Sequence[str], limit: int, now: datetime) -> list[JobResult]:
    taken: list[JobResult] = []
    full: Jobs = set()  # jobs at their limit
    while wanted := limit - len(taken):
        ids = claimable_runs(worker_id=worker.pk, queues=queues, limit=wanted, but_jobs=full, now=now)
        got = [run for run in _in_order(ids) if _take_one(run, worker, full, now)]
        taken += got
        if len(got) == len(ids):
            break  # either enough, or there are no more
    return taken


def _in_order(ids: Sequence[UUID]) -> list[JobResult]:
    """The rows with what their execution needs of others, in the order of `ids`."""
    found = read_rows(JobResult, ids)
    runs = [found[run_id] for run_id in ids]
    jobs = read_rows(Job, {run.job_model_id for run in runs if run.job_model_id})
    users = read_rows(User, {run.user_id for run in runs if run.user_id})
    bundles = read_rows(SourceBundle, {run.bundle_id for run in runs if run.bundle_id}, but=["archive"])
    for run in runs:
        run.job_model = jobs.get(run.job_model_id)
        run.user = users.get(run.user_id)
        run.bundle = bundles.get(run.bundle_id)
    return runs


def _take_one(run: JobResult, worker: Worker, full: Jobs, now: datetime) -> bool:
    limit = run.job_model.concurrency_limit if run.job_model else None
    if run.job_model is None or limit is None:
        _move(run, worker, None, now)
        return True
    slot = _free_slot(run.job_model.pk, limit)
    if slot is not None and _took_slot(run, worker, slot, now):
        return True
    full.add(run.job_model.pk)
    return False


def _free_slot(job_id: UUID, limit: int) -> int | None:
    # One worker at a time chooses among a job's slots. Who comes second goes on without: waiting for each other, two
    # workers that take several would deadlock. (PostgreSQL; SQLite has one writer at a time anyway.)
    job = Job.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=job_id)
    if not list(job.values_list("pk")):
        return None
    used = JobResult.objects.filter(job_model=job_id, concurrency_slot__isnull=False)
    return next(iter(sorted(set(range(limit)) - set(used.values_list("concurrency_slot", flat=True)))), None)


def _took_slot(run: JobResult, worker: Worker, slot: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            _move(run, worker, slot, now)
    except IntegrityError:  # another worker took the slot at the same moment: the constraint decides
        return False
    return True


def _move(run: JobResult, worker: Worker, slot: int | None, now: datetime) -> None:
    move(
        run=run,
        happening=Happening.CLAIM,
        worker=worker,
        attempt=run.attempt + 1,
        started_at=now,
        lease_until=_lease_end(now),
        concurrency_slot=slot,
    )


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=get_conf().lease_seconds)
