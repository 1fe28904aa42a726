"""When a session ends, and when its page has to look again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from foureyes.users.sessions import SessionStore
from foureyes.web.times import clock

WARNED = timedelta(minutes=2)
LONGEST_WAIT = timedelta(days=1)  # no browser waits longer than 24 days


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The time of day, whether it is near, and in how many seconds to look again."""

    at: str
    is_near: bool
    wait: int


def ending_of(request: HttpRequest, *, now: datetime) -> Ending:
    """Of the session of a request."""
    end = cast(SessionStore, request.session).ends_at
    is_near = end - now <= WARNED
    wait = min(end - now if is_near else end - now - WARNED, LONGEST_WAIT)
    return Ending(at=clock(timezone.localtime(end)), is_near=is_near, wait=max(ceil(wait.total_seconds()), 0) + 1)
