"""Approve, deny and dry-run on their 1.x addresses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIClient

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import ApprovalRequest, Job, JobResult, RequestParty, ScheduledJob
from foureyes.submission.submit import submit
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget

HERE = datetime.now(UTC)  # the API reads the real clock
LIST = "/api/extras/scheduled-jobs/"
PAST_DUE = "The job's start time is in the past. If you want to force a run anyway, add the `force` query parameter."
ClientOf = Callable[..., APIClient]
Ask = Callable[..., ScheduledJob]


def allow(user: User, model: type[Any], *actions: str, **constraints: Any) -> None:
    row = ObjectPermission.objects.create(
        name=f"{model.__name__} of {user}", actions=list(actions), constraints=constraints or None
    )
    row.object_types.add(ContentType.objects.get_for_model(model))
    row.users.add(user)
    forget(user)


@pytest.fixture
def job(make_job: Callable[..., Job], now: datetime) -> Job:
    bundle = store(source=of_contents(module="sample", contents={"sample.py": b"x = 1\n"}), now=now)
    return make_job("Purge", bundle=bundle, approval_required=True, gated=True)


@pytest.fixture
def ask(job: Job, alice: User, bob: User) -> Ask:
    """Alice asks, and bob may approve and deny."""
    allow(alice, Job, "run")
    allow(alice, ScheduledJob, "view")
    allow(bob, Job, "run", "approve")
    allow(bob, ScheduledJob, "view", "change", "delete")

    def make(by: User = alice, at: datetime = HERE, **plan: Any) -> ScheduledJob:
        done = submit(job=job, by=by, data={}, files={}, schedule={"name": "purge", **plan} if plan else None, now=at)
        assert done.schedule is not None
        return done.schedule

    return make


@pytest.fixture
def overdue(ask: Ask) -> ScheduledJob:
    """Its single instant has passed without an approval."""
    return ask(at=HERE - timedelta(hours=2), interval="future", start_time=HERE - timedelta(hours=1))


def request_of(schedule: ScheduledJob) -> ApprovalRequest:
    return ApprovalRequest.objects.get(scheduled_job=schedule)


def at(schedule: ScheduledJob, action: str) -> str:
    return f"{LIST}{schedule.pk}/{action}/"


def test_approving_stamps_the_schedule_and_runs_what_is_for_now(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask()
    answer = client_of(bob).post(at(schedule, "approve"))
    assert answer.status_code == 200
    assert answer.json()["approved_by_user"]["username"] == "bob"
    assert answer.json()["approved_at"] is not None
    assert JobResult.objects.get(schedule=schedule).commit is True


def test_slash_at_the_end_may_be_left_out(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask()
    for action in ("dry-run", "approve", "deny"):
        assert client_of(bob).post(at(schedule, action).rstrip("/")).status_code == 200


def test_approving_again_changes_nothing(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask(interval="daily", start_time=HERE + timedelta(days=1))
    first = client_of(bob).post(at(schedule, "approve")).json()
    again = client_of(bob).post(at(schedule, "approve"))
    assert (again.status_code, again.json()) == (200, first)


def test_approving_what_needs_no_approval_stamps_nothing(api: APIClient, make_schedule: Any) -> None:
    answer = api.post(at(make_schedule("plain"), "approve"))
    assert (answer.status_code, answer.json()["approved_at"]) == (200, None)


def test_nobody_approves_what_they_asked_for(client_of: ClientOf, ask: Ask, bob: User) -> None:
    answer = client_of(bob).post(at(ask(by=bob), "approve"))
    assert (answer.status_code, answer.json()) == (403, "You cannot approve your own job request!")


def test_administrators_do_not_either(api: APIClient, ask: Ask, admin: User) -> None:
    answer = api.post(at(ask(by=admin), "approve"))
    assert (answer.status_code, answer.json()) == (403, "You cannot approve your own job request!")


def test_right_on_the_schedule_alone_is_not_enough(client_of: ClientOf, ask: Ask, carol: User) -> None:
    allow(carol, ScheduledJob, "view", "change", "delete")
    allow(carol, Job, "approve", name="Other")
    schedule = ask()
    for action in ("approve", "deny"):
        answer = client_of(carol).post(at(schedule, action))
        sentence = f"You do not have permission to {action} this request."
        assert (answer.status_code, answer.json()) == (403, {"detail": sentence})


@pytest.mark.parametrize("action", ["approve", "deny", "dry-run"])
def test_request_out_of_sight_is_not_found(client_of: ClientOf, ask: Ask, carol: User, action: str) -> None:
    allow(carol, Job, "run", "approve")
    allow(carol, ScheduledJob, "view", "change", "delete", name="another")
    assert client_of(carol).post(at(ask(), action)).status_code == 404


@pytest.mark.parametrize("query", ["", "?force=", "?force=false", "?force=0", "?force=No"])
def test_past_start_is_refused_unless_forced(client_of: ClientOf, overdue: Any, bob: User, query: str) -> None:
    answer = client_of(bob).post(at(overdue, "approve") + query, {"force": True})
    assert (answer.status_code, answer.json()) == (400, PAST_DUE)


@pytest.mark.parametrize("query", ["?force=true", "?force=1", "?force=x"])
def test_forced_past_start_runs_at_once(client_of: ClientOf, overdue: Any, bob: User, query: str) -> None:
    assert client_of(bob).post(at(overdue, "approve") + query).status_code == 200
    assert JobResult.objects.filter(schedule=overdue).exists()


def test_denied_request_is_gone_for_1_x_and_kept_as_history(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask()
    answer = client_of(bob).post(at(schedule, "deny"))
    assert (answer.status_code, answer.content, answer.get("Content-Type")) == (200, b"", None)
    assert client_of(bob).get(f"{LIST}{schedule.pk}/").status_code == 404
    assert client_of(bob).post(at(schedule, "deny")).status_code == 404
    assert request_of(schedule).state == "denied"


def test_own_request_is_withdrawn_by_a_denial(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask(by=bob)
    assert client_of(bob).post(at(schedule, "deny")).status_code == 200
    assert request_of(schedule).state == "withdrawn"


def test_approved_schedule_is_revoked_by_a_denial(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask(interval="daily", start_time=HERE + timedelta(days=1))
    client_of(bob).post(at(schedule, "approve"))
    assert client_of(bob).post(at(schedule, "deny")).status_code == 200
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "cancelled"


def test_dry_run_is_of_the_caller_with_commit_off(client_of: ClientOf, ask: Ask, bob: User) -> None:
    answer = client_of(bob).post(at(ask(), "dry-run"))
    body = answer.json()
    assert (answer.status_code, body["status"]["value"], body["user"]["username"]) == (200, "pending", "bob")
    assert (body["job_kwargs"]["commit"], body["schedule"], body["computed_fields"]) == (False, None, {})


def test_dry_run_of_what_cannot_run_is_a_405(client_of: ClientOf, ask: Ask, job: Job, bob: User) -> None:
    schedule = ask()
    Job.objects.filter(pk=job.pk).update(enabled=False)
    answer = client_of(bob).post(at(schedule, "dry-run"))
    sentence = 'Method "This job cannot be dry-run at this time." not allowed.'
    assert (answer.status_code, answer.json()) == (405, {"detail": sentence})


def test_dry_run_needs_the_right_to_run_the_job(client_of: ClientOf, ask: Ask, dave: User) -> None:
    allow(dave, ScheduledJob, "view")
    answer = client_of(dave).post(at(ask(), "dry-run"))
    assert (answer.status_code, answer.json()["detail"]) == (403, "You do not have permission to run this job.")


def test_source_that_nobody_approved_is_tried_by_approvers_only(client_of: ClientOf, ask: Ask, alice: User) -> None:
    assert client_of(alice).post(at(ask(), "dry-run")).status_code == 403


def test_decision_keeps_where_it_came_from(client_of: ClientOf, ask: Ask, bob: User) -> None:
    schedule = ask()
    client = client_of(bob)
    client.post(at(schedule, "approve"), headers={"User-Agent": "curl/8"})
    decision = request_of(schedule).parties.get(part=RequestParty.Part.DECIDER)
    hint = bob.tokens.get().hint
    assert (decision.token_hint, decision.address, decision.client) == (hint, "127.0.0.1", "curl/8")


@pytest.mark.parametrize("action", ["approve", "deny"])
def test_token_that_may_not_decide_does_not(client_of: ClientOf, ask: Ask, bob: User, action: str) -> None:
    answer = client_of(bob, may_decide=False).post(at(ask(), action))
    assert (answer.status_code, answer.json()) == (403, {"detail": "This token may not be used for decisions."})
