"""What is worth knowing about a trigger before it is saved: clock changes, dates that are rare, rules that surprise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from foureyes.triggers.clock import MARGIN, Change, changes_between, naive, wall_at
from foureyes.triggers.cron import Crontab, parse_crontab
from foureyes.triggers.cron_field import MONTH
from foureyes.triggers.every import FromStart
from foureyes.triggers.local import LocalPlan, count_walls
from foureyes.triggers.once import Once
from foureyes.triggers.trigger import Trigger
from foureyes.triggers.words import day_in_words, instant_in_words, joined, time_in_words

USUAL_PER_DAY = 24
RARE = timedelta(days=366)
LOOK_AHEAD = timedelta(days=400)  # for clock changes; a rare crontab's next instants may be decades away


@dataclass(frozen=True, slots=True)
class Note:
    """A stable code for programs and a sentence for people."""

    code: str
    text: str


def notes(trigger: Trigger, *, after: datetime, instants: Sequence[datetime]) -> Iterator[Note]:
    """The notes on a trigger whose next instants after this one are these."""
    if not instants:
        yield Note("never", "There is no instant left: nothing will run.")
        return
    begin = max(after, trigger.start)
    if trigger.interval == "custom":
        yield from _on_crontab(parse_crontab(trigger.crontab, trigger.day_rule))
        yield from _on_pause(trigger, [begin, *instants])
    yield from _on_clock_changes(trigger, begin, instants[-1])


def note_on_wall(wall: datetime, *, zone: str) -> Note | None:
    """That a clock change takes this wall time away or gives it twice, and what then stands for it."""
    for change in changes_between(zone, wall - MARGIN, wall + MARGIN):
        low, high = sorted((change.left, change.reached))
        if low <= wall < high:
            forward = change.jump > timedelta(0)
            how = "does not exist" if forward else "comes twice"
            taken = "which is taken instead" if forward else "and the first time is taken"
            put = f"the clock is put {'forward' if forward else 'back'} to {_target(change)}"
            return Note("clock_change", f"{instant_in_words(wall)} {how} in {zone}: {put}, {taken}.")
    return None


def _on_crontab(crontab: Crontab) -> Iterator[Note]:
    if not crontab.any_day and not crontab.any_weekday:
        yield Note("day_rule", _day_rule(crontab))
    elif _restricts(crontab.days, 31) and _restricts(crontab.weekdays, 7):
        yield Note("day_rule", "A day field begins with *, so a day must match both day of month and day of week.")
    if len(crontab.times) > USUAL_PER_DAY:
        yield Note("often", f"This runs up to {len(crontab.times)} times a day.")
    yield from _on_month_lengths(crontab)


def _restricts(values: frozenset[int | str], all_of_them: int) -> bool:
    return sum(isinstance(value, int) for value in values) < all_of_them


def _day_rule(crontab: Crontab) -> str:
    if crontab.both_days:
        return (
            "Day of month and day of week are both given: a day must match both of them (day rule “and”). "
            "With “or”, as in crontab(5), one of them would be enough."
        )
    return (
        "Day of month and day of week are both given: one of them is enough (day rule “or”, as in crontab(5)). "
        "With “and” a day would have to match both."
    )


def _on_month_lengths(crontab: Crontab) -> Iterator[Note]:
    days = crontab.days if len(crontab.days) < 31 else ()
    texts = []
    for day, short in ((30, (2,)), (31, (2, 4, 6, 9, 11))):
        months = [MONTH.words[month - 1] for month in short if month in crontab.months]
        if day in days and months:
            texts.append(f"There is no {day}{'st' if day == 31 else 'th'} of {joined(months, 'or')}.")
    if 29 in days and 2 in crontab.months:
        texts.append("There is a 29th of February in leap years only.")
    if any(isinstance(day, str) and day.endswith("#5") for day in crontab.weekdays):
        texts.append("Not every month has a fifth day of week.")
    if texts:
        yield Note("short_months", " ".join(texts))


def _on_pause(trigger: Trigger, instants: Sequence[datetime]) -> Iterator[Note]:
    for earlier, later in pairwise(instants):
        if later - earlier > RARE:
            begin, end = (day_in_words(wall_at(trigger.zone, instant)) for instant in (earlier, later))
            yield Note("rare", f"This is rare: nothing runs between {begin} and {end}.")
            return


def _on_clock_changes(trigger: Trigger, after: datetime, until: datetime) -> Iterator[Note]:
    """A note for each change that touches a run; if none does, one on the first change."""
    plan = trigger.plan.later if isinstance(trigger.plan, FromStart) else trigger.plan
    if isinstance(plan, Once):
        return
    low = naive(after)
    changes = list(changes_between(trigger.zone, low, min(naive(until), low + LOOK_AHEAD)))
    touching = [change for change in changes if isinstance(plan, LocalPlan) and _touches(change, plan)]
    for change in touching or changes[:1]:
        what = "forward" if change.jump > timedelta(0) else "back"
        effect = "The runs stay an hour of real time apart."
        if isinstance(plan, LocalPlan):
            effect = _effect(plan, change) if touching else "No run is planned in between: all keep their local time."
        yield Note("clock_change", f"{_when(change)} the clock is put {what} to {_target(change)}. {effect}")


def _touches(change: Change, plan: LocalPlan) -> bool:
    low, high = sorted((change.left, change.reached))
    return count_walls(plan.calendar, low, high) > 0


def _when(change: Change) -> str:
    return f"On {instant_in_words(change.left)}"


def _target(change: Change) -> str:
    same_day = change.left.date() == change.reached.date()
    return time_in_words(change.reached.time()) if same_day else instant_in_words(change.reached)


def _effect(plan: LocalPlan, change: Change) -> str:
    if change.jump < timedelta(0):
        when = {"first": "the first time only", "second": "the second time only", "both": "both times"}[plan.fold]
        return f"The time in between comes twice; what is planned then runs {when}."
    if plan.gap == "after":
        return f"The time in between does not exist; what is planned then runs once, at {_target(change)}."
    return "The time in between does not exist; what is planned then does not run."
