"""All that is wrong with what somebody asks for, at once. `submit` stops at the first fault; a form shows them all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foureyes.approvals.reasons import demanded
from foureyes.approvals.terms import AS_USUAL, Terms, demand_terms
from foureyes.catalog.inputs import InvalidInputs, clean_inputs
from foureyes.errors import Invalid, Refusal
from foureyes.models import InputFile, Job
from foureyes.schedules.create import checked_name
from foureyes.schedules.plan import Interval, plan_of
from foureyes.schedules.preview import preview_of
from foureyes.schedules.refusals import demand_queue
from foureyes.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Sentences by variable and by setting, and those that are about neither."""

    inputs: dict[str, list[str]] = field(default_factory=dict)
    settings: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def faults_of(
    *,
    job: Job,
    by: User,
    data: Any,
    files: Mapping[str, InputFile],
    queue: str | None,
    schedule: Mapping[str, Any] | None,
    reason: str | None,
    terms: Terms = AS_USUAL,
    now: datetime,
) -> Faults:
    """What each check of a submission says by itself; none of them stores anything."""
    faults = Faults()
    later = schedule is not None and schedule.get("interval") != Interval.IMMEDIATELY
    checks: list[Any] = [
        lambda: clean_inputs(job=job, data=data, files=files, user=by, now=now),
        lambda: demand_queue(job, queue),
    ]
    if later and schedule is not None:
        checks += [
            lambda: checked_name(schedule.get("name") or ""),
            lambda: preview_of(plan_of(schedule), after=now, count=1),
        ]
    if job.gated:
        checks += [lambda: demanded(reason), lambda: demand_terms(terms, at_once=not later)]
    for check in checks:
        _collect(check, faults)
    return faults


def _collect(check: Any, faults: Faults) -> None:
    try:
        check()
    except InvalidInputs as refusal:
        if isinstance(refusal.errors, dict):
            faults.inputs.update(refusal.errors)
        else:
            faults.others.extend(refusal.errors)
    except Invalid as refusal:
        if not refusal.fields:
            faults.others.append(refusal.message)
        for name, texts in refusal.fields.items():
            faults.settings.setdefault(name, []).extend(texts)
    except Refusal as refusal:
        faults.others.append(refusal.message)
