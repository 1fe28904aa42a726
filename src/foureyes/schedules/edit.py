"""Changes a schedule: only what was sent (P52), without losing an instant or running one twice (P24)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.catalog.inputs import clean_inputs
from foureyes.errors import Invalid
from foureyes.events import Kind
from foureyes.models import ScheduledJob
from foureyes.runs import doorbell
from foureyes.schedules.allowed import Action, demand_allowed, refusal_of_state
from foureyes.schedules.create import checked_name, demand_start
from foureyes.schedules.facts import tell
from foureyes.schedules.files import keep, let_go
from foureyes.schedules.fire import fire_row
from foureyes.schedules.ledger import start_again
from foureyes.schedules.lifecycle import Happening, State, move
from foureyes.schedules.plan import PLAN_FIELDS, Interval, Plan, stored_plan
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import demand_queue, demand_schedulable, job_of
from foureyes.schedules.triggers_of import next_undecided, trigger_of
from foureyes.users.models import User

PLAIN = frozenset({"name", "description", "commit", "queue", "priority"})
EDITABLE = PLAIN | {"inputs"} | frozenset(PLAN_FIELDS)
NOTHING_LEFT = "No instant is left between what has been decided already and the end."


def edit(*, schedule: ScheduledJob, changes: Mapping[str, Any], by: User, now: datetime) -> ScheduledJob:
    """Change a schedule; what `changes` does not name stays as it is, and what is equal changes nothing.

    What is due at this moment still runs as it was; the new revision begins after that. `inputs` are as a person gives
    them and are checked anew. A schedule that had become errored goes on. Refuses what `create` would refuse.
    """
    with transaction.atomic():
        demand_allowed(Action.EDIT, schedule=locked(schedule), by=by, now=now)
        return revise(schedule=schedule, changes=changes, by=by, now=now)


def revise(*, schedule: ScheduledJob, changes: Mapping[str, Any], by: User, now: datetime) -> ScheduledJob:
    """The same without a look at the right to change it, which the caller has judged."""
    with transaction.atomic():
        schedule = locked(schedule)
        _demand_editable(schedule, changes)
        fire_row(schedule=schedule, now=now)
        _demand_editable(schedule, changes)
        before = {name: getattr(schedule, name) for name in sorted(EDITABLE)}
        _assign(schedule, changes, by, now)
        changed = [name for name, value in before.items() if getattr(schedule, name) != value]
        if changed or schedule.state == State.ERRORED:
            _revise(schedule, changed, before, now)
            told = {name: [before[name], getattr(schedule, name)] for name in changed}
            tell(kind=Kind.SCHEDULE_EDITED, schedule=schedule, at=now, by=by, changes=told)
            transaction.on_commit(doorbell.ring_scheduler)
    return schedule


def _demand_editable(schedule: ScheduledJob, changes: Mapping[str, Any]) -> None:
    if unknown := [name for name in changes if name not in EDITABLE]:
        raise Invalid(fields={str(name): ["This field cannot be changed."] for name in unknown}, code="not_editable")
    if refusal := refusal_of_state(schedule):
        raise refusal


def _assign(schedule: ScheduledJob, changes: Mapping[str, Any], by: User, now: datetime) -> None:
    """Set what was sent, checked."""
    if "name" in changes:
        checked_name(changes["name"])
    if "queue" in changes and changes["queue"] != schedule.queue:
        demand_queue(job_of(schedule), changes["queue"])
    for name in PLAIN & changes.keys():
        setattr(schedule, name, changes[name])
    if "inputs" in changes:
        _assign_inputs(schedule, changes["inputs"], by, now)
    if any(name in changes for name in PLAN_FIELDS):
        _assign_plan(schedule, changes, now)


def _assign_inputs(schedule: ScheduledJob, inputs: Any, by: User, now: datetime) -> None:
    job = job_of(schedule)
    values = clean_inputs(job=job, data=inputs, files={}, user=by, now=now)
    demand_schedulable(job=job, queue=None, values=values)
    if values != schedule.inputs:
        kept = keep(job=job, values=values, drafts=(), now=now)
        let_go(schedule)
        schedule.inputs = kept


def _assign_plan(schedule: ScheduledJob, changes: Mapping[str, Any], now: datetime) -> None:
    stored = {name: getattr(schedule, name) for name in PLAN_FIELDS}
    plan = Plan(**stored | {name: changes[name] for name in PLAN_FIELDS if name in changes})
    if plan == stored_plan(schedule):
        return
    plan.trigger(now=now, jitter_key=str(schedule.pk))
    if plan.interval == Interval.IMMEDIATELY or plan.start_time != schedule.start_time:
        demand_start(plan, now)
    for name, value in plan.columns(now=now).items():
        setattr(schedule, name, value)


def _revise(schedule: ScheduledJob, changed: list[str], before: Mapping[str, Any], now: datetime) -> None:
    revived = schedule.state == State.ERRORED and schedule.user_id is not None
    columns: dict[str, Any] = {}
    if revived:
        columns = start_again(schedule=schedule, now=now)
    elif any(name in changed for name in PLAN_FIELDS) and schedule.state != State.ERRORED:
        after = max(schedule.decided_until, now)
        upcoming = next_undecided(schedule, trigger_of(schedule), after=after)
        columns = {"next_run_at": upcoming, "decided_until": after}
    if columns and columns["next_run_at"] is None:
        raise Invalid(fields={"end_time": [NOTHING_LEFT]}, code="never_runs")
    for name, value in columns.items():
        setattr(schedule, name, value)
    if revived:
        move(schedule=schedule, happening=Happening.REPAIR, state_reason="")
    schedule.revision += 1
    schedule.date_changed = now
    schedule.save(update_fields=[*changed, *columns, "one_off", "revision", "date_changed"])
