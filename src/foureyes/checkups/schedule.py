"""Why a schedule does not run."""

from collections.abc import Iterator
from datetime import datetime

from foureyes.catalog.effective import allowed_queues
from foureyes.checkups.finding import Finding, error, good, warning
from foureyes.errors import Refusal
from foureyes.models import ApprovalRequest, Occurrence, ScheduledJob, Worker
from foureyes.schedules.lifecycle import LIVE, State
from foureyes.schedules.refusals import Judge
from foureyes.schedules.triggers_of import trigger_of
from foureyes.submission.submit import refusal_of_workers

SHOWN = 3
NOT_RUN = (Occurrence.Fate.REFUSED, Occurrence.Fate.HELD, Occurrence.Fate.MISSED, Occurrence.Fate.SKIPPED)


def look_at_schedule(*, schedule: ScheduledJob, now: datetime) -> Iterator[Finding]:
    """What keeps it from running at its next instant, and why its last ones did not run."""
    yield _of_state(schedule)
    if schedule.state in (*LIVE, State.PENDING):
        yield from _of_plan(schedule)
        yield from _of_rules(schedule, now)
        yield from _of_processes(schedule, now)
    yield from _of_ledger(schedule)


def _of_state(schedule: ScheduledJob) -> Finding:
    reason = f" {schedule.state_reason}" if schedule.state_reason else ""
    if schedule.state == State.ACTIVE:
        if schedule.next_run_at is None:
            return warning("nothing_left", "It is active, and has no instant left.")
        return good("active", f"It is active, and runs next at {schedule.next_run_at:%Y-%m-%d %H:%M:%S} UTC.")
    if schedule.state == State.PENDING:
        request = ApprovalRequest.objects.filter(scheduled_job=schedule, state=ApprovalRequest.State.OPEN).first()
        if request is None:
            return error("waits", f"It waits for an approval, which is asked for shortly.{reason}")
        hint = f"Look at it with `foureyes doctor request {request.number}`."
        return error("waits", f"It waits for a decision about request {request.number}.{reason}", hint)
    hints = {
        State.PAUSED: "Let it go on with `foureyes schedules resume`.",
        State.ERRORED: "Put right what is wrong; then edit it, or take it over with `foureyes schedules take-over`.",
    }
    return error(f"is_{schedule.state}", f"It is {schedule.state}.{reason}", hints.get(State(schedule.state), ""))


def _of_plan(schedule: ScheduledJob) -> Iterator[Finding]:
    try:
        trigger_of(schedule)
    except Refusal as refusal:
        yield Finding.of(refusal)


def _of_rules(schedule: ScheduledJob, now: datetime) -> Iterator[Finding]:
    """The same judge as when it is due."""
    judge = Judge([(schedule.job_model_id, schedule.user_id)])
    obstacle = judge.obstacle(schedule, now=max(now, schedule.next_run_at or now))
    if obstacle is None:
        yield good("may_run", "Requester, job, queue and approval are in order.")
        return
    job = schedule.job_model
    hint = f"Look at the job with `foureyes doctor job {job.slug}`." if job else ""
    if obstacle.fate != Occurrence.Fate.HELD:
        yield error("obstacle", obstacle.reason, hint)
    elif schedule.state != State.PENDING:  # else the state has told it
        yield error("held", obstacle.reason, "It will be held, and an approval asked for.")


def _of_processes(schedule: ScheduledJob, now: datetime) -> Iterator[Finding]:
    if not Worker.objects.alive(now).filter(kind=Worker.Kind.SCHEDULER).exists():
        yield error("no_scheduler", "No scheduler is alive: nothing is fired.", "Start one with `foureyes scheduler`.")
    if schedule.job_model is not None:
        queue = schedule.queue or allowed_queues(schedule.job_model)[0]
        if refusal := refusal_of_workers(queue, now):
            yield Finding.of(refusal, level="warning")


def _of_ledger(schedule: ScheduledJob) -> Iterator[Finding]:
    lines = Occurrence.objects.filter(scheduled_job=schedule).order_by("-planned_at", "-id")[:SHOWN]
    for line in lines:
        if line.fate in NOT_RUN:
            text = f"At {line.planned_at:%Y-%m-%d %H:%M} UTC it was {line.fate}: {line.reason}"
            yield warning("ledger", text)
