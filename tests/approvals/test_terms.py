"""How long a request waits for a decision: its requester may shorten that, and nobody can lengthen it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from foureyes.approvals.decide import approve
from foureyes.approvals.steps import expire, reopen_held
from foureyes.approvals.terms import AS_USUAL, Terms
from foureyes.conf import get_conf
from foureyes.errors import Conflict, Invalid
from foureyes.models import ApprovalRequest, Job
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import submit
from foureyes.users.models import User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Submit = Callable[..., ApprovalRequest]


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Sets after how many days the installation ends requests."""

    def set_days(days: int) -> None:
        monkeypatch.setenv("FOUREYES_REQUEST_LIFETIME_DAYS", str(days))
        get_conf.cache_clear()

    yield set_days
    monkeypatch.undo()
    get_conf.cache_clear()


@pytest.fixture
def put(team: None, purge: Job, alice: User, now: datetime) -> Submit:
    """Alice asks on these terms."""

    def request(terms: Terms = AS_USUAL, *, at: datetime = now, **plan: Any) -> ApprovalRequest:
        schedule = {"name": "purge", **plan} if plan else None
        wanted = {"data": {"site": "paris"}, "files": {}, "schedule": schedule, "reason": "It is full"}
        done = submit(job=purge, by=alice, terms=terms, now=at, **wanted)
        assert done.request is not None
        return done.request

    return request


def test_it_ends_at_the_earliest_of_all_limits(put: Submit, lasting: Callable[[int], None], now: datetime) -> None:
    within, until_start = Terms(decide_within_seconds=7200), Terms(decide_before_start=True)
    future = {"interval": "future", "start_time": now + HOUR}
    assert put().expires_at is None
    assert put(within).expires_at == now + 2 * HOUR
    assert put(until_start, **future).expires_at == now + HOUR
    assert put(Terms(decide_within_seconds=7200, decide_before_start=True), **future).expires_at == now + HOUR
    assert put(until_start, interval="custom", crontab="30 14 * * *").expires_at == now.replace(hour=14, minute=30)
    lasting(1)
    assert put().expires_at == now + DAY
    assert put(within).expires_at == now + 2 * HOUR
    assert put(until_start, interval="future", start_time=now + 9 * DAY).expires_at == now + DAY


@pytest.mark.parametrize("seconds", [0, -1, 59, 86_401, 2**40])
def test_a_length_that_is_none_or_longer_than_the_installations_is_refused(
    put: Submit, lasting: Callable[[int], None], seconds: int
) -> None:
    lasting(1)
    with pytest.raises(Invalid) as refusal:
        put(Terms(decide_within_seconds=seconds))
    assert refusal.value.fields == {
        "decide_within_seconds": [
            "Give a time from 60 to 86400 seconds, because this installation ends requests after 1 day, or none."
        ]
    }
    assert not ApprovalRequest.objects.exists()


def test_a_run_at_once_has_no_start_to_wait_for(put: Submit) -> None:
    with pytest.raises(Invalid) as refusal:
        put(Terms(decide_before_start=True))
    assert list(refusal.value.fields) == ["decide_before_start"]


def test_what_nobody_decided_in_time_expires_and_cannot_be_approved_although_nobody_noticed_yet(
    put: Submit, bob: User, now: datetime
) -> None:
    request = put(Terms(decide_within_seconds=3600))
    with pytest.raises(Conflict) as refusal:
        approve(request=request, by=bob, now=now + HOUR + timedelta(seconds=1))
    assert refusal.value.code == "request_expired"
    assert expire(now=now + HOUR) == 1
    request.refresh_from_db()
    assert request.state == "expired"


def test_another_request_in_its_place_keeps_the_terms(
    put: Submit, alice: User, change_source: Callable[..., None], now: datetime
) -> None:
    first = put(Terms(decide_within_seconds=7200), interval="future", start_time=now + DAY)
    change_source()
    assert reopen_held(now=now + HOUR) == 1
    by_system = ApprovalRequest.objects.get(state="open")
    assert (by_system.decide_within_seconds, by_system.expires_at) == (7200, first.expires_at)
    schedule = by_system.scheduled_job
    assert schedule is not None
    edit_schedule(schedule=schedule, changes={"inputs": {"site": "rome"}}, by=alice, now=now + HOUR)
    by_requester = ApprovalRequest.objects.get(state="open")
    assert (by_requester.decide_within_seconds, by_requester.expires_at) == (7200, now + 3 * HOUR)


def test_a_start_that_is_moved_moves_the_end(put: Submit, alice: User, now: datetime) -> None:
    request = put(Terms(decide_before_start=True), interval="future", start_time=now + HOUR)
    schedule = request.scheduled_job
    assert schedule is not None
    edit_schedule(schedule=schedule, changes={"start_time": now + DAY}, by=alice, now=now)
    assert ApprovalRequest.objects.get(state="open").expires_at == now + DAY


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": None}, {"decide_within_seconds": 9000}, {"decide_before_start": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_database_lets_nothing_wait_longer(put: Submit, changes: dict[str, Any]) -> None:
    put(Terms(decide_within_seconds=3600))
    with pytest.raises(DatabaseError, match="never waits longer"), transaction.atomic():
        ApprovalRequest.objects.update(**changes)
