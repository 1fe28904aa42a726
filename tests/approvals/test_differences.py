"""What changed since the last approval, and what to look at first."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.approvals.decide import approve
from foureyes.approvals.differences import differences, last_granted, matching_dry_run, review_points
from foureyes.approvals.dry_run import dry_run_request
from foureyes.models import ApprovalRequest, Job, JobResult
from foureyes.people.users import edit_user
from foureyes.submission.edit import edit_schedule
from foureyes.users.models import User

HOUR = timedelta(hours=1)


def codes(request: ApprovalRequest, now: datetime, by: User | None = None) -> set[str]:
    return {point.code for point in review_points(request, by=by, now=now)}


def test_first_request_has_nothing_to_compare_with(ask: Any, now: datetime) -> None:
    request = ask()
    assert differences(request).against is None
    assert codes(request, now) == {"first_run", "no_dry_run"}


def test_inputs_schedule_and_settings_are_told_apart(daily: Any, alice: User, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    changes = {"inputs": {"site": "rome"}, "commit": False, "max_runs": 3}
    request = edit_schedule(schedule=daily.scheduled_job, changes=changes, by=alice, now=now).request
    assert request is not None
    found = differences(request)
    assert found.against == daily
    assert [(one.name, one.before, one.after) for one in found.inputs] == [("site", "paris", "rome")]
    assert [(one.name, one.before, one.after) for one in found.schedule] == [("max_runs", None, 3)]
    assert [(one.name, one.before, one.after) for one in found.settings] == [("commit", True, False)]
    assert found.source == ()


def test_source_is_compared_line_by_line(ask: Any, change_source: Any, bob: User, now: datetime) -> None:
    approve(request=ask(), by=bob, now=now)
    change_source(b"old = 1\nnew = 2\n")
    request = ask()
    (change,) = differences(request).source
    assert (change.path, change.kind) == ("ops.py", "changed")
    assert change.diff.splitlines() == ["--- a/ops.py", "+++ b/ops.py", "@@ -1 +1,2 @@", " old = 1", "+new = 2"]
    assert "source_changed" in codes(request, now)


def test_same_schedule_goes_before_same_job(daily: Any, ask: Any, alice: User, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    approve(request=ask(site="rome"), by=bob, now=now)
    request = edit_schedule(schedule=daily.scheduled_job, changes={"commit": False}, by=alice, now=now).request
    assert request is not None
    assert last_granted(request) == daily
    assert last_granted(ask()) != daily


def test_dry_run_that_ended_well_matches(ask: Any, bob: User, now: datetime) -> None:
    request = ask()
    run = dry_run_request(request=request, by=bob, now=now)
    assert matching_dry_run(request) is None
    JobResult.objects.update(status="completed", completed=now)
    assert matching_dry_run(request) == run
    assert "no_dry_run" not in codes(request, now)


def test_switching_commit_on_is_pointed_out(daily: Any, alice: User, bob: User, now: datetime) -> None:
    off = edit_schedule(schedule=daily.scheduled_job, changes={"commit": False}, by=alice, now=now).request
    assert off is not None
    approve(request=off, by=bob, now=now)
    on = edit_schedule(schedule=daily.scheduled_job, changes={"commit": True}, by=alice, now=now).request
    assert on is not None
    assert "commits_now" in codes(on, now)


def test_new_rights_of_the_approver_are_pointed_out(ask: Any, admin: User, bob: User, now: datetime) -> None:
    """G9."""
    request = ask()
    assert "new_rights" not in codes(request, now, bob)
    edit_user(user=bob, changes={"first_name": "Bob"}, by=admin, now=now - 2 * HOUR)
    (point,) = [point for point in review_points(request, by=bob, now=now) if point.code == "new_rights"]
    assert point.text == "The account or rights of bob were changed 2 hours ago."
    assert "new_rights" not in codes(request, now + 30 * HOUR, bob)


def test_nobody_who_may_approve_is_pointed_out(ask: Any, bob: User, carol: User, now: datetime) -> None:
    """P73: no approver means nobody, not anybody."""
    User.objects.filter(pk__in=[bob.pk, carol.pk]).update(is_active=False)
    assert "no_approver" in codes(ask(), now)


@pytest.mark.parametrize("column", ["uses_database"])
def test_database_job_is_pointed_out(ask: Any, purge: Job, column: str, now: datetime) -> None:
    Job.objects.update(**{column: True})
    assert "uses_database" in codes(ask(), now)
