"""What a schedule will do, shown before it is saved: the instants are those that the scheduler will use (P13)."""

from dataclasses import replace
from datetime import datetime

from foureyes.errors import Refusal
from foureyes.models import ScheduledJob
from foureyes.schedules.create import demand_start
from foureyes.schedules.lifecycle import RUNNABLE
from foureyes.schedules.plan import Plan
from foureyes.schedules.triggers_of import STEP, trigger_of
from foureyes.triggers import Note, Preview, describe, preview

MOST = 200


def preview_of(plan: Plan, *, after: datetime, count: int) -> Preview:
    """The sentence, the next instants and the notes of a plan that starts at `after` if it says nothing else.

    Refuses what `create` would refuse of it. Jitter depends on the stored schedule: a note says how much it can be.
    """
    trigger = plan.trigger(now=after, jitter_key=None)
    demand_start(plan, after)
    count = min(count, MOST, plan.max_runs or MOST)
    shown = preview(trigger, after=min(after, trigger.start - STEP), count=count)
    if not plan.jitter_seconds:
        return shown
    text = f"Every run comes up to {plan.jitter_seconds} s later, always the same; how much is drawn when it is saved."
    return replace(shown, notes=(*shown.notes, Note("jitter", text)))


def preview_of_schedule(schedule: ScheduledJob, *, after: datetime, count: int) -> Preview:
    """The same of a stored schedule, from its next instant on; one that is over has none, and one that errored."""
    trigger, runs = trigger_of(schedule), runs_left(schedule)
    left = MOST if runs is None else runs
    if not goes_on(schedule) or schedule.next_run_at is None:
        return replace(preview(trigger, after=after, count=0), notes=())
    return preview(trigger, after=max(after, schedule.next_run_at - STEP), count=min(count, MOST, left))


def goes_on(schedule: ScheduledJob) -> bool:
    """Has it, or will it have when it is approved, a next instant?"""
    return schedule.state in RUNNABLE and schedule.next_run_at is not None


def runs_left(schedule: ScheduledJob) -> int | None:
    """How many runs a schedule may still have; None: there is no end of them."""
    return None if schedule.max_runs is None else max(schedule.max_runs - schedule.total_run_count, 0)


def sentence_of(schedule: ScheduledJob) -> str:
    """When it runs, in words; of a row whose settings are damaged, what is wrong with them."""
    try:
        return describe(trigger_of(schedule))
    except Refusal as refusal:
        return refusal.message
