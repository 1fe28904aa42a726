"""Times in which nothing is planned, each with the way to plan something there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from foureyes.web.jobs.start import query_of
from foureyes.web.plan.happenings import Happening
from foureyes.web.times import clock, duration, shown

LEAST_SHARE = 0.1  # of the period: wide enough to be seen, and to be pressed on a telephone
STEP = timedelta(minutes=5)
TO_FILL_IN = timedelta(minutes=5)  # a start that is nearer would be over before the form is sent
NOT_PLANNED = frozenset({"paused", "past_due"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One such time: its place and width in per cent with a decimal point, and where a job is chosen for it."""

    x: str
    width: str
    length: str
    words: str
    url: str


def windows(found: Iterable[Happening], *, since: datetime, until: datetime, now: datetime) -> list[Window]:
    """Those between now and the end of the period. What runs now counts as planned for as long as it is likely to."""
    span, free_from, free = until - since, now, []
    ahead = sorted((one.at, one.until) for one in found if one.until >= now and one.state not in NOT_PLANNED)
    for begin, end in [*ahead, (until, until)]:
        if begin - free_from >= span * LEAST_SHARE:
            free.append((free_from, begin))
        free_from = max(free_from, end)
    return [
        Window(
            x=f"{100 * (begin - since) / span:.2f}",
            width=f"{100 * (end - begin) / span:.2f}",
            length=duration(end - begin, exact=False),
            words=f"{shown(begin, now=now).local} to {_end(begin, end, now)}",
            url=f"/jobs/{query_of(_even(max(begin, now + TO_FILL_IN)))}",
        )
        for begin, end in free
    ]


def _end(begin: datetime, end: datetime, now: datetime) -> str:
    first, last = timezone.localtime(begin), timezone.localtime(end)
    return clock(last) if first.date() == last.date() else shown(end, now=now).local


def _even(at: datetime) -> datetime:
    """The next multiple of five minutes, so that what begins there does not begin together with something else."""
    return at - (at - datetime.min.replace(tzinfo=UTC)) % STEP + STEP
