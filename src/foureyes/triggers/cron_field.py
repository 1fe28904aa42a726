"""The five fields of a crontab: what each allows, and the sentence for every mistake in one."""

from collections.abc import Iterator
from dataclasses import dataclass

from foureyes.errors import Invalid

LAST_DAY = "L"
LAST_WORKING_DAY = "LW"


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five fields: its name for people, its range and its names for numbers."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    extra: str = ""

    @property
    def allowed(self) -> str:
        """What may be written here, in words."""
        words = f", names from {self.words[0]} to {self.words[-1]}" if self.words else ""
        return (
            f"numbers from {self.low} to {self.high}{words}, *, lists (1,2), ranges (1-5) and steps (*/2){self.extra}"
        )


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of month", 1, 31, extra=", L for the last day and LW for the last working day")
MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
MONTH = Field("month", 1, 12, tuple(MONTHS.split()))
WEEKDAY = Field(
    "day of week",
    0,
    7,
    tuple(WEEKDAYS.split()),
    extra=", 5#2 for the second Friday and 5L for the last one; 0 and 7 are Sunday",
)
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


def refused(sentence: str) -> Invalid:
    """The refusal of a crontab, with the sentence that says why."""
    return Invalid(code="invalid_crontab", fields={"crontab": [sentence]})


def parse_field(field: Field, text: str) -> frozenset[int | str]:
    """What the text of a field stands for: numbers (Sunday is 0), and for days L, LW, 5#2 or 5L as they are."""
    return frozenset(value for part in text.split(",") for value in _part(field, part))


def _part(field: Field, part: str) -> Iterator[int | str]:
    if not part:
        raise refused(f"The {field.name} field has an empty place in its list: write a value between the commas.")
    special = _special(field, part.upper())
    if special is not None:
        yield special
        return
    span, slash, step = part.partition("/")
    values = _span(field, span, part, open_end=bool(slash))
    if slash:
        values = values[:: _step(field, step, part)]
    yield from (value % 7 for value in values) if field is WEEKDAY else values


def _special(field: Field, part: str) -> str | None:
    if field is DAY and part in (LAST_DAY, LAST_WORKING_DAY):
        return part
    if field is not WEEKDAY:
        return None
    day, hash_sign, nth = part.partition("#")
    if hash_sign:
        if nth not in ("1", "2", "3", "4", "5"):
            raise refused(f"The day of week “{part}” asks for week “{nth}”: after # give a number from 1 to 5.")
        return f"{_number(field, day, part) % 7}#{nth}"
    if part == LAST_DAY:
        raise refused("The day of week “L” does not say which: write 5L or FriL for the last Friday of the month.")
    if len(part) > 1 and part.endswith(LAST_DAY):
        return f"{_number(field, part[:-1], part) % 7}L"
    return None


def _span(field: Field, text: str, part: str, *, open_end: bool) -> list[int]:
    if text == "*":
        return list(range(field.low, field.high + 1))
    low_text, dash, high_text = text.partition("-")
    low = _number(field, low_text, part)
    if not dash:
        return list(range(low, field.high + 1)) if open_end else [low]
    high = _number(field, high_text, part)
    if field is WEEKDAY and high < low == 7:
        low = 0
    if low <= high:
        return list(range(low, high + 1))
    top = 6 if field is WEEKDAY else field.high
    return [*range(low, top + 1), *range(field.low, high + 1)]  # over the end: fri-mon, 22-2


def _step(field: Field, text: str, part: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise refused(f"The step in “{part}” of the {field.name} field is not a number from 1 on.")
    return int(text)


def _number(field: Field, text: str, part: str) -> int:
    if text.isascii() and text.isdigit():
        if field.low <= int(text) <= field.high:
            return int(text)
    elif text.isascii() and text.isalpha():
        for place, word in enumerate(field.words):
            if text.lower() in (word.lower(), word[:3].lower()):
                return place + (field is MONTH)
    raise refused(f"The {field.name} field cannot be “{part}”. Allowed are {field.allowed}.")
