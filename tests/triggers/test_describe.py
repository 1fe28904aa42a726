"""What people read: the sentence, the next instants and the notes; all from the trigger itself (P13, P27, P34)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.triggers.properties import tried

from foureyes.errors import Invalid
from foureyes.triggers import Trigger, describe, note_on_wall, preview, trigger_for

START = datetime(2026, 3, 20, 12, 0, 10, tzinfo=UTC)


def cron(crontab: str, **settings: Any) -> Trigger:
    return trigger_for("custom", start=START, crontab=crontab, **{"zone": "Europe/Berlin"} | settings)


def notes_of(trigger: Trigger, after: datetime = START) -> dict[str, str]:
    return {note.code: note.text for note in preview(trigger, after=after).notes}


@pytest.mark.parametrize(
    ("crontab", "sentence"),
    [
        ("30 2 * * 1-5", "Every weekday at 02:30"),
        ("30 2 * * *", "Every day at 02:30"),
        ("@hourly", "Every hour, on the hour"),
        ("7 * * * *", "Every hour at minute 7"),
        ("7 8-17 * * *", "Every hour from 08:07 to 17:07"),
        ("0 */2 * * *", "Every 2 hours from 00:00"),
        ("0 1,2,3,7,9,11,20 * * *", "At minute 0 of the hours 01, 02, 03, 07, 09, 11 and 20"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("*/15 8-17 * * 1-5", "Every 15 minutes from 08:00 to 17:59, every weekday"),
        ("*/15 */4 * * *", "Every 15 minutes in every 4th hour from 00:00"),
        ("*/15 1,5 * * *", "Every 15 minutes in the hours 01 and 05"),
        ("5,10 22-2 * * *", "At minutes 5 and 10 of every hour from 22:00 to 02:59"),
        ("*/7 * * * *", "At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"),
        ("0 2,14 * * *", "Every day at 02:00 and 14:00"),
        ("0 2 * * fri-mon", "Every Monday, Friday, Saturday and Sunday at 02:00"),
        ("0 2 * nov-feb *", "Every day in November to February at 02:00"),
        ("0 2 1,15 * *", "On the 1st and the 15th of the month at 02:00"),
        ("0 2 1-7,22 6 *", "On the 1st to 7th and the 22nd of June at 02:00"),
        ("0 2 L,LW * *", "On the last day and the last working day of the month at 02:00"),
        ("0 2 */2 * *", "On every 2nd day from the 1st of the month at 02:00"),
        ("0 2 * * 5#2,friL", "On the second Friday and the last Friday of the month at 02:00"),
        ("0 2 * 1,7 1,3#3", "Every Monday in January and July and on the third Wednesday of January and July at 02:00"),
        ("0 2 13 * 5", "On the 13th of the month and also every Friday at 02:00"),
        ("0 2 1-31 * 5", "Every day at 02:00"),
        ("0 2 */2 * 1,3", "On every 2nd day from the 1st of the month if that is a Monday or Wednesday at 02:00"),
    ],
)
def test_a_crontab_in_words(crontab: str, sentence: str) -> None:
    assert describe(cron(crontab)) == f"{sentence}, Europe/Berlin"


def test_the_day_rule_changes_the_sentence() -> None:
    assert describe(cron("0 2 13 * 5", day_rule="and")).startswith(
        "On the 13th of the month if that is a Friday at 02:00"
    )


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        ("hourly", "Every hour from Fri 20 Mar 2026 at 13:00:10, Europe/Berlin"),
        ("daily", "Every day at 13:00:10, Europe/Berlin"),
        ("weekly", "Every Friday at 13:00:10, Europe/Berlin"),
        ("future", "Once on Fri 20 Mar 2026 at 13:00:10, Europe/Berlin"),
        ("immediately", "Once, as soon as possible from Fri 20 Mar 2026 at 13:00:10, Europe/Berlin"),
    ],
)
def test_the_other_intervals_in_words(interval: str, sentence: str) -> None:
    assert describe(trigger_for(interval, start=START, zone="Europe/Berlin")) == sentence


def test_end_and_jitter_are_said() -> None:
    trigger = cron("0 2 * * *", end=datetime(2026, 12, 31, 23, tzinfo=UTC), jitter_seconds=90, jitter_key="e")
    assert describe(trigger) == "Every day at 02:00, Europe/Berlin, with a delay of 74 s, until Fri 1 Jan 2027 at 00:00"


def test_a_preview_shows_what_the_scheduler_will_use() -> None:
    trigger = cron("30 2 * * *")
    shown = preview(trigger, after=START, count=3)
    assert [one.instant for one in shown.instants] == trigger.between(START, datetime(2100, 1, 1, tzinfo=UTC), 3)
    assert shown.instants[0].local.isoformat() == "2026-03-21T02:30:00+01:00"
    assert shown.sentence == describe(trigger)


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        ({}, "The time in between does not exist; what is planned then runs once, at 03:00."),
        ({"gap": "skip"}, "The time in between does not exist; what is planned then does not run."),
    ],
)
def test_a_gap_among_the_next_instants_is_told(settings: dict[str, str], effect: str) -> None:
    text = notes_of(cron("30 2 * * *", **settings))["clock_change"]
    assert text == f"On Sun 29 Mar 2026 at 02:00 the clock is put forward to 03:00. {effect}"
    assert "clock_change" not in notes_of(cron("30 2 * * *", **settings), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("crontab", "fold", "when"),
    [
        ("30 2 * * *", "first", "the first time only"),
        ("30 2 * * *", "second", "the second time only"),
        ("30 2 * * *", "both", "both times"),
        ("*/30 2 * * *", "first", "both times"),
    ],
)
def test_a_repeated_hour_among_the_next_instants_is_told(crontab: str, fold: str, when: str) -> None:
    text = notes_of(cron(crontab, fold=fold), datetime(2026, 10, 23, tzinfo=UTC))["clock_change"]
    assert text.startswith("On Sun 25 Oct 2026 at 03:00 the clock is put back to 02:00.")
    assert f"what is planned then runs {when}." in text


def test_a_change_that_touches_nothing_is_told_once() -> None:
    texts = [note.text for note in preview(cron("0 12 1 * *"), after=START).notes if note.code == "clock_change"]
    assert len(texts) == 1
    assert texts[0].endswith("No run is planned in between: all keep their local time.")
    hourly = trigger_for("hourly", start=START, zone="Europe/Berlin")
    before = datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert notes_of(hourly, before)["clock_change"].endswith("The runs stay an hour of real time apart.")


def test_a_day_that_does_not_exist_is_told_with_its_date() -> None:
    start = datetime(2011, 12, 27, tzinfo=UTC)
    trigger = trigger_for("daily", start=start, zone="Pacific/Apia")
    text = notes_of(trigger, start)["clock_change"]
    assert "the clock is put forward to Sat 31 Dec 2011 at 00:00." in text
    assert "runs once, at Sat 31 Dec 2011 at 00:00." in text


@pytest.mark.parametrize(
    ("crontab", "code", "text"),
    [
        ("0 2 13 * 5", "day_rule", "one of them is enough (day rule “or”, as in crontab(5))"),
        ("0 2 */2 * 1", "day_rule", "A day field begins with *, so a day must match both"),
        ("*/15 * * * *", "often", "This runs up to 96 times a day."),
        ("0 2 31 * *", "short_months", "There is no 31st of February, April, June, September or November."),
        ("0 2 30 * *", "short_months", "There is no 30th of February."),
        ("0 2 29 2 *", "short_months", "There is a 29th of February in leap years only."),
        ("0 2 * * 5#5", "short_months", "Not every month has a fifth day of week."),
        ("0 2 29 2 *", "rare", "This is rare: nothing runs between Fri 20 Mar 2026 and Tue 29 Feb 2028."),
    ],
)
def test_what_surprises_is_noted(crontab: str, code: str, text: str) -> None:
    assert text in notes_of(cron(crontab))[code]


def test_with_the_other_rule_the_note_says_so() -> None:
    assert "must match both of them (day rule “and”)" in notes_of(cron("0 2 13 * 5", day_rule="and"))["day_rule"]


def test_what_is_before_the_start_is_not_noted() -> None:
    trigger = trigger_for("custom", start=datetime(2030, 6, 1, tzinfo=UTC), crontab="30 2 * * *", zone="Europe/Berlin")
    assert notes_of(trigger) == {}


def test_a_usual_crontab_has_no_notes() -> None:
    assert notes_of(cron("30 2 1,15 * *", zone="UTC")) == {}
    assert notes_of(cron("0 * * * *", zone="UTC")) == {}
    assert notes_of(trigger_for("future", start=START, zone="Europe/Berlin"), START - timedelta(days=300)) == {}


def test_a_trigger_that_is_over_says_so() -> None:
    """P41: what creates nothing says so."""
    shown = preview(trigger_for("future", start=START), after=START)
    assert shown.instants == ()
    assert [note.code for note in shown.notes] == ["never"]


number = st.integers(0, 40).map(str)
term = st.one_of(st.just("*"), number, st.builds("{}-{}".format, number, number), st.builds("*/{}".format, number))
special = st.one_of(term, st.sampled_from(["L", "LW", "5#5", "1L", "jan", "sat"]))
crontabs = st.lists(st.lists(special, min_size=1, max_size=3).map(",".join), min_size=5, max_size=5).map(" ".join)


@tried
@given(crontabs, st.sampled_from(["or", "and"]))
def test_every_crontab_has_a_sentence_and_notes(crontab: str, day_rule: str) -> None:
    try:
        trigger = cron(crontab, day_rule=day_rule)
    except Invalid:
        return
    shown = preview(trigger, after=START)
    assert shown.sentence.endswith(", Europe/Berlin")
    assert all(note.text.endswith(".") for note in shown.notes)


FORWARD = "does not exist in Europe/Berlin: the clock is put forward to 03:00, which is taken instead."
BACK = "comes twice in Europe/Berlin: the clock is put back to 02:00, and the first time is taken."


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (datetime(2027, 3, 28, 2, 30), f"Sun 28 Mar 2027 at 02:30 {FORWARD}"),
        (datetime(2027, 10, 31, 2, 30), f"Sun 31 Oct 2027 at 02:30 {BACK}"),
    ],
)
def test_a_time_that_a_clock_change_takes_away_or_gives_twice_is_told(wall: datetime, text: str) -> None:
    note = note_on_wall(wall, zone="Europe/Berlin")
    assert note is not None
    assert note.text == text


@pytest.mark.parametrize("wall", [datetime(2027, 3, 28, 1, 59), datetime(2027, 3, 28, 3), datetime(2027, 10, 31, 3)])
def test_times_beside_a_clock_change_are_as_any_other(wall: datetime) -> None:
    assert note_on_wall(wall, zone="Europe/Berlin") is None
    assert note_on_wall(datetime(2027, 3, 28, 2, 30), zone="UTC") is None
