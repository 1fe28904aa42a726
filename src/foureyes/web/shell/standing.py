"""The health line: whether schedules run on time and how many workers are there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foureyes.models import ScheduledJob, Worker
from foureyes.web.times import duration

LATE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sentence and its tint."""

    text: str
    tint: str


def standing(*, now: datetime) -> Standing:
    """How the installation does, in two queries by index."""
    alive = list(Worker.objects.alive(now).values_list("kind", "state"))
    workers = [state for kind, state in alive if kind == Worker.Kind.WORKER]
    taking = workers.count(Worker.State.RUNNING)
    count = f"{taking} of {len(workers)} worker{'' if len(workers) == 1 else 's'}"
    if all(kind != Worker.Kind.SCHEDULER for kind, _ in alive):
        return Standing(text=f"No scheduler · {count}", tint="bad")
    if not taking:
        return Standing(text=f"No worker takes runs · {count}", tint="bad")
    if late := _delay(now):
        return Standing(text=f"Late by {duration(late, exact=False)} · {count}", tint="late")
    return Standing(text=f"On time · {count}", tint="ok")


def _delay(now: datetime) -> timedelta | None:
    due = ScheduledJob.objects.filter(state=ScheduledJob.State.ACTIVE, next_run_at__lt=now - LATE_AFTER)
    oldest = due.order_by("next_run_at").values_list("next_run_at", flat=True).first()
    return now - oldest if oldest else None
