"""Crontabs, days and times in words. Only words: what they say is computed elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time

from foureyes.triggers.cron import Crontab
from foureyes.triggers.cron_field import LAST_DAY, LAST_WORKING_DAY, MONTH, WEEKDAY

NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth"}
WORKDAYS = {1, 2, 3, 4, 5}
MOST_TIMES = 6  # more times of day than this are told by their rule


def instant_in_words(wall: datetime) -> str:
    """A wall time with its date: "Tue 24 Nov 2026 at 02:30"."""
    return f"{day_in_words(wall)} at {time_in_words(wall.time())}"


def day_in_words(day: datetime) -> str:
    """A date: "Tue 24 Nov 2026"."""
    return f"{WEEKDAY.words[day.isoweekday() % 7][:3]} {day.day} {MONTH.words[day.month - 1][:3]} {day.year}"


def time_in_words(at: time) -> str:
    """A time of day, with seconds only if it has some."""
    return at.strftime("%H:%M" if not (at.second or at.microsecond) else "%H:%M:%S")


def joined(parts: Iterable[str], word: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *head, last = parts
    return f"{', '.join(head)} {word} {last}" if head else last


def crontab_in_words(crontab: Crontab) -> str:
    """When a crontab matches: "every weekday at 02:30", "every 15 minutes, on the 1st of the month"."""
    days = _days(crontab)
    if len(crontab.times) <= MOST_TIMES:
        return f"{days} at {joined(map(time_in_words, crontab.times))}"
    minutes, hours = sorted(crontab.minutes), sorted(crontab.hours)
    often = _hourly(minutes[0], hours) if len(minutes) == 1 else _often(minutes, hours)
    return often if days == "every day" else f"{often}, {days}"


def _hourly(minute: int, hours: list[int]) -> str:
    if len(hours) == 24:
        return f"every hour at minute {minute}" if minute else "every hour, on the hour"
    if span := _circular_span(hours, 24):
        return f"every hour from {span[0]:02}:{minute:02} to {span[1]:02}:{minute:02}"
    if step := _step(hours, 24):
        return f"every {step} hours from {hours[0]:02}:{minute:02}"
    return f"at minute {minute} of the hours {joined(f'{hour:02}' for hour in hours)}"


def _often(minutes: list[int], hours: list[int]) -> str:
    step = _step(minutes, 60)
    if step and minutes[0] == 0:
        often, of_hour = "every minute" if step == 1 else f"every {step} minutes", ""
    else:
        often, of_hour = f"at minutes {joined(map(str, minutes))}", " of every hour"
    if len(hours) == 24:
        return often + of_hour
    if span := _circular_span(hours, 24):
        return f"{often}{of_hour} from {span[0]:02}:00 to {span[1]:02}:59"
    if step := _step(hours, 24):
        return f"{often} in every {_ordinal(step)} hour from {hours[0]:02}:00"
    return f"{often} in the hours {joined(f'{hour:02}' for hour in hours)}"


def _step(values: list[int], size: int) -> int | None:
    """The even distance of values around a circle of this size; None if it is not even."""
    if len(values) < 2 or size % len(values):
        return None
    step = size // len(values)
    return step if values == list(range(values[0], size, step)) else None


def _circular_span(values: list[int], size: int) -> tuple[int, int] | None:
    """First and last of values without a hole around a circle of this size; None if there are holes."""
    firsts = [value for value in values if (value - 1) % size not in values]
    return (firsts[0], (firsts[0] + len(values) - 1) % size) if len(firsts) == 1 else None


def _days(crontab: Crontab) -> str:
    free_day = len(_numbers(crontab.days)) == 31
    free_weekday = len(_numbers(crontab.weekdays)) == 7
    free = (free_day, free_weekday)
    if all(free) or (any(free) and not crontab.both_days):
        return f"every day{_in_months(crontab)}"
    if free_day:
        return _weekdays(crontab)
    if free_weekday:
        return _month_days(crontab)
    if crontab.both_days:
        return f"{_month_days(crontab)} if that is {_kinds_of_day(crontab)}"
    return f"{_month_days(crontab)} and also {_weekdays(crontab)}"


def _month_days(crontab: Crontab) -> str:
    numbers = sorted(_numbers(crontab.days))
    step = numbers[1] - numbers[0] if len(numbers) > MOST_TIMES else 1
    if step > 1 and numbers == list(range(numbers[0], 32, step)):
        parts = [f"every {_ordinal(step)} day from the {_ordinal(numbers[0])}"]
    else:
        parts = [f"the {span}" for span in _spans(numbers)]
    parts += ["the last day"] * (LAST_DAY in crontab.days) + ["the last working day"] * (
        LAST_WORKING_DAY in crontab.days
    )
    return f"on {joined(parts)} of {_the_months(crontab)}"


def _weekdays(crontab: Crontab) -> str:
    plain = _plain_weekdays(crontab)
    parts = [f"every {joined(plain)}{_in_months(crontab)}"] if plain else []
    if special := _special_weekdays(crontab):
        parts.append(f"on {joined(special)} of {_the_months(crontab)}")
    return joined(parts)


def _kinds_of_day(crontab: Crontab) -> str:
    plain = _plain_weekdays(crontab)
    return joined([f"a {joined(plain, 'or')}"] * bool(plain) + _special_weekdays(crontab), "or")


def _plain_weekdays(crontab: Crontab) -> list[str]:
    numbers = _numbers(crontab.weekdays)
    from_monday = sorted(numbers, key=lambda day: (day - 1) % 7)
    return ["weekday"] if numbers == WORKDAYS else [WEEKDAY.words[day] for day in from_monday]


def _special_weekdays(crontab: Crontab) -> list[str]:
    special = [day for day in crontab.weekdays if isinstance(day, str)]
    in_order = sorted(special, key=lambda day: (day[1:], day))
    return [f"the {NTH.get(day[-1], 'last')} {WEEKDAY.words[int(day[0])]}" for day in in_order]


def _numbers(values: Iterable[int | str]) -> set[int]:
    return {value for value in values if isinstance(value, int)}


def _spans(days: Sequence[int]) -> list[str]:
    """Days of the month, three and more in a row as a span."""
    spans: list[list[int]] = []
    for day in days:
        if spans and spans[-1][-1] == day - 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    texts = []
    for span in spans:
        texts += [f"{_ordinal(span[0])} to {_ordinal(span[-1])}"] if len(span) > 2 else list(map(_ordinal, span))
    return texts


def _in_months(crontab: Crontab) -> str:
    return "" if len(crontab.months) == 12 else f" in {_the_months(crontab)}"


def _the_months(crontab: Crontab) -> str:
    if len(crontab.months) == 12:
        return "the month"
    places = sorted(month - 1 for month in crontab.months)
    span = _circular_span(places, 12) if len(places) > 2 else None
    if span:
        return f"{MONTH.words[span[0]]} to {MONTH.words[span[1]]}"
    return joined(MONTH.words[place] for place in places)


def _ordinal(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
