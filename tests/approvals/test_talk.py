"""Comments and suggestions."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.approvals.decide import approve
from foureyes.approvals.talk import comment, suggest
from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import ApprovalRequest, Event, Job, RequestComment, ScheduledJob
from foureyes.submission.edit import accept_suggestion
from foureyes.users.models import User

HOUR = timedelta(hours=1)


def test_comment_changes_no_decision(ask: Any, alice: User, bob: User, now: datetime) -> None:
    """P65."""
    request = ask()
    approve(request=request, by=bob, now=now)
    comment(request=request, by=alice, text="thank you", now=now + HOUR)
    request.refresh_from_db()
    assert (request.state, request.decided_at) == ("granted", now)
    assert RequestComment.objects.get().text == "thank you"
    assert Event.objects.filter(kind="approval.commented").count() == 1


def test_who_sees_nothing_says_nothing(ask: Any, dave: User, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        comment(request=ask(), by=dave, text="hello", now=now)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001])
def test_comment_has_some_words(ask: Any, alice: User, now: datetime, text: str) -> None:
    with pytest.raises(Invalid):
        comment(request=ask(), by=alice, text=text, now=now)


def test_suggestion_changes_nothing_before_it_is_accepted(daily: Any, bob: User, now: datetime) -> None:
    before = daily.digest
    suggest(request=daily, by=bob, changes={"inputs": {"site": "rome"}}, text="A typo?", now=now)
    daily.refresh_from_db()
    assert (daily.state, daily.digest, ScheduledJob.objects.get().inputs) == ("open", before, {"site": "paris"})


def test_accepted_suggestion_is_a_new_request_of_the_requester(
    daily: Any, alice: User, bob: User, now: datetime
) -> None:
    """P77, G20. Alice may not edit schedules in general: accepting needs only that it is hers."""
    alice.object_permissions.filter(name__startswith="ScheduledJob").delete()
    said = suggest(request=daily, by=bob, changes={"inputs": {"site": "rome"}}, now=now)
    changed = accept_suggestion(comment=said, by=alice, now=now)
    assert changed.request is not None
    assert (changed.request.state, changed.schedule.inputs) == ("open", {"site": "rome"})
    daily.refresh_from_db()
    assert daily.state == "superseded"
    approve(request=changed.request, by=bob, now=now)


def test_past_due_is_answered_by_a_suggestion(future: Any, alice: User, bob: User, now: datetime) -> None:
    later = now + 3 * HOUR
    said = suggest(request=future, by=bob, changes={"start_time": later}, now=now + 2 * HOUR)
    changed = accept_suggestion(comment=said, by=alice, now=now + 2 * HOUR)
    assert changed.request is not None
    approve(request=changed.request, by=bob, now=now + 2 * HOUR)
    assert changed.schedule.next_run_at == later


def test_only_the_requester_accepts_and_only_once(daily: Any, alice: User, bob: User, now: datetime) -> None:
    said = suggest(request=daily, by=bob, changes={"commit": False}, now=now)
    with pytest.raises(NotAllowed):
        accept_suggestion(comment=said, by=bob, now=now)
    accept_suggestion(comment=said, by=alice, now=now)
    said.refresh_from_db()
    with pytest.raises(Conflict):
        accept_suggestion(comment=RequestComment.objects.get(pk=said.pk), by=alice, now=now)


def test_wrong_suggestion_is_refused_when_accepted(daily: Any, alice: User, bob: User, now: datetime) -> None:
    said = suggest(request=daily, by=bob, changes={"inputs": {"nope": 1}}, now=now)
    with pytest.raises(Invalid):
        accept_suggestion(comment=said, by=alice, now=now)
    assert ApprovalRequest.objects.get().state == "open"


@pytest.mark.parametrize("changes", [{}, {"name": "x"}, {"user": "bob"}])
def test_what_cannot_be_changed_is_not_suggested(daily: Any, bob: User, now: datetime, changes: Any) -> None:
    with pytest.raises(Invalid):
        suggest(request=daily, by=bob, changes=changes, now=now)


def test_suggestion_needs_the_right_to_approve_and_an_open_request(
    daily: Any, allow: Any, alice: User, bob: User, carol: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        suggest(request=daily, by=alice, changes={"commit": False}, now=now)
    approve(request=daily, by=bob, now=now)
    with pytest.raises(Conflict, match="approved by bob"):
        suggest(request=daily, by=carol, changes={"commit": False}, now=now)
    said = comment(request=daily, by=carol, text="no", now=now)
    with pytest.raises(Conflict):
        accept_suggestion(comment=said, by=alice, now=now)
    assert Job.objects.get().gated
