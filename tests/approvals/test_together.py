"""Many requests are approved at once only where each is of low risk, tried exactly, and with source as approved."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.approvals.decide import approve
from foureyes.approvals.dry_run import dry_run_request
from foureyes.approvals.together import approve_many
from foureyes.models import ApprovalRequest, JobResult
from foureyes.users.models import User

Tried = Callable[[ApprovalRequest], ApprovalRequest]


@pytest.fixture
def tried(bob: User, now: datetime) -> Tried:
    """A dry run of exactly this that ended well."""

    def make(request: ApprovalRequest) -> ApprovalRequest:
        run = dry_run_request(request=request, by=bob, now=now)
        JobResult.objects.filter(pk=run.pk).update(status="completed", started_at=now, completed=now)
        return request

    return make


@pytest.fixture
def approved(ask: Any, bob: User, now: datetime) -> ApprovalRequest:
    """What others are compared with."""
    request: ApprovalRequest = ask()
    approve(request=request, by=bob, now=now)
    return request


def outcomes(requests: list[ApprovalRequest], *, by: User, now: datetime, **more: Any) -> list[tuple[bool, str]]:
    read = {"digests": {one.pk: one.digest for one in requests}, **more}
    return [(one.ok, one.message or one.code) for one in approve_many(requests=requests, by=by, **read, now=now)]


def test_low_ones_are_approved_each_on_its_own(
    approved: ApprovalRequest, ask: Any, tried: Tried, bob: User, now: datetime
) -> None:
    first, second = tried(ask()), tried(ask(site="rome"))
    assert outcomes([first, second], by=bob, now=now) == [(True, ""), (True, "")]
    assert set(ApprovalRequest.objects.values_list("state", flat=True)) == {"granted"}
    assert JobResult.objects.filter(purpose="run").count() == 3


def test_what_has_to_be_looked_at_is_left_with_the_reason(
    approved: ApprovalRequest, ask: Any, tried: Tried, change_source: Any, bob: User, now: datetime
) -> None:
    untried = ask()
    late = tried(ask(at=now - timedelta(hours=2), interval="future", start_time=now - timedelta(hours=1)))
    hidden = tried(ask(site="ro\u200bme"))
    assert outcomes([untried, late, hidden], by=bob, now=now) == [
        (False, "No dry run of exactly this ended well. Approve it on its own page."),
        (False, "Its time has passed, so somebody has to say what happens now. Approve it on its own page."),
        (False, "Its risk is high. Approve it on its own page."),
    ]
    change_source()
    changed = tried(ask())
    assert outcomes([changed], by=bob, now=now)[0][1].startswith("Its source is not what was approved last.")
    assert ApprovalRequest.objects.filter(state="granted").count() == 1


def test_the_first_request_of_a_job_is_never_one_of_many(ask: Any, tried: Tried, bob: User, now: datetime) -> None:
    assert outcomes([tried(ask())], by=bob, now=now)[0][1].startswith("Its source is not what was approved last.")


def test_the_same_people_are_refused_as_for_one(
    approved: ApprovalRequest, ask: Any, tried: Tried, alice: User, bob: User, dave: User, now: datetime
) -> None:
    mine, other = tried(ask(by=bob)), tried(ask())
    done = outcomes([mine, other], by=bob, now=now)
    assert done == [(False, "You cannot approve your own job request!"), (True, "")]
    assert outcomes([other], by=bob, now=now)[0][0] is False
    for person in (alice, dave):
        assert outcomes([tried(ask(site="oslo"))], by=person, now=now)[0][0] is False


def test_what_was_not_read_is_not_approved(
    approved: ApprovalRequest, ask: Any, tried: Tried, bob: User, now: datetime
) -> None:
    request = tried(ask())
    for digests in ({}, {request.pk: "0" * 64}):
        ((ok, message),) = outcomes([request], by=bob, now=now, digests=digests)
        assert (ok, message[:22]) == (False, "What you have read is ")
    assert ApprovalRequest.objects.get(pk=request.pk).state == "open"
