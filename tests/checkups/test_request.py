from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.checkups.conftest import levels

from foureyes.approvals.decide import approve, deny
from foureyes.approvals.restored import void_unused
from foureyes.approvals.steps import reopen_held
from foureyes.checkups.request import look_at_request
from foureyes.models import ApprovalRequest, Job
from foureyes.users.models import User

HOUR = timedelta(hours=1)


def look(request: ApprovalRequest, by: User, at: datetime) -> dict[str, str]:
    return levels(look_at_request(request=ApprovalRequest.objects.get(pk=request.pk), by=by, now=at))


def test_an_open_request_tells_who_can_decide_it(
    future: ApprovalRequest, alice: User, bob: User, now: datetime
) -> None:
    assert look(future, bob, now) == {"open": "error", "deciders": "ok", "may_decide": "ok"}
    assert look(future, alice, now)["may_not_approve"] == "warning"
    [deciders] = [one.text for one in look_at_request(request=future, by=bob, now=now) if one.code == "deciders"]
    assert deciders == "It can be approved by bob, carol."


def test_what_keeps_it_from_being_approved_is_told(
    future: ApprovalRequest, bob: User, now: datetime, change_source: Callable[..., None]
) -> None:
    assert look(future, bob, now + 2 * HOUR)["past_due"] == "warning"
    change_source()
    assert look(future, bob, now)["request_outdated"] == "error"
    User.objects.filter(username__in=("bob", "carol")).update(is_active=False)
    assert look(future, bob, now)["no_decider"] == "error"
    Job.objects.update(enabled=False)
    assert look(future, bob, now)["job_not_enabled"] == "error"


def test_an_approved_request_tells_about_its_grant_and_its_schedule(
    future: ApprovalRequest, ask: Callable[..., ApprovalRequest], processes: Any, bob: User, now: datetime
) -> None:
    processes()
    approve(request=future, by=bob, now=now)
    assert look(future, bob, now) == {"granted": "ok", "active": "ok", "may_run": "ok"}
    at_once = ask(site="oslo")
    approve(request=at_once, by=bob, now=now)
    assert look(at_once, bob, now) == {"ran": "ok"}

    void_unused(reason="restored", now=now)
    reopen_held(now=now)
    assert look(future, bob, now) == {"grant_void": "error", "replaced": "warning"}


def test_a_denied_request_tells_who_denied_it(future: ApprovalRequest, bob: User, now: datetime) -> None:
    deny(request=future, by=bob, reason="no", now=now)
    request = ApprovalRequest.objects.get(pk=future.pk)
    [only] = look_at_request(request=request, by=bob, now=now)
    assert (only.level, "was denied by bob" in only.text) == ("error", True)
