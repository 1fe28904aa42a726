"""Whose request waits for whom, in which order, and who may decide."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from foureyes.approvals.decide import approve
from foureyes.approvals.lateness import are_late, late_since
from foureyes.approvals.policy import refusal_to_decide, who_may_decide
from foureyes.approvals.queries import (
    asked_by,
    deciders_of_runs,
    in_queue_order,
    visible_requests,
    waiting_for,
    waiting_in_short,
)
from foureyes.models import ApprovalRequest, Job, RequestParty, ScheduledJob
from foureyes.submission.edit import edit_schedule
from foureyes.users.models import User

HOUR = timedelta(hours=1)
APPROVE = RequestParty.Verdict.APPROVE


def test_request_waits_for_those_who_may_approve_it(ask: Any, alice: User, bob: User, carol: User, dave: User) -> None:
    request, own = ask(), ask(by=bob)
    assert set(waiting_for(carol)) == {request, own}
    assert set(waiting_for(bob)) == {request}
    assert not waiting_for(alice).exists()
    assert not waiting_for(dave).exists()


def test_open_requests_are_found_by_their_index(admin: User) -> None:
    """Every page asks for their number; otherwise it goes through all that were ever decided."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        statement, values = waiting_for(admin).order_by().values("pk").query.sql_with_params()
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {statement}", values)
        assert re.search("approval_request_(one_)?open", str(cursor.fetchall()))  # each of them has open ones alone


def test_same_answer_as_the_decision(
    ask: Any, allow: Any, alice: User, bob: User, carol: User, dave: User, admin: User, now: datetime
) -> None:
    """P93: the queue, the reverse question and the handler ask one predicate."""
    requests = [ask(), ask(by=bob), ask(by=admin)]
    edit_schedule(schedule=requests[0].scheduled_job, changes={"name": "x"}, by=carol, now=now)
    allow(dave, Job, "approve")
    for action in ("view", "change"):
        allow(dave, ScheduledJob, action, name="x")
    for request in requests:
        fresh = ApprovalRequest.objects.get(pk=request.pk)
        for person in (alice, bob, carol, dave, admin):
            allowed = refusal_to_decide(request=fresh, by=person, verdict=APPROVE) is None
            assert waiting_for(person).filter(pk=request.pk).exists() == allowed
            assert who_may_decide(fresh).filter(pk=person.pk).exists() == allowed


def test_nothing_waits_whose_page_would_not_be_found(ask: Any, allow: Any, dave: User) -> None:
    """The badge counts what the list shows and what opens."""
    request = ask()
    allow(dave, Job, "approve")
    allow(dave, ScheduledJob, "change")
    assert not waiting_for(dave).exists()
    assert not visible_requests(dave).exists()
    allow(dave, ScheduledJob, "view")
    assert list(waiting_for(dave)) == list(visible_requests(dave)) == [request]


def test_requests_of_one_job_keep_their_own_inputs(ask: Any, bob: User, now: datetime) -> None:
    """P71."""
    ask(site="paris"), ask(site="rome")
    shown = in_queue_order(waiting_for(bob), now=now)
    assert [request.snapshot["content"]["inputs"]["site"] for request in shown] == ["paris", "rome"]


def test_run_tells_who_approved_it(ask: Any, bob: User, now: datetime) -> None:
    """P83."""
    run = approve(request=ask(), by=bob, now=now).job_result
    assert run is not None
    assert deciders_of_runs([run]) == {run.pk: "bob"}


def test_decided_request_waits_for_nobody(ask: Any, bob: User, carol: User, now: datetime) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    assert not waiting_for(carol).exists()
    assert list(visible_requests(carol)) == [request]


def test_own_requests_are_seen_without_any_right(ask: Any, alice: User, dave: User) -> None:
    request = ask()
    alice.object_permissions.all().delete()
    assert list(asked_by(alice)) == list(visible_requests(alice)) == [request]
    assert not visible_requests(dave).exists()


def test_inactive_person_has_no_queue(ask: Any, admin: User) -> None:
    ask()
    admin.is_active = False
    assert not waiting_for(admin).exists()


def test_past_due_comes_first_then_the_next_start_then_the_oldest(ask: Any, bob: User, now: datetime) -> None:
    later = ask(interval="future", start_time=now + 9 * HOUR)
    daily = ask(interval="daily", start_time=now + 5 * HOUR)
    immediate = ask()
    past = ask(interval="future", start_time=now + HOUR)
    also = ask(interval="future", start_time=now + 9 * HOUR, at=now + HOUR / 2)
    ordered = list(in_queue_order(waiting_for(bob), now=now + 2 * HOUR))
    assert ordered == [past, immediate, daily, later, also]


def test_what_repeats_is_past_due_before_what_is_asked_for_now(ask: Any, bob: User, now: datetime) -> None:
    immediate = ask()
    daily = ask(interval="daily", start_time=now + HOUR, name="made up for")
    skipping = ask(interval="daily", start_time=now + HOUR, name="left out", misfire="skip")
    told = waiting_in_short(bob, now=now + HOUR, first=3)
    assert (told.past_due, told.first) == (1, [daily, immediate, skipping])


def test_what_ends_before_it_would_run_comes_as_early_as_it_ends(ask: Any, bob: User, now: datetime) -> None:
    sooner = ask(interval="future", start_time=now + 3 * HOUR)
    ending = ask(interval="future", start_time=now + 9 * HOUR)
    ApprovalRequest.objects.filter(pk=ending.pk).update(expires_at=now + HOUR)
    assert list(in_queue_order(waiting_for(bob), now=now)) == [ending, sooner]


@pytest.mark.parametrize("interval", ["immediately", "future", "hourly"])
@pytest.mark.parametrize("misfire", ["latest", "skip"])
@pytest.mark.parametrize("hours", [1, 2, 3])
def test_the_query_knows_what_is_late_as_the_review_does(
    ask: Any, bob: User, now: datetime, interval: str, misfire: str, hours: int
) -> None:
    start = {} if interval == "immediately" else {"start_time": now + 2 * HOUR}
    request, then = ask(interval=interval, misfire=misfire, **start), now + hours * HOUR
    assert waiting_for(bob).filter(are_late(now=then)).exists() == (late_since(request, now=then) is not None)


def test_queue_costs_one_query(ask: Any, bob: User, now: datetime, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        ask()
    list(waiting_for(bob))
    with django_assert_num_queries(1):
        rows = [(row.job, row.scheduled_job, row.number) for row in in_queue_order(waiting_for(bob), now=now)]
    assert len(rows) == 5


@pytest.mark.parametrize("who", ["admin", "alice", "dave"])
def test_nobody_may_decide_what_is_gone(ask: Any, request: Any, who: str, purge: Job) -> None:
    asked = ask()
    purge.delete()
    asked.refresh_from_db()
    person = request.getfixturevalue(who)
    assert not who_may_decide(asked).exists()
    assert not waiting_for(person).exists()
    assert refusal_to_decide(request=asked, by=person, verdict=APPROVE) is not None


def test_what_waits_is_told_in_short(ask: Any, alice: User, carol: User, now: datetime) -> None:
    soon, late, later = (ask(start_time=now + part * HOUR, interval="future", name=str(part)) for part in (2, 1, 3))
    told = waiting_in_short(carol, now=now + HOUR + HOUR / 2, first=2)
    assert (told.count, told.past_due, told.next_start) == (3, 1, soon.scheduled_job.start_time)
    assert told.first == [late, soon]
    assert later not in told.first
    nothing = waiting_in_short(alice, now=now, first=2)
    assert (nothing.count, nothing.past_due, nothing.next_start, nothing.first) == (0, 0, None, [])
