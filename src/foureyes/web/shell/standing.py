"""The health line: whether schedules run on time and how many workers are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Subquery

from foureyes.models import Worker
from foureyes.schedules.queries import overdue
from foureyes.users.answers import CountOf
from foureyes.web.times import duration

LATE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sentence and its tint."""

    text: str
    tint: str


def questions(*, now: datetime) -> dict[str, Any]:
    """What has to be known of the installation, each by an index."""
    alive = Worker.objects.alive(now)
    return {
        "workers": CountOf(alive.filter(kind=Worker.Kind.WORKER)),
        "taking_runs": CountOf(Worker.objects.taking_runs(now)),
        "scheduler": Exists(alive.filter(kind=Worker.Kind.SCHEDULER)),
        "overdue_since": Subquery(overdue(now=now - LATE_AFTER).values("next_run_at")[:1]),
    }


def standing(answers: Mapping[str, Any], *, now: datetime) -> Standing:
    """How the installation does, by the answers to `questions`."""
    workers, taking, since = (answers[name] for name in ("workers", "taking_runs", "overdue_since"))
    count = f"{taking} of {workers} worker{'' if workers == 1 else 's'}"
    if not answers["scheduler"]:
        return Standing(text=f"No scheduler · {count}", tint="bad")
    if not taking:
        return Standing(text=f"No worker takes runs · {count}", tint="bad")
    if since:
        return Standing(text=f"Late by {duration(now - since, exact=False)} · {count}", tint="late")
    return Standing(text=f"On time · {count}", tint="ok")
