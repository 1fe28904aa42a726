"""What a restore makes void, whichever way the rows came back.

The rows tell how things were when the backup was made. What was used, ended or taken back since looks unused in them,
so nothing may run on their word: grants of gated work are void (gate G26), no run goes on that may have run since, and
planned instants that have passed are skipped.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from foureyes.approvals.restored import VoidedGrant, void_unused
from foureyes.errors import Conflict
from foureyes.events import Kind, append
from foureyes.hooks.restored import pass_over
from foureyes.models import SystemValue, Worker
from foureyes.runs.restored import end_unfinished
from foureyes.runs.workers import leave
from foureyes.schedules.restored import skip_passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What is void or ended now."""

    voided: list[VoidedGrant]
    ended_runs: int
    skipped: int  # schedules of which instants had passed


def demand_nobody_works(now: datetime) -> None:
    """Refuses while a process works on these rows."""
    if alive := list(Worker.objects.alive(now).order_by("name")):
        raise Conflict(
            f"A {alive[0].kind} works on this database ({alive[0].name}), or did a moment ago. Stop every process of"
            " Foureyes; they count as gone when they have been silent for FOUREYES_WORKER_STALE_SECONDS.",
            code="installation_running",
        )


def after_restore(*, made_at: datetime | None, now: datetime) -> Restored:
    """Void what was approved and not used, end runs, skip instants that have passed, start no hooks, and record it.

    Doing it twice does no harm. `made_at` is when the backup was made, if that is known.
    """
    moment = f" of {made_at:%Y-%m-%d %H:%M} UTC" if made_at else ""
    reason = f"The installation was restored from a backup{moment}; ask again."
    for worker in Worker.objects.exclude(state=Worker.State.STOPPED):
        leave(worker=worker, now=now)
    ended = end_unfinished(now=now)
    skipped = skip_passed(now=now)
    voided = void_unused(reason=reason, now=now)
    with transaction.atomic():
        Session.objects.all().delete()
        append(
            kind=Kind.INSTALLATION_RESTORED,
            at=now,
            subject=(SystemValue._meta.label_lower, "restore", "Restore"),
            data={
                "made_at": made_at,
                "voided_requests": [grant.request for grant in voided],
                "ended_runs": ended,
                "skipped": skipped,
            },
        )
    pass_over()
    return Restored(voided=voided, ended_runs=ended, skipped=skipped)
