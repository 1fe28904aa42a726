"""The one value: starts, ends, jitter, and that nothing drifts."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.triggers.properties import tried

from foureyes.errors import Invalid
from foureyes.triggers import trigger_for

START = datetime(2026, 3, 20, 12, 0, 10, tzinfo=UTC)
LATER = datetime(2080, 1, 1, tzinfo=UTC)
BEFORE = datetime(1, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
KINDS = ["immediately", "future", "hourly", "daily", "weekly", "custom"]


@pytest.mark.parametrize("interval", ["immediately", "future"])
def test_once_is_the_start_and_nothing_else(interval: str) -> None:
    trigger = trigger_for(interval, start=START, zone="Europe/Berlin")
    assert trigger.next_after(BEFORE) == START
    assert trigger.next_after(START - timedelta.resolution) == START
    assert trigger.next_after(START) is None
    assert trigger.count(BEFORE, LATER) == 1


@pytest.mark.parametrize(("interval", "length"), [("hourly", timedelta(hours=1)), ("daily", DAY), ("weekly", 7 * DAY)])
def test_repetition_begins_with_the_start_and_keeps_its_seconds(interval: str, length: timedelta) -> None:
    trigger = trigger_for(interval, start=START)
    assert trigger.between(BEFORE, LATER, 3) == [START, START + length, START + 2 * length]


def test_a_crontab_begins_with_the_first_match_and_not_with_the_start() -> None:
    """P21: nothing fires because a schedule was made."""
    trigger = trigger_for("custom", start=START, crontab="0 3 * * *", zone="Europe/Berlin")
    assert trigger.next_after(START - DAY) == datetime(2026, 3, 21, 2, tzinfo=UTC)
    on_time = trigger_for(
        "custom", start=datetime(2026, 3, 20, 2, tzinfo=UTC), crontab="0 3 * * *", zone="Europe/Berlin"
    )
    assert on_time.next_after(START - DAY) == on_time.start


def test_what_was_before_the_question_does_not_come_again() -> None:
    trigger = trigger_for("daily", start=START)
    assert trigger.next_after(START + 400 * DAY + SECOND) == START + 401 * DAY


@pytest.mark.parametrize(
    ("fold", "expected"),
    [("first", "00:30 01:30+1"), ("second", "00:30 01:30+1"), ("both", "00:30 01:30 01:30+1")],
)
def test_a_start_in_the_repeated_hour_runs_and_its_repetition_only_with_both(fold: str, expected: str) -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # the first of the two
    trigger = trigger_for("daily", start=start, zone="Europe/Berlin", fold=fold)
    until = trigger.start + 2 * DAY
    found = trigger.between(BEFORE, until, 9)
    texts = [f"{due:%H:%M}" + (f"+{(due.date() - start.date()).days}" if due.day > 25 else "") for due in found]
    assert " ".join(texts) == expected
    assert trigger.count(BEFORE, until) == len(found)


def test_a_start_in_the_second_of_the_repeated_hours_runs() -> None:
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    trigger = trigger_for("daily", start=start, zone="Europe/Berlin", fold="first")
    assert trigger.between(BEFORE, start + 2 * DAY, 9) == [start, start + DAY, start + 2 * DAY]


def test_daily_keeps_its_time_over_forty_years() -> None:
    """P12: computed from the start, so after a gap the next day is right again and nothing drifts."""
    zone = ZoneInfo("Europe/Berlin")
    trigger = trigger_for("daily", start=datetime(2020, 1, 1, 2, 30, 15, tzinfo=zone), zone="Europe/Berlin")
    walls = [due.astimezone(zone) for due in trigger.between(BEFORE, datetime(2060, 1, 1, tzinfo=UTC), 20_000)]
    assert [wall.date() for wall in walls] == [walls[0].date() + place * DAY for place in range(len(walls))]
    odd = {f"{wall:%H:%M:%S}" for wall in walls} - {"02:30:15"}
    assert odd == {"03:00:00"}


def test_the_end_is_the_last_moment() -> None:
    trigger = trigger_for("hourly", start=START, end=START + timedelta(hours=2))
    assert len(trigger.between(BEFORE, LATER, 9)) == trigger.count(BEFORE, LATER) == 3
    assert trigger.next_after(START + timedelta(hours=2)) is None
    earlier = trigger_for("hourly", start=START, end=START + timedelta(hours=2) - SECOND)
    assert len(earlier.between(BEFORE, LATER, 9)) == earlier.count(BEFORE, LATER) == 2


@tried
@given(st.sampled_from(KINDS), st.integers(0, 86_400), st.text(max_size=40), st.integers(0, 10**6))
def test_jitter_moves_all_instants_by_the_same_time(interval: str, most: int, key: str, ago: int) -> None:
    plain = trigger_for(interval, start=START, crontab="*/7 3 * * *", zone="Europe/Berlin")
    spread = trigger_for(
        interval, start=START, crontab="*/7 3 * * *", zone="Europe/Berlin", jitter_seconds=most, jitter_key=key
    )
    assert timedelta(0) <= spread.jitter <= timedelta(seconds=most)
    after = START + timedelta(seconds=ago) - DAY
    expected = [due + spread.jitter for due in plain.between(BEFORE, after + 60 * DAY, 10_000)]
    expected = [due for due in expected if after < due <= after + 50 * DAY]
    assert spread.between(after, after + 50 * DAY, 10_000) == expected
    assert spread.count(after, after + 50 * DAY) == len(expected)


def test_jitter_is_stable_and_spreads() -> None:
    jitters = [trigger_for("daily", start=START, jitter_seconds=59, jitter_key=str(key)).jitter for key in range(2000)]
    assert jitters[7] == trigger_for("daily", start=START, jitter_seconds=59, jitter_key="7").jitter
    assert len(set(jitters)) == 60
    assert trigger_for("immediately", start=START, jitter_seconds=59, jitter_key="7").jitter == timedelta(0)


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"interval": "monthly"}, "interval", "“monthly” is none of immediately, future, hourly"),
        ({"zone": "Berlin"}, "time_zone", "Did you mean Europe/Berlin?"),
        ({"day_rule": "xor"}, "day_rule", "none of or, and"),
        ({"gap": ""}, "gap", "none of after, skip"),
        ({"fold": "third"}, "fold", "none of first, second, both"),
        ({"start": datetime(2026, 1, 1)}, "start_time", "Give the offset from UTC"),
        ({"start": datetime(1, 1, 1, tzinfo=timezone(14 * timedelta(hours=1)))}, "start_time", "The year must be"),
        ({"start": datetime(9999, 12, 31, tzinfo=UTC)}, "start_time", "The year must be"),
        ({"end": datetime(2026, 4, 1)}, "end_time", "Give the offset from UTC"),
        ({"end": START - SECOND}, "end_time", "The end is before the start."),
        ({"jitter_seconds": -1}, "jitter_seconds", "from 0 to 86400"),
        ({"jitter_seconds": 86_401}, "jitter_seconds", "from 0 to 86400"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_field(changed: dict[str, object], field: str, sentence: str) -> None:
    settings = {"interval": "daily", "start": START} | changed
    with pytest.raises(Invalid) as refused:
        trigger_for(settings.pop("interval"), **settings)  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert sentence in refused.value.fields[field][0]


@tried
@given(
    st.sampled_from(KINDS),
    st.sampled_from(["UTC", "Europe/Berlin", "Africa/Monrovia", "Asia/Kathmandu"]),
    st.datetimes(datetime(1971, 1, 1), datetime(8990, 1, 1)),
    st.datetimes(),
)
def test_any_start_and_any_question_have_an_answer(interval: str, zone: str, start: datetime, asked: datetime) -> None:
    trigger = trigger_for(interval, start=start.replace(tzinfo=UTC), crontab="0 0 29 2 *", zone=zone)
    due = trigger.next_after(asked.replace(tzinfo=UTC))
    assert due is None or due > asked.replace(tzinfo=UTC)
    if asked.year < 2100:
        assert trigger.count(trigger.start - DAY, asked.replace(tzinfo=UTC)) >= 0


def test_a_date_that_a_policy_leaves_out_is_looked_for_in_later_years() -> None:
    """Tehran left out 00:00 to 01:00 of 22 March for years; with `skip` those years have no run."""
    start = datetime(2017, 6, 1, tzinfo=UTC)
    trigger = trigger_for("custom", start=start, crontab="30 0 22 3 *", zone="Asia/Tehran", gap="skip")
    zone = ZoneInfo("Asia/Tehran")
    found = [f"{due.astimezone(zone):%Y-%m-%d %H:%M}" for due in trigger.between(start, LATER, 3)]
    assert found == ["2020-03-22 00:30", "2023-03-22 00:30", "2024-03-22 00:30"]


def test_a_trigger_is_a_value() -> None:
    one, other = (trigger_for("custom", start=START, crontab="0 3 * * *", zone="Europe/Berlin") for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != trigger_for("custom", start=START, crontab="0 4 * * *", zone="Europe/Berlin")
    assert pickle.loads(pickle.dumps(one)).next_after(START) == one.next_after(START)


@pytest.mark.parametrize(
    "given",
    [
        {"interval": "custom", "crontab": "*/20 1-4 * * *", "zone": "Europe/Berlin"},
        {"interval": "custom", "crontab": "30 2 L * 5", "zone": "America/New_York"},
        {"interval": "custom", "crontab": "*/20 1-4 * * *", "jitter_seconds": 900, "jitter_key": "x"},
        {"interval": "custom", "crontab": "0 * * * *", "end": datetime(2026, 3, 28, 12, tzinfo=UTC)},
        {"interval": "daily", "zone": "Europe/Berlin"},
        {"interval": "hourly"},
        {"interval": "future"},
    ],
    ids=lambda given: " ".join(map(str, given.values())),
)
def test_counts_between_edges_are_those_of_each_two_of_them(given: dict[str, Any]) -> None:
    """Over both clock changes, from before the start on."""
    trigger = trigger_for(**{"start": START, **given})
    edges = [START - 2 * DAY + timedelta(hours=11 * step) for step in range(500)]
    assert trigger.counts(edges) == [len(trigger.between(earlier, later, 999)) for earlier, later in pairwise(edges)]
    later = [edge for edge in edges if edge > START]
    assert trigger.counts(later) == trigger.counts(edges)[-len(later) + 1 :]
