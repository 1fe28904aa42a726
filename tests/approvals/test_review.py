"""What an approver is told to look at, and that good news is told too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foureyes.approvals.decide import approve
from foureyes.approvals.dry_run import dry_run_request
from foureyes.approvals.queries import dry_runs_of
from foureyes.approvals.review import Point, review_points, risk, risks
from foureyes.models import ApprovalRequest, Job, JobResult
from foureyes.people.users import edit_user
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import dry_run
from foureyes.users.models import User

HOUR = timedelta(hours=1)
OVERRIDE = "\u202e"
End = Callable[[str], None]


def points(request: ApprovalRequest, now: datetime, by: User | None = None) -> dict[str, Point]:
    request = ApprovalRequest.objects.get(pk=request.pk)
    return {point.code: point for point in review_points(request, by=by, now=now)}


@pytest.fixture
def end_runs(now: datetime) -> End:
    """All runs end."""

    def end(status: str) -> None:
        JobResult.objects.update(status=status, completed=now)

    return end


@pytest.fixture
def granted(daily: ApprovalRequest, bob: User, now: datetime) -> ApprovalRequest:
    approve(request=daily, by=bob, now=now)
    return daily


@pytest.fixture
def changed(granted: ApprovalRequest, alice: User, now: datetime) -> Callable[..., ApprovalRequest]:
    """The request that follows a change of the approved schedule."""

    def change(**changes: Any) -> ApprovalRequest:
        edited = edit_schedule(schedule=granted.scheduled_job, changes=changes, by=alice, now=now)
        assert edited.request is not None
        return edited.request

    return change


def test_first_request_is_all_new(ask: Any, now: datetime) -> None:
    found = points(ask(), now)
    assert list(found) == ["first_run", "dry_run_missing", "first_use"]
    assert found["first_run"].severity == "warning"
    assert found["first_run"].key == "No run of this job has been approved before:"
    assert found["first_run"].text == "No run of this job has been approved before: all of it is new."


def test_number_of_changed_inputs_is_told(changed: Any, granted: Any, now: datetime) -> None:
    found = points(changed(inputs={"site": "rome"}), now)
    assert found["inputs_changed"].text == f"The only input differs from request {granted.number}: Site."
    assert (found["inputs_changed"].section, found["source_same"].severity) == ("inputs", "good")


def test_good_news_comes_last(changed: Any, now: datetime) -> None:
    found = list(points(changed(max_runs=3), now).values())
    assert [point.severity for point in found[-2:]] == ["good", "good"]
    assert {point.code for point in found[-2:]} == {"inputs_same", "source_same"}
    assert "settings_changed" in {point.code for point in found}


def test_other_source_is_pointed_out(granted: Any, ask: Any, change_source: Any, now: datetime) -> None:
    change_source()
    assert points(ask(), now)["source_changed"].section == "source"
    assert "first_use" not in points(ask(), now)


@pytest.mark.parametrize(("status", "code"), [("completed", "dry_run_matching"), ("failed", "dry_run_failed")])
def test_dry_run_of_exactly_this_counts(
    ask: Any, bob: User, end_runs: End, now: datetime, status: str, code: str
) -> None:
    request = ask()
    dry_run_request(request=request, by=bob, now=now)
    assert "dry_run_running" in points(request, now)
    end_runs(status)
    assert "bob" in points(request, now)[code].text


def test_dry_run_before_the_request_counts_too(
    purge: Job, granted: Any, ask: Any, alice: User, end_runs: End, now: datetime
) -> None:
    for site in ("paris", "rome"):
        dry_run(job=purge, by=alice, data={"site": site}, files={}, now=now)
    end_runs("completed")
    request = ask(site="rome")
    assert "dry_run_matching" in points(request, now)
    assert [run.job_kwargs["data"]["site"] for run in dry_runs_of(request) if run.job_kwargs] == ["rome"]


def test_dry_run_of_what_was_asked_before_is_older(
    changed: Any, bob: User, end_runs: End, change_source: Any, now: datetime
) -> None:
    dry_run_request(request=changed(inputs={"site": "rome"}), by=bob, now=now)
    end_runs("completed")
    found = points(changed(inputs={"site": "oslo"}), now)
    assert found["dry_run_older"].text == "The newest dry run tried other inputs, and not exactly this."


def test_switching_commit_on_is_pointed_out(changed: Any, bob: User, now: datetime) -> None:
    off = changed(commit=False)
    assert "commit_off" in points(off, now)
    approve(request=off, by=bob, now=now)
    assert "commits_now" in points(changed(commit=True), now)


def test_characters_that_nobody_sees_are_told_with_their_places(ask: Any, change_source: Any, now: datetime) -> None:
    """G22: what is read would not be what runs."""
    change_source(f"a = 1\nb = '{OVERRIDE}'\n".encode())
    found = points(ask(site=f"ro{OVERRIDE}me"), now)
    assert "ops.py line 2 (U+202E RIGHT-TO-LEFT OVERRIDE)" in found["unseen_in_source"].text
    assert "Site line 1 (U+202E RIGHT-TO-LEFT OVERRIDE)" in found["unseen_in_inputs"].text
    assert {found["unseen_in_source"].severity, found["unseen_in_inputs"].severity} == {"alert"}


def test_new_rights_of_the_approver_are_pointed_out(ask: Any, admin: User, bob: User, now: datetime) -> None:
    """G9."""
    request = ask()
    assert "new_rights" not in points(request, now, bob)
    edit_user(user=bob, changes={"first_name": "Bob"}, by=admin, now=now - HOUR)
    assert points(request, now, bob)["new_rights"].text == "The account or the rights of bob were changed 1 hour ago."
    moment = points(request, now - HOUR + timedelta(seconds=30), bob)["new_rights"].text
    assert moment == "The account or the rights of bob were changed less than a minute ago."
    assert "new_rights" not in points(request, now + 30 * HOUR, bob)


def test_nobody_who_may_approve_is_pointed_out(ask: Any, bob: User, carol: User, now: datetime) -> None:
    """P73: no approver means nobody, not anybody."""
    User.objects.filter(pk__in=[bob.pk, carol.pk]).update(is_active=False)
    assert points(ask(), now)["no_approver"].severity == "alert"


@pytest.mark.parametrize(
    ("columns", "code"), [({"uses_database": True}, "uses_database"), ({"enabled": False}, "cannot_run")]
)
def test_state_of_the_job_is_pointed_out(
    ask: Any, purge: Job, now: datetime, columns: dict[str, bool], code: str
) -> None:
    if "uses_database" in columns:
        Job.objects.update(**columns)
    request = ask()
    Job.objects.update(**columns)
    assert code in points(request, now)


def test_requester_who_is_gone_is_pointed_out(ask: Any, alice: User, now: datetime) -> None:
    request = ask()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "alice is inactive" in points(request, now)["cannot_run"].text


def test_what_has_changed_since_it_was_asked_for_is_pointed_out(ask: Any, change_source: Any, now: datetime) -> None:
    request = ask()
    change_source()
    assert points(request, now)["outdated"].severity == "alert"


def test_past_due_is_pointed_out(future: Any, now: datetime) -> None:
    assert points(future, now + 2 * HOUR)["past_due"].section == "when"


def test_decided_request_tells_of_no_people_and_no_state(granted: Any, now: datetime) -> None:
    assert not {"no_approver", "outdated", "cannot_run", "first_use"} & points(granted, now).keys()


def test_risk_follows_from_the_points(granted: Any, ask: Any, bob: User, end_runs: End, now: datetime) -> None:
    same, other = ask(), ask(site="rome")
    assert (risk(granted).level, risk(same).level, risk(other).level) == ("high", "low", "medium")
    dry_run_request(request=same, by=bob, now=now)
    end_runs("completed")
    assert [rule.code for rule in risk(same).rules] == ["gated"]


def test_risks_of_many_need_no_more_queries(granted: Any, ask: Any, bob: User, now: datetime) -> None:
    for _ in range(3):
        dry_run_request(request=ask(), by=bob, now=now)
    rows = list(ApprovalRequest.objects.select_related("job", "scheduled_job").order_by("-number"))
    with CaptureQueriesContext(connection) as one:
        risks(rows[:1])
    with CaptureQueriesContext(connection) as many:
        assert len(risks(rows)) == 4
    assert len(many) <= len(one) <= 8
