"""Zones by name, and the instants that one wall time stands for."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.triggers.properties import tried

from foureyes.errors import Invalid
from foureyes.triggers import (
    forget_rules,
    instants_of,
    rules_edition,
    similar_zones,
    trigger_for,
    zone_named,
    zone_names,
)
from foureyes.triggers.clock import stretch_at, year_of

zones = st.sampled_from(sorted(zone_names()))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("europe/berlin", "Did you mean Europe/Berlin?"),
        ("Berlin", "Did you mean Europe/Berlin?"),
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("New York", "Did you mean America/New_York?"),
        ("Mars/Olympus", "Give a name such as Europe/Berlin, America/New_York or UTC."),
        ("", "Give a name such as"),
        ("+02:00", "Give a name such as"),
        ("localtime", "There is no time zone “localtime”."),
        ("Factory", "There is no time zone “Factory”."),
        ("../etc/passwd", "There is no time zone"),
        ("Europe", "There is no time zone"),
        ("right/Europe/Berlin", "There is no time zone"),
        ("x" * 500, "There is no time zone"),
        ("UTC\0", "There is no time zone"),
    ],
)
def test_an_unknown_zone_is_refused_with_what_was_probably_meant(name: str, hint: str) -> None:
    with pytest.raises(Invalid) as refused:
        zone_named(name)
    assert refused.value.code == "unknown_time_zone"
    (sentence,) = refused.value.fields["time_zone"]
    assert hint in sentence
    assert len(sentence) < 300


def test_a_known_zone_is_given() -> None:
    assert zone_named("Europe/Berlin").key == "Europe/Berlin"


@tried
@given(st.text(max_size=80))
def test_any_text_has_similar_zones_or_none(name: str) -> None:
    assert set(similar_zones(name)) <= zone_names()


def test_the_edition_of_the_rules_has_a_name() -> None:
    assert re.fullmatch(r"20\d\d[a-z]|20\d\d\.\d+|files [0-9a-f]{16}", rules_edition())


def test_after_new_rules_everything_is_read_anew() -> None:
    before = zone_named("Europe/Berlin")
    year_of("Europe/Berlin", 2026)
    forget_rules()
    assert zone_named("Europe/Berlin") is not before
    assert year_of.cache_info().currsize == 0


@pytest.mark.parametrize(
    ("wall", "zone", "gap", "fold", "expected"),
    [
        ("2026-07-01 12:00", "Europe/Berlin", "after", "first", "2026-07-01T10:00"),
        ("2026-03-29 02:30", "Europe/Berlin", "after", "first", "2026-03-29T01:00"),
        ("2026-03-29 02:30", "Europe/Berlin", "skip", "first", ""),
        ("2026-03-29 03:00", "Europe/Berlin", "skip", "first", "2026-03-29T01:00"),
        ("2026-10-25 02:30", "Europe/Berlin", "after", "first", "2026-10-25T00:30"),
        ("2026-10-25 02:30", "Europe/Berlin", "after", "second", "2026-10-25T01:30"),
        ("2026-10-25 02:30", "Europe/Berlin", "after", "both", "2026-10-25T00:30 2026-10-25T01:30"),
        ("2026-10-25 03:00", "Europe/Berlin", "after", "both", "2026-10-25T02:00"),
        ("2011-12-30 12:00", "Pacific/Apia", "after", "first", "2011-12-30T10:00"),
        ("2011-12-30 12:00", "Pacific/Apia", "skip", "first", ""),
        ("2026-10-04 02:15", "Australia/Lord_Howe", "after", "first", "2026-10-03T15:30"),
        ("2024-01-01 00:00", "Pacific/Kiritimati", "after", "first", "2023-12-31T10:00"),
    ],
)
def test_a_wall_time_stands_for_these_instants(wall: str, zone: str, gap: str, fold: str, expected: str) -> None:
    found = instants_of(at(wall), zone=zone, gap=gap, fold=fold)  # type: ignore[arg-type]
    assert " ".join(f"{instant:%Y-%m-%dT%H:%M}" for instant in found) == expected
    assert all(instant.tzinfo is UTC for instant in found)


@pytest.mark.parametrize("wall", [datetime.min, datetime.max])
def test_a_wall_time_out_of_all_reason_is_refused(wall: datetime) -> None:
    with pytest.raises(Invalid, match="The year must be between 1970 and 9000"):
        instants_of(wall, zone="UTC")


@tried
@given(zones, st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))
def test_every_instant_is_one_of_those_of_its_wall_time(zone: str, naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert instant in instants_of(wall, zone=zone, gap="skip", fold="both")


@tried
@given(zones, st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["first", "second", "both"]))
def test_every_wall_time_has_an_instant_unless_gaps_are_skipped(zone: str, wall: datetime, fold: str) -> None:
    after = instants_of(wall, zone=zone, gap="after", fold=fold)  # type: ignore[arg-type]
    skipping = instants_of(wall, zone=zone, gap="skip", fold=fold)  # type: ignore[arg-type]
    exists = datetime.combine(wall, wall.time(), ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    assert skipping == (after if exists.replace(tzinfo=None, fold=0) == wall else ())
    assert len(after) == 1 or (fold == "both" and len(after) == 2)


@tried
@given(zones, st.integers(1970, 2100))
def test_the_stretches_of_a_year_follow_each_other(zone: str, year: int) -> None:
    table = year_of(zone, year)
    assert (table[0].start, table[-1].end) == (datetime(year, 1, 1), datetime(year + 1, 1, 1))
    assert [stretch.end for stretch in table[:-1]] == [stretch.start for stretch in table[1:]]
    for stretch in table:
        for instant in (stretch.start, stretch.end - timedelta(seconds=1)):
            assert instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() == stretch.offset
            assert stretch_at(zone, instant) is stretch


def test_a_change_at_the_turn_of_the_year_is_seen_from_both_sides() -> None:
    """São Tomé went back an hour at 01:00 UTC on 1 January 2019; Kiribati left out 31 December 1994."""
    half_past_one = datetime(2019, 1, 1, 1, 30)
    assert len(instants_of(half_past_one, zone="Africa/Sao_Tome", fold="both")) == 2
    start = datetime(2018, 12, 1, tzinfo=UTC)
    second = trigger_for("custom", start=start, crontab="30 1 1 1 *", zone="Africa/Sao_Tome", fold="second")
    assert second.next_after(start) == datetime(2019, 1, 1, 1, 30, tzinfo=UTC)
    start = datetime(1994, 12, 1, tzinfo=UTC)
    lost = trigger_for("custom", start=start, crontab="0 12 31 12 *", zone="Pacific/Kiritimati")
    assert lost.next_after(start) == datetime(1994, 12, 31, 10, tzinfo=UTC)
