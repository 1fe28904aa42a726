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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(Standing):
    """The same of what is wrong, and what it means."""

    means: str


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
    workers, taking = answers["workers"], answers["taking_runs"]
    wrong = trouble(answers, now=now)
    text, tint = (wrong.text, wrong.tint) if wrong else ("On time", "ok")
    return Standing(text=f"{text} · {taking} of {workers} worker{'' if workers == 1 else 's'}", tint=tint)


def trouble(answers: Mapping[str, Any], *, now: datetime) -> Trouble | None:
    """What keeps runs from starting in time, by the same answers; None if nothing does."""
    since = answers["overdue_since"]
    if not answers["scheduler"]:
        return Trouble(text="No scheduler", tint="bad", means="Nothing that is scheduled starts before one runs again.")
    if not answers["taking_runs"]:
        return Trouble(text="No worker takes runs", tint="bad", means="Runs wait in their queues until one does.")
    if since:
        late = f"Late by {duration(now - since, exact=False)}"
        return Trouble(text=late, tint="late", means="What is scheduled starts later than planned.")
    return None
