"""Makes a new schedule like another one."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from foureyes.catalog.inputs import clean_inputs
from foureyes.errors import Conflict
from foureyes.models import InputFile, ScheduledJob
from foureyes.schedules.allowed import Action, demand_allowed
from foureyes.schedules.create import NAME_LENGTH, create, put_aside
from foureyes.schedules.files import copied, demand_there
from foureyes.schedules.plan import Interval, Plan, stored_plan
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import job_of
from foureyes.users.models import User


def clone(*, schedule: ScheduledJob, by: User, name: str | None = None, now: datetime) -> ScheduledJob:
    """Store the same again, asked for by somebody else or once more; the plan keeps its grid and begins now.

    It is a new submission: the right to run the job and the inputs are checked anew, and the clone of a gated job's
    schedule waits for an approval of its own. Refuses a single instant that has passed, and inputs with a file that is
    gone.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        demand_allowed(Action.CLONE, schedule=schedule, by=by, now=now)
        job = job_of(schedule)
        demand_there(job=job, values=schedule.inputs)
        values, files = copied(job=job, values=schedule.inputs, now=now)
        for file in files:
            file.user = by
            file.save(force_insert=True)
        store = put_aside if job.gated else create
        new = store(
            job=job,
            by=by,
            values=clean_inputs(job=job, data=values, files={}, user=by, now=now),
            commit=schedule.commit,
            queue=schedule.queue,
            plan=_from_now(schedule, now),
            name=name if name is not None else _other_name(schedule.name),
            description=schedule.description,
            now=now,
        )
        InputFile.objects.filter(pk__in=[file.pk for file in files]).delete()  # the clone has its own
    return new


def _from_now(schedule: ScheduledJob, now: datetime) -> Plan:
    """The plan with a start that is not over: what repeats from its start begins at a later instant of its grid."""
    plan = stored_plan(schedule)
    if schedule.start_time >= now:
        return plan
    if plan.one_off:
        raise Conflict("The only instant of this schedule is over; make a new one.", code="one_off_over")
    if plan.interval == Interval.CUSTOM:
        return replace(plan, start_time=now)
    return replace(plan, start_time=plan.trigger(now=now, jitter_key=None).next_after(now))


def _other_name(name: str) -> str:
    return f"{name[: NAME_LENGTH - len(' (copy)')]} (copy)"
