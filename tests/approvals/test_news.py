"""What requesters are told of the end of their requests, once each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.news import news_for, take_news, untold
from foureyes.approvals.steps import expire
from foureyes.approvals.terms import Terms
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.submission.edit import take_over_schedule
from foureyes.submission.submit import submit
from foureyes.users.models import User

HOUR = timedelta(hours=1)
Ask = Callable[..., ApprovalRequest]


def test_each_end_that_is_not_the_requesters_own_doing_is_told_once(
    ask: Ask, alice: User, bob: User, now: datetime
) -> None:
    granted, denied, withdrawn, expired = ask(), ask(), ask(), ask()
    assert not untold(alice).exists()
    approve(request=granted, by=bob, now=now)
    deny(request=denied, by=bob, reason="No", now=now + HOUR)
    withdraw(request=withdrawn, by=alice, now=now)
    ApprovalRequest.objects.filter(pk=expired.pk).update(expires_at=now + 2 * HOUR)
    expire(now=now + 2 * HOUR)
    assert take_news(person=bob, most=5, now=now) is None
    news = take_news(person=alice, most=2, now=now + 3 * HOUR)
    assert news is not None
    assert ([one.pk for one in news.requests], news.more) == ([expired.pk, denied.pk], 1)
    assert take_news(person=alice, most=2, now=now + 3 * HOUR) is None
    assert [one.pk for one in news_for(alice, since=now + 3 * HOUR)] == [expired.pk, denied.pk, granted.pk]
    assert not news_for(alice, since=now + 4 * HOUR).exists()


def test_who_does_not_want_to_be_told_is_not(ask: Ask, purge: Job, alice: User, bob: User, now: datetime) -> None:
    done = submit(
        job=purge, by=alice, data={"site": "x"}, files={}, reason="Full", terms=Terms(tell_requester=False), now=now
    )
    assert done.request is not None
    deny(request=done.request, by=bob, reason="No", now=now)
    assert not untold(alice).exists()


def test_whoever_takes_a_schedule_over_is_told_instead(
    daily: ApprovalRequest, alice: User, bob: User, carol: User, now: datetime
) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    schedule: Any = ScheduledJob.objects.get(pk=daily.scheduled_job_id)
    request = take_over_schedule(schedule=schedule, by=carol, now=now).request
    assert request is not None
    deny(request=request, by=bob, reason="No", now=now)
    assert (untold(alice).count(), untold(carol).count()) == (0, 1)
