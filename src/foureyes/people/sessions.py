"""Sessions that are over."""

from datetime import datetime

from django.contrib.sessions.models import Session


def forget_sessions(*, now: datetime) -> int:
    """Remove what has expired, with the drafts in it; gives how many."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]
