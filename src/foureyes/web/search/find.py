"""Finds commands, requests, schedules, runs and people by text. Only what the person may see, and few of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from foureyes.approvals.queries import visible_requests
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.runs.queries import visible_runs
from foureyes.schedules.queries import visible
from foureyes.unseen import on_one_line
from foureyes.users.models import User
from foureyes.users.permissions import may, restrict
from foureyes.web.names import Names, called_like
from foureyes.web.shell.navigation import menu_for

EACH = 4
RECENT = 5000  # schedules and runs that are looked through: long lists have filters of their own
LATELY = 200  # runs of one's own that tell which jobs one runs


@dataclass(frozen=True, slots=True)
class Found:
    """One result: where it leads, its icon, its text, and what kind of thing it is."""

    url: str
    icon: str
    text: str
    kind: str


def find(*, user: User, text: str, most: int) -> list[Found]:
    """Commands first, then requests, schedules, runs and people."""
    wanted = text.strip().lower()
    kinds = (_commands, _places, _requests, _schedules, _runs, _people)
    found = (one for kind in kinds for one in islice(kind(user, wanted), EACH))
    return list(islice(found, most))


def _commands(user: User, text: str) -> Iterator[Found]:
    words = text.split()
    if words[:1] == ["run"]:  # as the command is called
        words = words[1:]
    jobs = restrict(Job.objects.filter(installed=True, enabled=True), user=user, action="run")
    rows = _called(jobs, words)[:EACH] if words else _lately_run(jobs, user)
    for _, slug, name in rows:
        yield Found(f"/jobs/{slug}/run/", "play", f"Run {name}", "Job")
    seen = restrict(Job.objects.all() if text else Job.objects.none(), user=user, action="view")
    for _, slug, name in _called(seen, text.split())[:EACH]:
        yield Found(f"/jobs/{slug}/", "terminal", name, "Job")


def _called(jobs: QuerySet[Job], words: list[str]) -> QuerySet[Job, tuple[UUID, str, str]]:
    """Those that have every word in their name."""
    for word in words:
        jobs = jobs.filter(name__icontains=word)
    return jobs.order_by("name", "pk").values_list("pk", "slug", "name")


def _lately_run(jobs: QuerySet[Job], user: User) -> list[tuple[UUID, str, str]]:
    """Those that the person ran last, and as long as there are few, others by name."""
    runs = JobResult.objects.shown().filter(user=user).newest_first()
    lately = list(dict.fromkeys(runs.values_list("job_model", flat=True)[:LATELY]))
    own = sorted(_called(jobs.filter(pk__in=lately), []), key=lambda row: lately.index(row[0]))
    return [*own, *_called(jobs.exclude(pk__in=lately), [])[:EACH]][:EACH]


def _places(user: User, text: str) -> Iterator[Found]:
    for section in menu_for(user):
        for entry in section.entries:
            if text in entry.title.lower():
                yield Found(entry.url, entry.icon, entry.title, "Page")


def _requests(user: User, text: str) -> Iterator[Found]:
    rows = visible_requests(user)
    number = text.removeprefix("request").strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 9:
        rows = rows.filter(number=int(number))
    elif text:
        rows = rows.filter(state="open", job__in=_called(Job.objects.all(), text.split()).values("pk"))
    else:
        rows = rows.filter(state="open")
    for row in rows.order_by("-number")[:EACH]:
        name = row.job.name if row.job else "a job that is gone"
        yield Found(f"/jobs/approvals/{row.pk}/", "eye", f"Request {row.number} · {name}", "Request")


def _schedules(user: User, text: str) -> Iterator[Found]:
    if not text:
        return
    planned = visible(user).exclude(interval=ScheduledJob.Interval.IMMEDIATELY)  # those are found as requests
    for pk, name in _recent(planned, "name"):
        if text in name.lower():
            yield Found(f"/jobs/scheduled/{pk}/", "calendar-clock", on_one_line(name), "Schedule")


def _runs(user: User, text: str) -> Iterator[Found]:
    number = text.removeprefix("run").strip()
    if not number or any(letter not in "0123456789abcdef-" for letter in number) or len(number) < 4:
        return
    for pk, name in _recent(visible_runs(user), "name"):
        if number.replace("-", "") in UUID(str(pk)).hex:
            yield Found(f"/jobs/results/{pk}/", "list-checks", f"Run {UUID(str(pk)).hex[-8:]} · {name}", "Run")


def _people(user: User, text: str) -> Iterator[Found]:
    if not text or not may(user, "view", User):
        return
    rows = restrict(called_like(text), user=user, action="view")
    found = list(rows.order_by("username", "pk")[:EACH])
    names = Names(ids=[person.pk for person in found])
    for person in found:
        yield Found(f"/admin/users/{person.pk}/", "user", names.of(person.pk, person.username), "Person")


def _recent(rows: QuerySet[Any], field: str) -> list[tuple[Any, str]]:
    order = ("-created", "-pk") if rows.model is JobResult else ("-pk",)
    return list(rows.order_by(*order).values_list("pk", field)[:RECENT])
