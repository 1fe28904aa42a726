"""Lets a run of a gated job pass, or not: the last look before it is stored, in the transaction that stores it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from foureyes.errors import Conflict
from foureyes.grants.content import content_of
from foureyes.grants.validity import consume, refusal_of
from foureyes.models import Grant, InputFile, Job, ScheduledJob


def admit(
    *,
    job: Job,
    grant_id: UUID,
    schedule_id: UUID | None,
    run_as: UUID | None,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None,
    drafts: Iterable[InputFile] = (),
    now: datetime,
) -> None:
    """Use the grant for this run of this schedule. Refuses if it is not for exactly that, or does not hold any more.

    The row of the schedule is read anew: what the caller has in hand may be older than an edit.
    """
    grant = Grant.objects.select_related("request").filter(pk=grant_id).first()
    schedule = ScheduledJob.objects.filter(pk=schedule_id).first() if schedule_id else None
    if grant is None or schedule is None or grant.request.scheduled_job_id != schedule.pk:
        raise Conflict("This approval is for something else.", code="grant_other_content")
    content = content_of(
        job=job, schedule=schedule, values=values, commit=commit, queue=queue, run_as=run_as, drafts=drafts
    )
    if refusal := refusal_of(grant, content=content, now=now):
        raise refusal
    consume(grant=grant, now=now)
