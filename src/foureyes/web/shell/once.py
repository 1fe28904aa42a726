"""Forms that would do something twice if they were sent twice: each has a key by the tag `once`, and is taken once."""

import secrets
from collections.abc import Callable
from datetime import datetime

from foureyes.submission.once import Submitted, once
from foureyes.web.shell import drafts
from foureyes.web.shell.access import SignedInRequest

FIELD = "_once"
AGAIN = "This was sent before. Nothing was done twice."
NOT_CONTENT = frozenset({"csrfmiddlewaretoken", FIELD, drafts.FIELD, "current", "password", "again"})


def new_key() -> str:
    """For one form on one page."""
    return secrets.token_urlsafe(12)


def once_for(request: SignedInRequest, act: Callable[[], Submitted], *, now: datetime) -> Submitted:
    """What `act` does, or did when the same was sent before. A form without a key, as programs send it, always acts."""
    content = [request.path, sorted((name, texts) for name, texts in request.POST.lists() if name not in NOT_CONTENT)]
    return once(key=request.POST.get(FIELD, "")[:100], content=content, by=request.user, act=act, now=now)
