"""What changed since the last approval."""

from datetime import datetime
from typing import Any

from foureyes.approvals.decide import approve
from foureyes.approvals.differences import differences, last_granted
from foureyes.submission.edit import edit_schedule
from foureyes.users.models import User


def test_first_request_has_nothing_to_compare_with(ask: Any, now: datetime) -> None:
    request = ask()
    assert differences(request).against is None


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


def test_same_schedule_goes_before_same_job(daily: Any, ask: Any, alice: User, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    approve(request=ask(site="rome"), by=bob, now=now)
    request = edit_schedule(schedule=daily.scheduled_job, changes={"commit": False}, by=alice, now=now).request
    assert request is not None
    assert last_granted(request) == daily
    assert last_granted(ask()) != daily
