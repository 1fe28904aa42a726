"""Runs of a period for pictures of time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from foureyes.models import Job, JobResult
from foureyes.runs import gathered
from foureyes.runs.gathered import gathered_runs
from foureyes.users.models import User

HOUR = timedelta(hours=1)


class Gathered(NamedTuple):
    key: UUID | str
    times: int
    status: str
    cause: str
    cancelling: bool
    begin: datetime
    completed: datetime | None
    job_id: UUID | None
    job_name: str
    job_slug: str
    queue: str
    worker: str
    schedule_id: UUID | None
    schedule: str

    @property
    def run_id(self) -> UUID:
        return UUID(str(self.key))


@pytest.fixture
def job(make_job: Callable[..., Job]) -> Job:
    return make_job()


@pytest.fixture
def ran(ask: Any, job: Job) -> Callable[..., JobResult]:
    def store(at: datetime, **columns: Any) -> JobResult:
        ended = {"status": "completed", "started_at": at, "completed": at + timedelta(seconds=3)}
        return ask(job, at=at, created=at, **ended | columns)  # type: ignore[no-any-return]

    return store


def test_a_period_of_few_runs_has_each_of_them(ran: Any, admin: User, now: datetime) -> None:
    made = [ran(now + timedelta(minutes=minute)) for minute in range(5)]
    found, complete = gathered_runs(Gathered, user=admin, edges=[now, now + HOUR], most_apart=1)
    assert ([one.run_id for one in found], complete) == ([run.pk for run in made], True)
    first = found[0]
    assert (first.job_id, first.begin, first.completed) == (made[0].job_model_id, made[0].created, made[0].completed)


def test_of_many_those_are_one_that_are_alike_between_two_edges(
    ran: Any, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "EACH_UP_TO", 3)
    for minute in range(3):
        ran(now + timedelta(minutes=minute))
    failed = ran(now + timedelta(minutes=4), status="failed", cause="job_failed")
    edge = [ran(now + HOUR + timedelta(minutes=minute)) for minute in range(2)]
    found, complete = gathered_runs(Gathered, user=admin, edges=[now, now + HOUR, now + 2 * HOUR], most_apart=2)
    assert complete
    assert [(one.times, one.status) for one in found][:2] == [(3, "completed"), (1, "failed")]
    assert (found[0].begin, found[0].completed) == (now, now + timedelta(minutes=2, seconds=3))
    assert [one.run_id for one in found[1:]] == [failed.pk, *(run.pk for run in edge)]


def test_what_has_not_ended_has_no_end_among_others(
    ran: Any, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "EACH_UP_TO", 1)
    for minute in range(2):
        ran(now + timedelta(minutes=minute), status="pending", started_at=None, completed=None)
    ((one,), _) = gathered_runs(Gathered, user=admin, edges=[now, now + HOUR], most_apart=1)
    assert (one.times, one.completed, one.begin) == (2, None, now)


def test_only_the_newest_are_looked_at(ran: Any, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "MOST_RUNS", 2)
    _, *newest = [ran(now + timedelta(minutes=minute)) for minute in range(3)]
    found, complete = gathered_runs(Gathered, user=admin, edges=[now, now + HOUR], most_apart=1)
    assert ([one.run_id for one in found], complete) == ([run.pk for run in newest], False)


def test_nobody_sees_runs_that_they_may_not_view(ran: Any, dave: User, now: datetime) -> None:
    ran(now)
    assert gathered_runs(Gathered, user=dave, edges=[now, now + HOUR], most_apart=1) == ([], True)
