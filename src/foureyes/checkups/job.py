"""Why a job does not run."""

from collections.abc import Iterator
from datetime import datetime

from foureyes.catalog.effective import allowed_queues
from foureyes.catalog.notes import GATE_STAYS, notes_of
from foureyes.catalog.refusals import refusal_to_run_for_hook, refusal_to_schedule, refusals_to_run
from foureyes.checkups.finding import Finding, error, good, warning
from foureyes.models import ApprovalRequest, Job, JobHook, JobResult, Worker
from foureyes.submission.submit import refusal_of_workers
from foureyes.users.models import User
from foureyes.users.permissions import explain, who_may

State = ApprovalRequest.State
Kind = ApprovalRequest.Kind


def look_at_job(*, job: Job, by: User, now: datetime) -> Iterator[Finding]:
    """Everything that keeps it from running, and what else one should know; `by` is who asks."""
    yield from _of_receiver(job, now) if job.is_job_hook_receiver else _of_job(job, by)
    yield from _of_notes(job)
    yield from _of_queue(job, now)
    yield from _of_runs(job)


def _of_job(job: Job, by: User) -> Iterator[Finding]:
    refusals = list(refusals_to_run(job))
    for refusal in refusals:
        yield Finding.of(refusal)
    if job.import_error:
        yield error("import_error", f"Its file cannot be loaded: {job.import_error}", "Mend the file.")
    if not refusals:
        yield good("runnable", f"{job.name} is enabled, installed and can be loaded.")
        if later := refusal_to_schedule(job):
            yield Finding.of(later, level="warning")
    answer = explain(by, "run", job)
    yield (
        good("may_run", answer.reason)
        if answer.allowed
        else error("may_not_run", answer.reason, "Whoever gives permissions can let you run it.")
    )
    yield from _of_gate(job)


def _of_gate(job: Job) -> Iterator[Finding]:
    if not job.gated:
        return
    yield good("gated", "Each run needs the approval of a second person; a dry run does not.")
    if who_may("approve", job).count() < 2:
        text = "Fewer than two people may approve it, so there may be nobody to approve what one of them asks for."
        yield warning("few_approvers", text, "Give extras.approve_job for it to somebody else, too.")


def _of_notes(job: Job) -> Iterator[Finding]:
    """Flags that do not do what one would think."""
    opening = ApprovalRequest.objects.filter(job=job, kind=Kind.OPEN_GATE, state=State.OPEN).first()
    hints = {GATE_STAYS: f"Request {opening.number} asks for that." if opening else ""}
    for note in notes_of(job):
        yield warning(note.code, note.text, hints.get(note, ""))


def _of_receiver(job: Job, now: datetime) -> Iterator[Finding]:
    if refusal := refusal_to_run_for_hook(job):
        yield Finding.of(refusal)
    hooks = JobHook.objects.filter(job=job, enabled=True).count()
    if hooks and not Worker.objects.notifies(now):
        yield error("no_notifier", "No notifier is alive: no hook starts it.", "Start one with `foureyes notifier`.")
    if hooks:
        text = f"Job hooks that start it when an object changes: {hooks}. It is never started by hand."
        yield good("receiver", text)
    else:
        yield error(
            "no_hook", "It is a receiver of hooks, and no enabled job hook names it.", "Make a job hook for it."
        )


def _of_queue(job: Job, now: datetime) -> Iterator[Finding]:
    for number, queue in enumerate(allowed_queues(job)):
        refusal = refusal_of_workers(queue, now)
        if refusal is None:
            yield good("queue", f"A worker listens on its queue {queue}.")
        else:
            yield Finding.of(refusal, level="warning" if number else "error")


def _of_runs(job: Job) -> Iterator[Finding]:
    runs = JobResult.objects.filter(job_model=job)
    running = runs.filter(status=JobResult.Status.RUNNING).count()
    waiting = runs.filter(status=JobResult.Status.PENDING).count()
    if job.concurrency_limit and waiting and running >= job.concurrency_limit:
        text = f"Runs that wait: {waiting}. Those that go on, {running}, are as many as it may have at the same time."
        yield warning("concurrency", text, "They start when the others have ended.")
    elif waiting:
        yield good("waiting", f"Runs that wait for a free slot of a worker: {waiting}. Runs that go on: {running}.")
