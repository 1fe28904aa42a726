"""Crontabs as crontab(5) of Debian has them: parsing, and the days and times of day that one stands for.

cronsim knows the calendar (last days, second Fridays, the day rule); what it does not take is made plain for it here:
the @ aliases, ranges over the end of a field, steps larger than the field. Zones and clock changes are not its part,
because it loses minutes where the clock is put forward by half an hour.
"""

from bisect import bisect_left
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from cronsim import CronSim

from foureyes.triggers.cron_field import FIELDS, parse_field, refused

DayRule = Literal["or", "and"]

LONGEST = 255
EPOCH = datetime(2000, 1, 1)  # any fixed day: whether a crontab ever matches must not depend on today
ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS_SEARCHED = 50 * 12  # the longest pause of a crontab is 40 years: a 29 February on a Monday around 2100
MINUTES_OF_DAY = tuple(time(hour, minute) for hour in range(24) for minute in range(60))  # shared by all crontabs


@dataclass(frozen=True, slots=True)
class Crontab:
    """A parsed crontab: a calendar, and what the five fields say."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int | str]
    months: frozenset[int]
    weekdays: frozenset[int | str]
    follows_clock: bool  # a minute or hour that begins with a star: real time, whatever the clock does (Debian)
    any_day: bool  # the day of month begins with a star
    any_weekday: bool
    both_days: bool  # day of month and day of week must match; else one of them is enough
    times: tuple[time, ...]
    _judge: CronSim = field(compare=False, repr=False)
    _known: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def on(self, day: date) -> bool:
        """Is this one of the days?"""
        return day.month in self.months and day.day in self._days_of(day.year, day.month)

    def day_from(self, day: date) -> date | None:
        """The first of the days at or after this one; None: there is none for fifty years."""
        year, month, earliest = day.year, day.month, day.day
        for _ in range(MONTHS_SEARCHED):
            if month in self.months:
                days = self._days_of(year, month)
                place = bisect_left(days, earliest)
                if place < len(days):
                    return date(year, month, days[place])
            year, month, earliest = (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)
        return None

    def count_days(self, first: date, end: date) -> int:
        """How many of the days there are with first <= day < end."""
        count, year, month = 0, first.year, first.month
        while (year, month) <= (end.year, end.month):
            if month in self.months:
                days = self._days_of(year, month)
                count += bisect_left(days, end.day) if (year, month) == (end.year, end.month) else len(days)
                count -= bisect_left(days, first.day) if (year, month) == (first.year, first.month) else 0
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return max(count, 0)

    def _days_of(self, year: int, month: int) -> tuple[int, ...]:
        """The days of a month, if the month itself is one. Months of the same shape (there are 28) have the same."""
        shape = _shape(year, month)
        days = self._known.get(shape)
        if days is None:
            month_days = range(1, shape[1] + 1)
            days = tuple(day for day in month_days if self._judge.match_day(date(year, month, day)))
            self._known[shape] = days
        return days


@lru_cache(maxsize=2048)
def _shape(year: int, month: int) -> tuple[int, int]:
    """The weekday that a month begins with, and how many days it has."""
    return monthrange(year, month)


@lru_cache(maxsize=2048)
def parse_crontab(text: str, day_rule: DayRule = "or") -> Crontab:
    """The crontab of a text. Mistakes, and crontabs that can never match, are refused with a sentence."""
    texts = _five(text)
    minutes, hours, days, months, weekdays = (
        parse_field(field, part) for field, part in zip(FIELDS, texts, strict=True)
    )
    any_day, any_weekday = texts[2].startswith("*"), texts[4].startswith("*")
    both_days = day_rule == "and" or any_day or any_weekday
    crontab = Crontab(
        text=" ".join(texts),
        minutes=_numbers(minutes),
        hours=_numbers(hours),
        days=days,
        months=_numbers(months),
        weekdays=weekdays,
        follows_clock=texts[0].startswith("*") or texts[1].startswith("*"),
        any_day=any_day,
        any_weekday=any_weekday,
        both_days=both_days,
        times=tuple(
            MINUTES_OF_DAY[hour * 60 + minute]
            for hour in sorted(_numbers(hours))
            for minute in sorted(_numbers(minutes))
        ),
        _judge=_judge(days, weekdays, both_days=both_days),
    )
    if crontab.day_from(EPOCH.date()) is None:
        raise _never(texts, both_days=both_days)
    return crontab


def _five(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise refused(f"A crontab has at most {LONGEST} characters; this one has {len(text)}.")
    texts = text.split()
    if texts and texts[0].startswith("@"):
        texts = _alias(texts)
    if len(texts) != 5:
        raise refused(
            "A crontab has five fields: minute, hour, day of month, month, day of week. "
            f"This one has {len(texts) or 'none'}; there are no seconds, no years and no command."
        )
    return texts


def _alias(texts: list[str]) -> list[str]:
    name = texts[0].lower()
    if name == "@reboot":
        raise refused("“@reboot” names no time: a schedule cannot follow the start of a machine.")
    if name not in ALIASES or len(texts) > 1:
        raise refused(f"“{' '.join(texts)}” is not known. Short forms are, alone: {', '.join(ALIASES)}.")
    return ALIASES[name].split()


def _numbers(values: frozenset[int | str]) -> frozenset[int]:
    return frozenset(value for value in values if isinstance(value, int))


def _judge(days: frozenset[int | str], weekdays: frozenset[int | str], *, both_days: bool) -> CronSim:
    """What tells whether a day matches: a crontab of midnights in every month."""
    on_days, on_weekdays = (",".join(sorted(map(str, values))) for values in (days, weekdays))
    judge = CronSim(f"0 0 {on_days} * {on_weekdays}", EPOCH)
    judge.day_and = both_days
    return judge


def _never(texts: list[str], *, both_days: bool) -> Exception:
    rule = ""
    if both_days and not texts[2].startswith("*") and not texts[4].startswith("*"):
        rule = " Both must match on the same day, as the day rule says."
    return refused(
        f"This crontab never matches: there is no day of month “{texts[2]}” with month “{texts[3]}” and "
        f"day of week “{texts[4]}”.{rule}"
    )
