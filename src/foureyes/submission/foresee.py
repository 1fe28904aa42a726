"""What a change of a schedule would lead to, told before it is made.

It is made and taken back in the same moment: what is told is what the operation does, and not a second opinion.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from foureyes.approvals.by_schedule import open_request_of
from foureyes.errors import Conflict
from foureyes.grants.content import Content, changed_parts, content_of_schedule
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.schedules.preview import sentence_of
from foureyes.schedules.refusals import job_of
from foureyes.submission.edit import Changed, edit_schedule, take_over_schedule
from foureyes.users.models import User


class Approval(StrEnum):
    """What a change means for approval."""

    NOT_NEEDED = "not_needed"  # the job is not gated
    HOLDS = "holds"  # what was approved, or is asked for, stays as it is
    ASKED_AGAIN = "asked_again"  # another request replaces the open one
    NEEDED = "needed"  # what was approved holds no more: nothing runs before another approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The schedule as it would be, what of its content differs, and what that means for its approval.

    `before` is None if something that the inputs name is gone.
    """

    state: str
    sentence: str
    next_run_at: datetime | None
    requester: str
    before: Content | None
    after: Content
    differs: tuple[str, ...]  # parts of the content, such as `inputs` and `schedule`
    approval: Approval
    text: str


TEXTS: Mapping[Approval, str] = {
    Approval.NOT_NEEDED: "The job needs no approval.",
    Approval.HOLDS: "Nothing that was looked at changes, so no other approval is needed.",
    Approval.ASKED_AGAIN: "The request that is open now is replaced by another one, and you cannot decide about it.",
    Approval.NEEDED: "What was approved holds no more: nothing runs before another person approves it, and not you.",
}


def foresee_edit(*, schedule: ScheduledJob, changes: Mapping[str, Any], by: User, now: datetime) -> Foreseen:
    """What `edit_schedule` would lead to. Refuses what it refuses; nothing changes."""
    return _foresee(schedule, lambda: edit_schedule(schedule=schedule, changes=changes, by=by, now=now))


def foresee_take_over(*, schedule: ScheduledJob, by: User, now: datetime) -> Foreseen:
    """What `take_over_schedule` would lead to. Refuses what it refuses; nothing changes."""
    return _foresee(schedule, lambda: take_over_schedule(schedule=schedule, by=by, now=now))


def _foresee(schedule: ScheduledJob, change: Callable[[], Changed]) -> Foreseen:
    with transaction.atomic():
        before = ScheduledJob.objects.select_related("job_model").get(pk=schedule.pk)
        content, open_before = _content(before), open_request_of(before)
        done = change().schedule
        after = _content(done) or {}
        approval = _approval(open_before, done)
        found = Foreseen(
            state=done.state,
            sentence=sentence_of(done),
            next_run_at=done.next_run_at,
            requester=done.user_name,
            before=content,
            after=after,
            differs=tuple(changed_parts(content or {}, after)),
            approval=approval,
            text=TEXTS[approval],
        )
        transaction.set_rollback(True)
    return found


def _content(schedule: ScheduledJob) -> Content | None:
    try:
        return content_of_schedule(schedule=schedule, job=job_of(schedule))
    except Conflict:  # something that the inputs name is gone; to change them is the remedy
        return None


def _approval(before: ApprovalRequest | None, schedule: ScheduledJob) -> Approval:
    if not job_of(schedule).gated:
        return Approval.NOT_NEEDED
    after = open_request_of(schedule)
    if after is None or (before is not None and after.pk == before.pk):
        return Approval.HOLDS
    return Approval.NEEDED if before is None else Approval.ASKED_AGAIN
