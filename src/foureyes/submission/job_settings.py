"""Changes of a job's settings by a person, and the question that lowering its approval puts before a second one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.approvals.opening import ask_to_open
from foureyes.catalog.edit import edit_job, edit_jobs
from foureyes.models import ApprovalRequest, Job
from foureyes.schedules.refusals import demand
from foureyes.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The job after the change, and the request to open its gate, if it says no more that it requires approval."""

    job: Job
    request: ApprovalRequest | None = None


def change_job(*, job: Job, changes: Mapping[str, Any], by: User, reason: str | None = None, now: datetime) -> Saved:
    """`catalog.edit`, by somebody who may change the job. A lowered approval is put before a second person (G2)."""
    demand(by, "change", job)
    with transaction.atomic():
        row = edit_job(job=job, changes=changes, by=by, now=now)
        request = ask_to_open(job=row, reason=reason, now=now) if row.gated and not row.approval_required else None
    return Saved(job=row, request=request)


def switch_jobs(*, jobs: Sequence[Job], enabled: bool, by: User, now: datetime) -> list[Job]:
    """Enable or disable several, all or none; the person must be allowed to change each."""
    for job in jobs:
        demand(by, "change", job)
    return edit_jobs(edits=[(job, {"enabled": enabled}) for job in jobs], by=by, now=now)
