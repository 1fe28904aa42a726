"""Approving, denying and withdrawing: what follows, and every refusal."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from foureyes.approvals.decide import (
    Origin,
    approve,
    approve_from_next,
    deny,
    deny_many,
    has_passed_instants,
    refusal_to_approve,
    withdraw,
)
from foureyes.approvals.request import open_request
from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal
from foureyes.models import ApprovalRequest, Event, Grant, Job, JobResult, Occurrence, RequestParty, ScheduledJob
from foureyes.schedules.fire import fire_due
from foureyes.submission.edit import edit_schedule, take_over_schedule
from foureyes.users.models import User
from foureyes.users.permissions import forget

HOUR = timedelta(hours=1)


def carrier(request: ApprovalRequest) -> ScheduledJob:
    return ScheduledJob.objects.get(pk=request.scheduled_job_id)


def refused(**asked: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        approve(**asked)
    return refusal.value


class TestFromTheNextInstant:
    """Of what repeats: an approval that comes late starts nothing at once."""

    def test_passed_instants_are_skipped_and_nothing_runs(
        self, daily: ApprovalRequest, bob: User, now: datetime
    ) -> None:
        late = now + 50 * HOUR
        assert has_passed_instants(carrier(daily), late)
        approve_from_next(request=daily, by=bob, reason="tomorrow is enough", now=late)
        schedule = carrier(daily)
        assert (schedule.state, schedule.next_run_at) == ("active", now + 73 * HOUR)
        assert fire_due(now=late).fired == 0
        lines = Occurrence.objects.order_by("planned_at").values_list("planned_at", "fate", "reason")
        assert list(lines) == [(now + hours * HOUR, "skipped", "skipped by bob") for hours in (1, 25, 49)]
        assert fire_due(now=now + 73 * HOUR).fired == 1

    def test_held_instant_is_skipped_too(
        self, daily: ApprovalRequest, alice: User, bob: User, purge: Job, change_source: Any, now: datetime
    ) -> None:
        approve(request=daily, by=bob, now=now)
        change_source()
        fire_due(now=now + HOUR)
        assert Occurrence.objects.get().fate == "held"
        request = open_request(schedule=carrier(daily), by=alice, now=now + HOUR)
        approve_from_next(request=request, by=bob, now=now + 2 * HOUR)
        assert (Occurrence.objects.get().fate, JobResult.objects.count()) == ("skipped", 0)
        assert carrier(daily).state == "active"

    def test_is_refused_where_nothing_follows(self, future: ApprovalRequest, bob: User, now: datetime) -> None:
        with pytest.raises(Conflict) as refused:
            approve_from_next(request=future, by=bob, now=now + 2 * HOUR)
        assert refused.value.code == "nothing_after"
        future.refresh_from_db()
        assert (future.state, carrier(future).state) == ("open", "pending")


def test_deny_refuses_an_empty_reason(daily: ApprovalRequest, bob: User, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        deny(request=daily, by=bob, reason=" ", now=now)
    assert (refused.value.code, list(refused.value.fields)) == ("no_reason", ["reason"])
    daily.refresh_from_db()
    assert daily.state == "open"


def test_approved_wish_for_now_runs_at_once(ask: Any, bob: User, alice: User, now: datetime) -> None:
    request = ask()
    done = approve(request=request, by=bob, digest=request.digest, reason="fine", now=now + HOUR)
    run = JobResult.objects.get()
    assert done.job_result == run
    assert (run.user, run.gated, run.grant, run.schedule, run.status) == (
        alice,
        True,
        done.grant,
        carrier(request),
        "pending",
    )
    schedule = carrier(request)
    assert (schedule.state, schedule.total_run_count, schedule.last_run_at) == ("finished", 1, now + HOUR)
    assert (schedule.approved_by_user, schedule.approved_at) == (bob, now + HOUR)
    assert Occurrence.objects.get().job_result == run
    assert Grant.objects.get().uses_left == 0


def test_answer_shows_the_schedule_before_its_run_was_counted(ask: Any, bob: User, now: datetime) -> None:
    shown = approve(request=ask(), by=bob, now=now).schedule
    assert shown is not None
    assert (shown.total_run_count, shown.approved_by_user, shown.approved_at) == (0, bob, now)


def test_approved_series_runs_at_each_of_its_instants(daily: Any, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    assert carrier(daily).state == "active"
    for day in range(3):
        assert fire_due(now=now + HOUR + timedelta(days=day)).fired == 1
    grant = Grant.objects.get()
    assert [run.grant for run in JobResult.objects.all()] == [grant] * 3
    assert (grant.scope, grant.uses_left, grant.expires_at) == ("series", None, None)


def test_single_instant_runs_once_under_its_grant(future: Any, bob: User, now: datetime) -> None:
    approve(request=future, by=bob, now=now)
    assert fire_due(now=now + HOUR).fired == 1
    assert Grant.objects.get().uses_left == 0
    assert carrier(future).state == "finished"


def test_nothing_fires_before_the_approval(daily: Any, now: datetime) -> None:
    assert fire_due(now=now + timedelta(days=3)).fired == 0
    assert not JobResult.objects.exists()


def test_late_approval_of_a_series_catches_up_once(daily: Any, bob: User, now: datetime) -> None:
    late = now + HOUR + timedelta(days=3, minutes=5)
    approve(request=daily, by=bob, now=late)
    assert fire_due(now=late).fired == 1
    assert JobResult.objects.count() == 1


def test_decision_tells_who_by_which_way_and_why(ask: Any, bob: User, now: datetime) -> None:
    request = ask()
    origin = Origin(token_hint="abcdef", address="192.0.2.1", client="curl")
    approve(request=request, by=bob, reason=" seen ", digest=request.digest, origin=origin, now=now)
    party = RequestParty.objects.get(part="decider")
    assert (party.person_id, party.person_name, party.verdict, party.reason) == (bob.pk, "bob", "approve", "seen")
    assert (party.token_hint, party.address, party.client, party.digest) == (
        "abcdef",
        "192.0.2.1",
        "curl",
        request.digest,
    )
    told = Event.objects.get(kind="approval.granted")
    assert (told.actor_id, told.data["number"], told.data["address"]) == (bob.pk, request.number, "192.0.2.1")


def test_token_that_may_not_decide_does_not(ask: Any, bob: User, now: datetime) -> None:
    assert refused(request=ask(), by=bob, origin=Origin(may_decide=False), now=now).code == "token_may_not_decide"


def test_nobody_approves_the_own_request(ask: Any, allow: Any, alice: User, now: datetime) -> None:
    allow(alice, Job, "approve")
    refusal = refused(request=ask(), by=alice, now=now)
    assert (refusal.code, refusal.message) == ("own_request", "You cannot approve your own job request!")
    assert not JobResult.objects.exists()


def test_administrators_are_no_exception(ask: Any, admin: User, now: datetime) -> None:
    assert refused(request=ask(by=admin), by=admin, now=now).code == "own_request"


def test_editor_does_not_approve_not_even_an_administrator(daily: Any, admin: User, bob: User, now: datetime) -> None:
    changed = edit_schedule(schedule=carrier(daily), changes={"inputs": {"site": "rome"}}, by=admin, now=now)
    assert changed.request is not None
    assert refused(request=changed.request, by=admin, now=now).code == "own_request"
    with pytest.raises(NotAllowed, match="You edited what is asked for, so somebody else has to deny it"):
        deny(request=changed.request, by=admin, now=now)
    approve(request=changed.request, by=bob, now=now)


def test_first_editor_does_not_approve_after_another_edit(
    daily: Any, alice: User, bob: User, carol: User, now: datetime
) -> None:
    """G10: bob edits the inputs, alice edits after him; bob has shaped it all the same."""
    edit_schedule(schedule=carrier(daily), changes={"inputs": {"site": "rome"}}, by=bob, now=now)
    last = edit_schedule(schedule=carrier(daily), changes={"commit": False}, by=alice, now=now).request
    assert last is not None
    assert refused(request=last, by=bob, now=now).code == "own_request"
    approve(request=last, by=carol, now=now)


def test_editor_of_the_name_contributes_too(daily: Any, bob: User, carol: User, now: datetime) -> None:
    same = edit_schedule(schedule=carrier(daily), changes={"name": "harmless"}, by=bob, now=now).request
    assert same == daily
    assert refused(request=daily, by=bob, now=now).code == "own_request"
    approve(request=daily, by=carol, now=now)


def test_editors_before_the_last_grant_may_decide_again(
    daily: Any, alice: User, bob: User, carol: User, now: datetime
) -> None:
    edited = edit_schedule(schedule=carrier(daily), changes={"commit": False}, by=bob, now=now).request
    assert edited is not None
    approve(request=edited, by=carol, now=now + HOUR / 2)
    later = now + HOUR * 3 / 4
    again = edit_schedule(schedule=carrier(daily), changes={"commit": True}, by=alice, now=later).request
    assert again is not None
    approve(request=again, by=bob, now=later)


def test_taking_over_makes_a_requester_and_voids_the_grant(
    daily: Any, alice: User, bob: User, carol: User, now: datetime
) -> None:
    """G19."""
    approve(request=daily, by=carol, now=now)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    taken = take_over_schedule(schedule=carrier(daily), by=bob, now=now)
    assert taken.request is not None
    assert (taken.schedule.state, taken.schedule.user, taken.schedule.approved_at) == ("pending", bob, None)
    assert refused(request=taken.request, by=bob, now=now).code == "own_request"
    assert Grant.objects.get().voided_at == now
    assert fire_due(now=now + timedelta(days=2)).fired == 0
    approve(request=taken.request, by=carol, now=now)


@pytest.mark.parametrize(
    ("on_jobs", "on_schedules", "code"),
    [
        (("approve",), ("view",), "may_not_change"),
        (("run",), ("change",), "may_not_approve"),
        ((), (), "may_not_change"),
    ],
)
def test_who_lacks_a_right_does_not_approve(
    ask: Any, allow: Any, dave: User, now: datetime, on_jobs: Any, on_schedules: Any, code: str
) -> None:
    allow(dave, Job, *on_jobs)
    allow(dave, ScheduledJob, *on_schedules)
    assert refused(request=ask(), by=dave, now=now).code == code


def test_rights_are_those_on_that_job_and_that_schedule(ask: Any, allow: Any, dave: User, now: datetime) -> None:
    allow(dave, Job, "approve", name="Other")
    allow(dave, ScheduledJob, "change")
    request = ask()
    assert refused(request=request, by=dave, now=now).code == "may_not_approve"
    allow(dave, Job, "approve", name="Purge")
    forget(dave)
    approve(request=request, by=dave, now=now)


def test_inactive_person_decides_nothing(ask: Any, bob: User, now: datetime) -> None:
    bob.is_active = False
    assert refused(request=ask(), by=bob, now=now).code == "user_inactive"


def test_other_digest_than_the_one_read_is_a_conflict(ask: Any, bob: User, now: datetime) -> None:
    """G11."""
    assert refused(request=ask(), by=bob, digest="0" * 64, now=now).code == "digest_differs"


def test_second_decider_learns_who_decided_and_when(ask: Any, bob: User, carol: User, now: datetime) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    refusal = refused(request=request, by=carol, now=now)
    assert isinstance(refusal, Conflict)
    assert refusal.message == f"Request {request.number} was approved by bob at 2026-11-23 12:00:00 UTC."
    with pytest.raises(Conflict, match="approved by bob"):
        deny(request=request, by=carol, now=now)
    assert JobResult.objects.count() == 1


def test_past_instant_needs_force_and_runs_then(future: Any, bob: User, now: datetime) -> None:
    late = now + 2 * HOUR
    refusal = refused(request=future, by=bob, now=late)
    assert (refusal.code, refusal.message[:40]) == ("past_due", "The job's start time is in the past. If ")
    assert carrier(future).state == "pending"
    approve(request=future, by=bob, force=True, now=late)
    assert JobResult.objects.count() == 1
    assert (carrier(future).state, carrier(future).last_run_at) == ("finished", late)
    assert fire_due(now=late + HOUR).fired == 0


def test_wish_for_now_is_never_past_due(ask: Any, bob: User, now: datetime) -> None:
    assert approve(request=ask(), by=bob, now=now + timedelta(days=3)).job_result


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"enabled": False}, "job_not_enabled"),
        ({"installed": False}, "job_not_installed"),
        ({"import_error": "SyntaxError"}, "job_not_loadable"),
        ({"has_sensitive_variables": True}, "job_sensitive"),
    ],
)
def test_what_cannot_run_is_not_approved(
    ask: Any, purge: Job, bob: User, now: datetime, columns: Any, code: str
) -> None:
    request = ask()
    Job.objects.filter(pk=purge.pk).update(**columns)
    assert refused(request=request, by=bob, now=now).code == code
    assert ApprovalRequest.objects.get().state == "open"


def test_reason_that_nobody_would_read_is_refused(ask: Any, bob: User, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        deny(request=ask(), by=bob, reason="a" * 10_001, now=now)
    assert refused.value.code == "long_reason"


def test_lines_of_a_reason_are_kept_as_lines_however_a_browser_sends_them(ask: Any, bob: User, now: datetime) -> None:
    deny(request=ask(), by=bob, reason=" Not now.\r\nNext week.\r\n", now=now)
    assert RequestParty.objects.get(part="decider").reason == "Not now.\nNext week."


def test_changed_source_is_not_approved_unseen(ask: Any, change_source: Any, bob: User, now: datetime) -> None:
    request = ask()
    change_source()
    assert refused(request=request, by=bob, now=now).code == "request_outdated"
    assert not JobResult.objects.exists()


def test_request_of_a_deleted_job_is_not_approved(ask: Any, purge: Job, bob: User, now: datetime) -> None:
    request = ask()
    purge.delete()
    request.refresh_from_db()
    assert refused(request=request, by=bob, now=now).code == "request_orphaned"


def test_requester_who_may_not_run_it_any_more_gets_no_run(ask: Any, alice: User, bob: User, now: datetime) -> None:
    request = ask()
    alice.object_permissions.all().delete()
    assert refused(request=request, by=bob, now=now).code == "cannot_run"
    assert (ApprovalRequest.objects.get().state, JobResult.objects.count(), Grant.objects.count()) == ("open", 0, 0)


def test_denied_request_stays_as_history(daily: Any, bob: User, now: datetime) -> None:
    deny(request=daily, by=bob, reason="too risky", now=now)
    daily.refresh_from_db()
    assert (daily.state, daily.decided_at) == ("denied", now)
    assert (carrier(daily).state, carrier(daily).next_run_at) == ("denied", None)
    assert RequestParty.objects.get(part="decider").reason == "too risky"
    assert list(Event.objects.filter(kind__endswith="denied").values_list("kind", flat=True).order_by("kind")) == [
        "approval.denied",
        "schedule.denied",
    ]
    assert fire_due(now=now + timedelta(days=3)).fired == 0


def test_denial_needs_the_right_to_delete_the_schedule(ask: Any, allow: Any, dave: User, now: datetime) -> None:
    allow(dave, Job, "approve")
    allow(dave, ScheduledJob, "change", "view")
    with pytest.raises(NotAllowed) as refusal:
        deny(request=ask(), by=dave, now=now)
    assert refusal.value.code == "may_not_delete"


def test_contributor_withdraws_and_does_not_deny(ask: Any, admin: User, now: datetime) -> None:
    request = ask(by=admin)
    with pytest.raises(NotAllowed, match="withdraw it"):
        deny(request=request, by=admin, now=now)
    withdraw(request=request, by=admin, now=now)
    request.refresh_from_db()
    assert (request.state, carrier(request).state) == ("withdrawn", "withdrawn")


def test_only_who_asked_withdraws(ask: Any, bob: User, alice: User, now: datetime) -> None:
    request = ask()
    with pytest.raises(NotAllowed):
        withdraw(request=request, by=bob, now=now)
    withdraw(request=request, by=alice, now=now)
    assert refused(request=request, by=bob, now=now).code == "already_decided"


def test_decided_request_is_not_withdrawn(ask: Any, bob: User, alice: User, now: datetime) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    with pytest.raises(Conflict, match="approved by bob"):
        withdraw(request=request, by=alice, now=now)


def test_many_are_denied_each_on_its_own(ask: Any, bob: User, now: datetime) -> None:
    first, own, last = ask(), ask(by=bob), ask(site="rome")
    outcomes = deny_many(requests=[first, own, last], by=bob, reason="freeze", now=now)
    assert [(one.ok, one.code) for one in outcomes] == [(True, ""), (False, "own_request"), (True, "")]
    assert set(ApprovalRequest.objects.values_list("state", flat=True)) == {"denied", "open"}


def test_requests_are_numbered_one_after_another(ask: Any) -> None:
    assert [ask().number for _ in range(3)] == [1, 2, 3]


def test_approval_rolls_back_as_a_whole_if_its_run_is_refused(ask: Any, purge: Job, bob: User, now: datetime) -> None:
    request = ask()
    Job.objects.filter(pk=purge.pk).update(task_queues=["other"])
    with pytest.raises(Refusal), transaction.atomic():
        approve(request=request, by=bob, now=now)
    assert not RequestParty.objects.filter(part="decider").exists()


def test_expired_series_grant_holds(daily: Any, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    Grant.objects.update(expires_at=now + timedelta(days=1))
    assert fire_due(now=now + HOUR).fired == 1
    assert fire_due(now=now + HOUR + timedelta(days=1)).fired == 0
    held = Occurrence.objects.get(fate="held")
    assert held.reason.startswith("The approval ended at 2026-11-24 12:00")


def test_wrong_use_of_force_is_only_for_past_instants(future: Any, bob: User, now: datetime) -> None:
    done = approve(request=future, by=bob, force=True, now=now)
    assert done.job_result is None
    assert carrier(future).state == "active"


def test_invalid_is_the_kind_of_past_due(future: Any, bob: User, now: datetime) -> None:
    assert isinstance(refused(request=future, by=bob, now=now + 2 * HOUR), Invalid)


def test_what_could_not_run_is_not_approved(future: Any, alice: User, bob: User, now: datetime) -> None:
    assert refusal_to_approve(request=future, by=bob) is None
    User.objects.filter(pk=alice.pk).update(is_active=False)
    request = ApprovalRequest.objects.get(pk=future.pk)
    refusal = refusal_to_approve(request=request, by=bob)
    assert refusal is not None
    assert refusal.message == "Its requester alice is inactive."
    with pytest.raises(Conflict, match=refusal.message):
        approve(request=request, by=bob, now=now)
