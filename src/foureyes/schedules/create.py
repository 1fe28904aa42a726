"""Stores a submission for later."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.errors import Invalid
from foureyes.events import Kind
from foureyes.models import InputFile, Job, ScheduledJob
from foureyes.runs import doorbell
from foureyes.runs.enqueue import approval_needed
from foureyes.schedules.facts import tell
from foureyes.schedules.files import keep
from foureyes.schedules.lifecycle import State
from foureyes.schedules.plan import PAST_START, Interval
from foureyes.schedules.plan import Plan as Plan
from foureyes.schedules.refusals import demand, demand_schedulable
from foureyes.schedules.triggers_of import STEP
from foureyes.triggers import Trigger
from foureyes.users.models import User

NAME_LENGTH = 200
NO_NAME = "Please provide a name for the job schedule."
NOTHING_LEFT = "This schedule has no instant between its start and its end: it would never run."


def create(
    *,
    job: Job,
    by: User,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None = None,
    plan: Plan,
    name: str,
    description: str = "",
    input_files: Iterable[InputFile] = (),
    now: datetime,
) -> ScheduledJob:
    """Store a schedule whose first instant is the first match at or after its start, which is now or later.

    `values` are canonical inputs. Refuses who may not run the job, jobs that cannot be stored for later, gated jobs,
    and a plan that never comes to an instant. Records the fact and tells the schedulers.
    """
    with transaction.atomic():
        schedule, job = _drafted(job, by, values, commit, queue, plan, name, description, now)
        if job.gated:
            raise approval_needed(job)
        demand_start(plan, now)
        _give_first_instant(schedule, plan, now)
        _store(schedule, job, by, values, input_files, now)
        transaction.on_commit(doorbell.ring_scheduler)
    return schedule


def put_aside(
    *,
    job: Job,
    by: User,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None = None,
    plan: Plan,
    name: str,
    description: str = "",
    input_files: Iterable[InputFile] = (),
    now: datetime,
) -> ScheduledJob:
    """The same for a gated job: it waits for an approval and runs nothing before. It may also be a wish for now.

    Whoever calls asks for the approval in the same transaction.
    """
    with transaction.atomic():
        schedule, job = _drafted(job, by, values, commit, queue, plan, name, description, now)
        schedule.state, schedule.approval_required = State.PENDING, True
        if plan.interval == Interval.IMMEDIATELY:
            schedule.decided_until = now
        else:
            demand_start(plan, now)
            _give_first_instant(schedule, plan, now)
        _store(schedule, job, by, values, input_files, now)
    return schedule


def _drafted(
    job: Job,
    by: User,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None,
    plan: Plan,
    name: str,
    description: str,
    now: datetime,
) -> tuple[ScheduledJob, Job]:
    """A row that is not stored yet, after the checks of person, job, queue and inputs; and its job, read anew."""
    job = Job.objects.get(pk=job.pk)
    demand(by, "run", job)
    demand_schedulable(job=job, queue=queue, values=values)
    return (
        ScheduledJob(
            name=checked_name(name),
            description=description,
            job_model=job,
            job_class=job.class_path,
            commit=commit,
            queue=queue,
            priority=job.priority,
            user=by,
            user_name=by.get_username(),
            created=now,
            date_changed=now,
            **plan.columns(now=now),
        ),
        job,
    )


def _give_first_instant(schedule: ScheduledJob, plan: Plan, now: datetime) -> None:
    trigger = plan.trigger(now=now, jitter_key=str(schedule.pk))
    schedule.decided_until = min(now, schedule.start_time - STEP)
    schedule.next_run_at = first_instant(trigger, after=schedule.decided_until)


def _store(
    schedule: ScheduledJob, job: Job, by: User, values: Mapping[str, Any], drafts: Iterable[InputFile], now: datetime
) -> None:
    schedule.inputs = keep(job=job, values=values, drafts=drafts, now=now)
    schedule.save(force_insert=True)
    tell(kind=Kind.SCHEDULE_CREATED, schedule=schedule, at=now, by=by, interval=schedule.interval, job=job.class_path)


def checked_name(name: str) -> str:
    """The name, if it can be one."""
    if not name.strip():
        raise Invalid(fields={"name": [NO_NAME]}, code="invalid_schedule")
    if len(name) > NAME_LENGTH:
        sentence = f"Ensure this field has no more than {NAME_LENGTH} characters."
        raise Invalid(fields={"name": [sentence]}, code="invalid_schedule")
    return name


def demand_start(plan: Plan, now: datetime) -> None:
    """Refuses a start in the past, and an interval that is none."""
    if plan.interval == Interval.IMMEDIATELY:
        raise Invalid(fields={"interval": ["What is to run at once needs no schedule."]}, code="invalid_schedule")
    if plan.start_time is not None and plan.start_time < now:
        raise Invalid(fields={"start_time": [PAST_START]}, code="start_in_past")


def first_instant(trigger: Trigger, *, after: datetime) -> datetime:
    """The first instant after this one; refuses a plan that has none."""
    found = trigger.next_after(after)
    if found is None:
        raise Invalid(fields={"end_time": [NOTHING_LEFT]}, code="never_runs")
    return found
