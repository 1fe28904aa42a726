"""A single instant: the intervals `future` and `immediately`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Once:
    """The start itself, and nothing after it."""

    start: datetime

    def first_from(self, instant: datetime) -> datetime | None:
        """The start, unless it is over (naive UTC)."""
        return self.start if instant <= self.start else None

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high (naive UTC)."""
        return int(low <= self.start < high)
