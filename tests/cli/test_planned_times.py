"""Times as people write them: on the clock of a zone, with an offset, or as a time of day; and lengths of time."""

from datetime import UTC, datetime

import pytest

from foureyes.cli.exits import Failure
from foureyes.cli.planned_times import length_of, planned_instant, seconds_of, zone_here

BERLIN = "Europe/Berlin"
NOW = datetime(2030, 3, 29, 21, 30, tzinfo=UTC)  # 22:30 in Berlin, two days before the clock is put forward


def refused(text: str, zone: str = BERLIN) -> tuple[str, str]:
    with pytest.raises(Failure) as caught:
        planned_instant(text, "--start", zone=zone, now=NOW)
    return caught.value.text, caught.value.hint


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2030-01-31T22:00", "2030-01-31T22:00:00+01:00"),
        ("2030-07-31 22:00:07", "2030-07-31T22:00:07+02:00"),
        ("2030-07-31", "2030-07-31T00:00:00+02:00"),
        ("2030-07-31T22:00+05:30", "2030-07-31T22:00:00+05:30"),
        ("2030-07-31T22:00Z", "2030-07-31T22:00:00+00:00"),
        ("23:00", "2030-03-29T23:00:00+01:00"),
        ("22:00", "2030-03-30T22:00:00+01:00"),
        ("22:30", "2030-03-30T22:30:00+01:00"),
        ("22:30:01", "2030-03-29T22:30:01+01:00"),
    ],
)
def test_a_time_without_an_offset_is_on_the_clock_of_the_zone(text: str, instant: str) -> None:
    assert planned_instant(text, "--start", zone=BERLIN, now=NOW) == instant


def test_a_time_that_the_clock_change_takes_away_is_refused_with_both_neighbours() -> None:
    assert refused("2030-03-31T02:30") == (
        "--start: 2030-03-31 02:30 does not exist in Europe/Berlin, because the clock is put forward over it.",
        "Give 2030-03-31T01:30:00+01:00, before that, or 2030-03-31T03:30:00+02:00, after it.",
    )


def test_a_time_that_comes_twice_is_refused_with_both_instants() -> None:
    assert refused("2030-10-27T02:30:15") == (
        "--start: 2030-10-27 02:30:15 comes twice in Europe/Berlin, because the clock is put back.",
        "Give 2030-10-27T02:30:15+02:00 for the first time, or 2030-10-27T02:30:15+01:00 for the second.",
    )


@pytest.mark.parametrize("offered", ["2030-10-27T02:30:15+02:00", "2030-10-27T02:30:15+01:00"])
def test_what_is_offered_is_taken(offered: str) -> None:
    assert planned_instant(offered, "--start", zone=BERLIN, now=NOW) == offered


def test_a_day_that_a_zone_left_out_does_not_exist() -> None:
    assert "does not exist in Pacific/Apia" in refused("2011-12-30T12:00", "Pacific/Apia")[0]


def test_a_midnight_that_a_clock_change_takes_away_is_no_start_of_a_day() -> None:
    assert "2030-04-26 00:00 does not exist in Africa/Cairo" in refused("2030-04-26", "Africa/Cairo")[0]


@pytest.mark.parametrize(
    "text", ["tomorrow", "", "25:00", "22:00+01:00", "2030-02-30", "22", "0001-01-01", "10000-01-01"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    assert f"`{text}` is no time. Give one such as 2030-01-31T22:00" in refused(text)[0]


def test_an_unknown_zone_is_refused_with_what_was_meant() -> None:
    assert refused("2030-01-31T22:00", "Europe/Berlon")[0] == (
        "There is no time zone “Europe/Berlon”. Did you mean Europe/Berlin?"
    )


@pytest.mark.parametrize(
    ("variable", "zone"),
    [(BERLIN, BERLIN), (":Asia/Tokyo", "Asia/Tokyo"), ("UTC", "UTC"), ("Asia/Kolkata", "Asia/Kolkata")],
)
def test_the_zone_of_the_machine_is_that_of_its_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", variable)
    assert zone_here() == zone


@pytest.mark.parametrize("variable", ["", "CET-1CEST", "/etc/localtime", "Nowhere/Land"])
def test_without_a_name_in_the_environment_it_is_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("TZ", variable)
    named = zone_here()
    monkeypatch.delenv("TZ")
    assert named == zone_here()


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("90", 90, "90s"),
        ("90s", 90, "90s"),
        ("15m", 900, "15m"),
        ("15 min", 900, "15m"),
        ("2h", 7200, "2h"),
        ("1d", 86400, "1d"),
        ("0", 0, "0s"),
    ],
)
def test_a_length_of_time_has_a_unit_or_is_in_seconds(text: str, seconds: int, shown: str) -> None:
    assert seconds_of(text, "--jitter") == seconds
    assert length_of(seconds) == shown


@pytest.mark.parametrize("text", ["", "soon", "-5m", "1.5h", "5 weeks", "1h30m"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="is no length of time, such as 90s, 15m, 2h or 1d"):
        seconds_of(text, "--jitter")


def test_no_limit_has_no_length() -> None:
    assert length_of(None) == ""
