"""Looks whether sealed facts are as they were sealed: every hash again, over the content and the hash before it."""

from dataclasses import dataclass
from typing import Any

from foureyes.events.seal import END, FIRST, hash_of
from foureyes.models import Event, SystemValue

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The facts after number `after` and up to `upto` were looked at, of those up to `end`, whose hash is `end_hash`.

    `broken` is the first number whose fact was changed or is gone; what follows it was not looked at.
    """

    after: int
    upto: int
    end: int
    end_hash: str
    broken: int | None

    @property
    def goes_on(self) -> bool:
        """Whether more facts are sealed than were looked at."""
        return self.broken is None and self.upto < self.end


def verify(*, after: int = 0, limit: int) -> Verified:
    """Look at the facts that follow number `after`, at most `limit` of them. What is sealed meanwhile is left out.

    The place where the chain ends is kept beside the facts, so those that were taken off its end are missed too.
    """
    sealed: dict[str, Any] = SystemValue.objects.filter(name=END).values_list("value", flat=True).first() or FIRST
    end, end_hash = sealed["sequence"], sealed["hash"]
    after = min(max(after, 0), end)
    upto = min(after + limit, end)
    place, previous = after, _hash_at(after)
    if previous is not None:
        rows = Event.objects.filter(sequence__gt=after, sequence__lte=upto).order_by("sequence")
        for event in rows.iterator(chunk_size=CHUNK):
            if event.sequence != place + 1 or event.hash != hash_of(event, previous=previous):
                break
            place, previous = place + 1, event.hash
    broken = after if previous is None else place + 1 if place < upto else None
    if broken is None and place == end and previous != end_hash:
        broken = end
    return Verified(after=after, upto=upto, end=end, end_hash=end_hash, broken=broken)


def _hash_at(number: int) -> str | None:
    if number == 0:
        return str(FIRST["hash"])
    return Event.objects.filter(sequence=number).values_list("hash", flat=True).first()
