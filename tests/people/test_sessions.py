"""Sessions go when they are over, and not before."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from foureyes.people.sessions import forget_sessions


def test_only_what_has_expired_is_removed(db: None, now: datetime) -> None:
    for key, hours in (("over", -1), ("on", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
    assert forget_sessions(now=now) == 1
    assert [row.session_key for row in Session.objects.all()] == ["on"]
