"""P31, P35, P38: every kind of trigger agrees with the second model around the clock changes of all zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import cycle
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st
from tests.triggers.properties import tried
from tests.triggers.second_model import DAY, MINUTE, Fields, by_policies, changes, real_time, wall

from foureyes.triggers import Trigger, trigger_for, zone_names

FIRST, LAST = date(2017, 1, 1), date(2037, 1, 1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HOURS_OF_CHANGES = (0, 1, 2, 3, 4, 22, 23)
GAPS, FOLDS = st.sampled_from(["after", "skip"]), st.sampled_from(["first", "second", "both"])
zones = st.sampled_from(sorted(available_timezones() & zone_names()))


@cache
def changes_of(zone: str) -> list[datetime]:
    return changes(ZoneInfo(zone), FIRST, LAST)


@st.composite
def nights(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone and about three days with a clock change in them, if the zone has any."""
    zone = draw(zones)
    middle = draw(st.sampled_from(changes_of(zone) or [datetime(2026, 3, 29, 1, tzinfo=UTC)]))
    return zone, middle - 1.5 * DAY, middle + 1.5 * DAY


def members(low: int, high: int, most: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(low, high), min_size=1, max_size=most)


@st.composite
def crontabs(draw: st.DrawFn, *, fixed: bool) -> Fields:
    """Crontabs as sets; days and months mostly free, or the three days would mostly be empty."""
    minute = draw(members(0, 59, 4))
    hour = draw(st.frozensets(st.sampled_from(HOURS_OF_CHANGES), min_size=1, max_size=4))
    texts = [listed(minute), listed(hour)]
    if not fixed:
        place = draw(st.integers(0, 1))
        step = draw(st.sampled_from([1, 7, 15, 20]) if place == 0 else st.sampled_from([1, 2, 3]))
        texts[place] = f"*/{step}"
        minute = frozenset(range(0, 60, step)) if place == 0 else minute
        hour = frozenset(range(0, 24, step)) if place == 1 else hour
    day = draw(st.none() | members(1, 31, 20))
    weekday = draw(st.none() | members(0, 6, 4))
    exists = not day or min(day) < 29
    month = draw(st.none() | members(1, 12, 8)) if exists else None
    texts += [listed(day), listed(month), listed(weekday)]
    return Fields(
        text=" ".join(texts),
        minutes=minute,
        hours=hour,
        days=day or frozenset(range(1, 32)),
        months=month or frozenset(range(1, 13)),
        weekdays=weekday or frozenset(range(7)),
        both_days=day is None or weekday is None,
    )


def listed(values: frozenset[int] | None) -> str:
    return ",".join(map(str, sorted(values))) if values else "*"


def due(trigger: Trigger, low: datetime, high: datetime) -> list[datetime]:
    """All instants from low to before high; counting them must give the same number."""
    after, until = low - timedelta.resolution, high - timedelta.resolution
    found = trigger.between(after, until, 10_000)
    assert trigger.count(after, until) == len(found)
    return found


def every_clock() -> Iterator[tuple[str, list[datetime]]]:
    """One zone for each sequence of changes in ten years; most zones share theirs with others."""
    seen = set()
    for name in sorted(zone_names()):
        zone = ZoneInfo(name)
        found = changes(zone, date(2021, 1, 1), date(2031, 1, 1))
        offsets = tuple((change, wall(zone, change), wall(zone, change - MINUTE)) for change in found)
        if offsets and offsets not in seen:
            seen.add(offsets)
            yield name, found


def around(change: datetime, zone: ZoneInfo, minute: str) -> Fields:
    """A crontab of the hours around a change; a minute with a star follows real time."""
    hours = frozenset((wall(zone, change) + timedelta(hours=away)).hour for away in range(-2, 3))
    minutes_meant = frozenset({0, 20, 40} if minute.startswith("*") else {0, 17, 30})
    text = f"{minute} {listed(hours)} * * *"
    return Fields(
        text,
        minutes_meant,
        hours,
        frozenset(range(1, 32)),
        frozenset(range(1, 13)),
        frozenset(range(7)),
        both_days=True,
    )


def test_every_change_of_every_zone_in_ten_years() -> None:
    policies = cycle([("after", "first"), ("skip", "second"), ("after", "both"), ("skip", "first")])
    margin = timedelta(hours=4)
    for name, found in every_clock():
        zone = ZoneInfo(name)
        for change, (gap, fold) in zip(found, policies, strict=False):
            low, high = change - margin, change + margin
            cron = around(change, zone, "0,17,30")
            trigger = trigger_for("custom", start=LONG_AGO, crontab=cron.text, zone=name, gap=gap, fold=fold)
            expected = by_policies(zone, cron.matches, low, high, gap=gap, fold=fold, margin=margin)
            assert due(trigger, low, high) == expected
            cron = around(change, zone, "*/20")
            trigger = trigger_for("custom", start=LONG_AGO, crontab=cron.text, zone=name)
            assert due(trigger, low, high) == real_time(zone, cron.matches, low, high)


@tried
@given(nights(), crontabs(fixed=True), GAPS, FOLDS)
def test_fixed_crontabs_follow_the_policies(
    night: tuple[str, datetime, datetime], cron: Fields, gap: str, fold: str
) -> None:
    zone, low, high = night
    trigger = trigger_for("custom", start=LONG_AGO, crontab=cron.text, zone=zone, gap=gap, fold=fold)
    expected = by_policies(ZoneInfo(zone), cron.matches, low, high, gap=gap, fold=fold)
    assert due(trigger, low, high) == expected


@tried
@given(nights(), crontabs(fixed=False), GAPS, FOLDS)
def test_crontabs_with_a_star_follow_real_time(
    night: tuple[str, datetime, datetime], cron: Fields, gap: str, fold: str
) -> None:
    zone, low, high = night
    trigger = trigger_for("custom", start=LONG_AGO, crontab=cron.text, zone=zone, gap=gap, fold=fold)
    assert due(trigger, low, high) == real_time(ZoneInfo(zone), cron.matches, low, high)


@tried
@given(nights(), st.sampled_from([1, 7]), st.integers(1, 60), st.times(), GAPS, FOLDS)
def test_daily_and_weekly_keep_the_wall_time(
    night: tuple[str, datetime, datetime], step: int, ago: int, at: time, gap: str, fold: str
) -> None:
    zone, low, high = night
    at = at.replace(hour=HOURS_OF_CHANGES[at.hour % 7], second=0, microsecond=0)
    start = datetime.combine((low - ago * DAY).date(), at, ZoneInfo(zone)).astimezone(UTC)
    begin = wall(ZoneInfo(zone), start)

    def matches(planned: datetime) -> bool:
        return planned.time() == begin.time() and (planned.date() - begin.date()).days % step == 0

    trigger = trigger_for("daily" if step == 1 else "weekly", start=start, zone=zone, gap=gap, fold=fold)
    low = max(low, start + DAY)  # the start's own day is another test
    assert due(trigger, low, high) == by_policies(ZoneInfo(zone), matches, low, high, gap=gap, fold=fold)


@tried
@given(nights(), st.integers(0, 3599), st.integers(0, 90))
def test_hourly_is_3600_seconds_from_the_start(night: tuple[str, datetime, datetime], second: int, ago: int) -> None:
    zone, low, high = night
    start = low - ago * DAY + timedelta(seconds=second)
    trigger = trigger_for("hourly", start=start, zone=zone)
    seconds = int((high - start).total_seconds())
    every = [start + timedelta(seconds=place) for place in range(0, seconds + 1, 3600)]
    assert due(trigger, low, high) == [instant for instant in every if low <= instant < high]


@tried
@given(zones, crontabs(fixed=True), GAPS, FOLDS, st.datetimes(datetime(2017, 1, 1), datetime(2036, 1, 1)))
def test_the_next_instant_does_not_depend_on_where_one_asks(
    zone: str, cron: Fields, gap: str, fold: str, asked: datetime
) -> None:
    """From any instant before it, the next one is the same: nothing between is found by another way."""
    trigger = trigger_for("custom", start=LONG_AGO, crontab=cron.text, zone=zone, gap=gap, fold=fold)
    asked = asked.replace(tzinfo=UTC)
    following = trigger.next_after(asked)
    assert following is not None
    assert asked < following
    for part in (0.01, 0.3, 0.5, 0.9, 0.999):
        between = asked + (following - asked) * part
        if between < following:
            assert trigger.next_after(between) == following
    assert trigger.count(asked, following) == 1
