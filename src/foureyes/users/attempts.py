"""How often wrong passwords and tokens were tried, and when the next try is to wait: shared by all web processes.

Nobody can lock out others for long. A name that signed in from an address lately is held back by its own failures there
only; a token that is right is never held back. Names that do not exist are counted like those that do.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from foureyes.conf import get_conf
from foureyes.errors import Unavailable
from foureyes.users.models import AttemptCount

MINUTE = 60  # seconds
KNOWN_FOR = timedelta(days=30)
MANY_ADDRESSES = 10  # failures of a name from everywhere count as so many addresses' worth


class TooManyAttempts(Unavailable):
    """Too much was wrong; `retry_after_seconds` says when the next try is looked at."""

    def __init__(self, ends_at: datetime, now: datetime) -> None:
        self.retry_after_seconds = max(1, int((ends_at - now).total_seconds()) + 1)
        wait = f"{self.retry_after_seconds} seconds"
        if self.retry_after_seconds > 2 * MINUTE:
            wait = f"{-(-self.retry_after_seconds // MINUTE)} minutes"  # rounded up: before it, it would be in vain
        super().__init__(f"Too many wrong attempts. Try again in {wait}.", code="too_many_attempts")


@dataclass(frozen=True, slots=True)
class _Limit:
    key: str
    most: int


def demand_password_attempt(*, name: str, address: str, now: datetime) -> None:
    """Refuse, as TooManyAttempts, to look at a password at all. Ask before it is checked."""
    limits = _limits_of_password(name, address)
    known = AttemptCount.objects.filter(key=_known(name, address), ends_at__gt=now).exists()
    _demand(limits[:1] if known else limits, now)


def note_wrong_password(*, name: str, address: str, now: datetime) -> None:
    """Count a failure for the name here, the name everywhere, and the address."""
    for limit in _limits_of_password(name, address):
        _count(limit, now)


def note_sign_in(*, name: str, address: str, now: datetime) -> None:
    """Forget the failures of the name here, and remember that it belongs here."""
    AttemptCount.objects.filter(key=_limits_of_password(name, address)[0].key).delete()
    known = _known(name, address)
    if not AttemptCount.objects.filter(key=known, ends_at__gt=now + KNOWN_FOR / 2).exists():
        _start(known, now + KNOWN_FOR)


def note_wrong_token(*, address: str, now: datetime) -> None:
    """Count a token that does not exist; TooManyAttempts if the address has tried too many."""
    limit = _Limit(_key("token", address), get_conf().wrong_attempts_per_address)
    _demand([limit], now)
    _count(limit, now)


def _limits_of_password(name: str, address: str) -> list[_Limit]:
    conf = get_conf()
    return [
        _Limit(_key("here", name, address), conf.wrong_attempts_per_account),
        _Limit(_key("name", name), conf.wrong_attempts_per_account * MANY_ADDRESSES),
        _Limit(_key("address", address), conf.wrong_attempts_per_address),
    ]


def _demand(limits: list[_Limit], now: datetime) -> None:
    most = {limit.key: limit.most for limit in limits if limit.most}
    for row in AttemptCount.objects.filter(key__in=most, ends_at__gt=now):
        if row.count >= most[row.key]:
            raise TooManyAttempts(row.ends_at, now)


def _count(limit: _Limit, now: datetime) -> None:
    if not AttemptCount.objects.filter(key=limit.key, ends_at__gt=now).update(count=F("count") + 1):
        AttemptCount.objects.filter(ends_at__lte=now).delete()
        _start(limit.key, now + timedelta(seconds=get_conf().wrong_attempts_seconds))


def _start(key: str, ends_at: datetime) -> None:
    # Not an update or insert in two steps: two processes may count the first failure at the same time.
    AttemptCount.objects.bulk_create(
        [AttemptCount(key=key, count=1, ends_at=ends_at)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["count", "ends_at"],
    )


def _known(name: str, address: str) -> str:
    return _key("known", name, address)


def _key(kind: str, *parts: str) -> str:
    # Hashed: what people type into the field for their name is now and then their password.
    text = "\x00".join([kind, *(part.casefold() for part in parts)])
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
