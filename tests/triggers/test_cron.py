"""Crontabs: what is accepted as crontab(5), what each part means, and the sentence for each mistake."""

import time as clock
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.triggers.properties import tried

from foureyes.errors import Invalid
from foureyes.triggers import parse_crontab, trigger_for

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def next_of(crontab: str, *, after: datetime = NEW_YEAR, day_rule: str = "or", count: int = 3) -> list[str]:
    trigger = trigger_for("custom", start=after, crontab=crontab, day_rule=day_rule)
    found = trigger.between(after, datetime(2100, 1, 1, tzinfo=UTC), count)
    return [f"{instant:%Y-%m-%d %H:%M}" for instant in found]


def refusal_of(crontab: str, day_rule: str = "or") -> str:
    with pytest.raises(Invalid) as refused:
        trigger_for("custom", start=NEW_YEAR, crontab=crontab, day_rule=day_rule)
    assert list(refused.value.fields) == ["crontab"]
    assert refused.value.code == "invalid_crontab"
    return refused.value.fields["crontab"][0]


@pytest.mark.parametrize(
    ("crontab", "same"),
    [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * sun", "0 0 * * 0"),
        ("0 0 * JAN Monday", "0 0 * 1 1"),
        ("0 0 * december,feb *", "0 0 * 2,12 *"),
        ("0 0 * * fri-mon", "0 0 * * 0,1,5,6"),
        ("0 0 * * sun-tue", "0 0 * * 0-2"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 * * 7-2", "0 0 * * 0-2"),
        ("0 0 * * 6-1", "0 0 * * 0,1,6"),
        ("0 22-2 * * *", "0 0,1,2,22,23 * * *"),
        ("0 22-2/2 * * *", "0 0,2,22 * * *"),
        ("5-1 * * * *", ",".join(map(str, [*range(5, 60), 0, 1])) + " * * * *"),
        ("0 0 1 nov-feb *", "0 0 1 1,2,11,12 *"),
        ("*/100 * * * *", "0 * * * *"),
        ("0 0 */40 * *", "0 0 1 * *"),
        ("5/15 * * * *", "5,20,35,50 * * * *"),
        ("*/15,30 1-5/2 * * sun-tue", "0,15,30,45 1,3,5 * * 0,1,2"),
        ("0 0 * * 0-7", "0 0 * * *"),
        ("00 007 * * *", "0 7 * * *"),
        ("\t0   0\u00a0* *\n* ", "0 0 * * *"),
        ("@daily", "0 0 * * *"),
        (" @Midnight ", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_two_ways_to_write_the_same(crontab: str, same: str) -> None:
    assert next_of(crontab, count=50) == next_of(same, count=50)


@pytest.mark.parametrize(
    ("crontab", "expected"),
    [
        ("0 0 L * *", "2026-01-31 00:00, 2026-02-28 00:00, 2026-03-31 00:00"),
        ("0 0 lw * *", "2026-01-30 00:00, 2026-02-27 00:00, 2026-03-31 00:00"),
        ("0 0 L,15 * *", "2026-01-15 00:00, 2026-01-31 00:00, 2026-02-15 00:00"),
        ("0 0 * * 5#2", "2026-01-09 00:00, 2026-02-13 00:00, 2026-03-13 00:00"),
        ("0 0 * * fri#2", "2026-01-09 00:00, 2026-02-13 00:00, 2026-03-13 00:00"),
        ("0 0 * * FriL", "2026-01-30 00:00, 2026-02-27 00:00, 2026-03-27 00:00"),
        ("0 0 * * 7L", "2026-01-25 00:00, 2026-02-22 00:00, 2026-03-29 00:00"),
        ("0 0 * * 4#5", "2026-01-29 00:00, 2026-04-30 00:00, 2026-07-30 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00, 2032-02-29 00:00, 2036-02-29 00:00"),
        ("0 0 31 * *", "2026-01-31 00:00, 2026-03-31 00:00, 2026-05-31 00:00"),
    ],
)
def test_days_that_move_from_month_to_month(crontab: str, expected: str) -> None:
    assert ", ".join(next_of(crontab)) == expected


@pytest.mark.parametrize(
    ("crontab", "day_rule", "expected"),
    [
        ("0 0 13 * 5", "or", "2026-01-02 00:00, 2026-01-09 00:00, 2026-01-13 00:00"),
        ("0 0 13 * 5", "and", "2026-02-13 00:00, 2026-03-13 00:00, 2026-11-13 00:00"),
        ("0 0 */2 * 1", "or", "2026-01-05 00:00, 2026-01-19 00:00, 2026-02-09 00:00"),  # Debian: */2 is a star
        ("0 0 13 * */2", "or", "2026-01-13 00:00, 2026-06-13 00:00, 2026-08-13 00:00"),
        ("0 0 1-31/2 * 1", "or", "2026-01-03 00:00, 2026-01-05 00:00, 2026-01-07 00:00"),
        ("0 0 29 2 1", "and", "2044-02-29 00:00, 2072-02-29 00:00"),
    ],
)
def test_the_day_rule(crontab: str, day_rule: str, expected: str) -> None:
    assert ", ".join(next_of(crontab, day_rule=day_rule)) == expected


@pytest.mark.parametrize("crontab", ["0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "0 0 30,31 2 */2"])
def test_a_crontab_that_never_matches_is_refused_at_once(crontab: str) -> None:
    assert refusal_of(crontab).startswith("This crontab never matches")


def test_whether_a_crontab_ever_matches_depends_on_the_day_rule() -> None:
    assert len(next_of("0 0 30 2 mon")) == 3
    assert "Both must match" in refusal_of("0 0 30 2 mon", "and")
    assert "Both must match" in refusal_of("0 0 1 * mon#2", "and")


@pytest.mark.parametrize(
    ("crontab", "sentence"),
    [
        ("", "This one has none"),
        ("* * * *", "This one has 4"),
        ("* * * * * *", "This one has 6; there are no seconds, no years and no command."),
        ("@reboot", "“@reboot” names no time: a schedule cannot follow the start of a machine."),
        ("@fortnightly", "Short forms are, alone: @yearly, @annually, @monthly"),
        ("@daily /bin/true", "“@daily /bin/true” is not known"),
        ("60 * * * *", "The minute field cannot be “60”. Allowed are numbers from 0 to 59, *, lists"),
        ("-1 * * * *", "The minute field cannot be “-1”"),
        ("a * * * *", "The minute field cannot be “a”"),
        ("mon * * * *", "The minute field cannot be “mon”"),
        ("* 24 * * *", "The hour field cannot be “24”. Allowed are numbers from 0 to 23"),
        ("* * 0 * *", "The day of month field cannot be “0”. Allowed are numbers from 1 to 31"),
        ("* * L-3 * *", "The day of month field cannot be “L-3”"),
        ("* * 15W * *", "The day of month field cannot be “15W”"),
        ("* * ? * *", "The day of month field cannot be “?”"),
        ("* * * 13 *", "The month field cannot be “13”. Allowed are numbers from 1 to 12, names from January"),
        ("* * * ja *", "The month field cannot be “ja”"),
        ("* * * * 8", "The day of week field cannot be “8”. Allowed are numbers from 0 to 7, names from Sunday"),
        ("* * * * L", "write 5L or FriL"),
        ("* * * * 5#6", "after # give a number from 1 to 5"),
        ("* * * * 1-5#2", "The day of week field cannot be “1-5#2”"),
        ("* * * * 1-3L", "The day of week field cannot be “1-3L”"),
        ("1,2,,3 * * * *", "The minute field has an empty place in its list"),
        ("*/0 * * * *", "The step in “*/0” of the minute field is not a number from 1 on."),
        ("*/ * * * *", "The step in “*/”"),
        ("1-2-3 * * * *", "The minute field cannot be “1-2-3”"),
        ("1- * * * *", "The minute field cannot be “1-”"),
        ("** * * * *", "The minute field cannot be “**”"),
        ("٣ * * * *", "The minute field cannot be “٣”"),
        ("² * * * *", "The minute field cannot be “²”"),
        ("1," * 200 + "1 * * * *", "A crontab has at most 255 characters; this one has 409."),
    ],
)
def test_a_mistake_is_named_with_its_field_and_what_is_allowed(crontab: str, sentence: str) -> None:
    assert sentence in refusal_of(crontab)


def test_other_intervals_do_not_look_at_the_crontab() -> None:
    assert trigger_for("hourly", start=NEW_YEAR, crontab="bad").crontab == ""


words = st.sampled_from(
    [
        *"*0159/-,#L?W@ \t",
        "60",
        "31",
        "7",
        "mon",
        "FRI",
        "feb",
        "LW",
        "5#2",
        "5L",
        "*/",
        "@daily",
        "99999999999",
        "é",
        "٣",
    ]
)
loose = st.lists(words, max_size=30).map("".join)
part = st.lists(words.filter(lambda word: not word.isspace()), min_size=1, max_size=4).map("".join)
number = st.integers(0, 62).map(str)
span = st.one_of(st.just("*"), number, st.builds("{}-{}".format, number, number))
term = st.one_of(span, st.builds("{}/{}".format, span, number), st.sampled_from(["L", "LW", "5#5", "1L", "jan", "sat"]))
shaped = st.lists(st.lists(term, min_size=1, max_size=3).map(",".join), min_size=5, max_size=5).map(" ".join)


@tried
@example("*" * 255, "or")
@example(",".join(["*/1"] * 60) + " * * * *", "or")
@example("0 0 29 2 1#5", "and")
@example("0 0 29 2 0L", "and")
@given(
    st.one_of(loose, shaped, st.text(max_size=300), st.lists(part, min_size=5, max_size=5).map(" ".join)),
    st.sampled_from(["or", "and"]),
)
def test_any_text_is_taken_or_refused_and_never_hangs(text: str, day_rule: str) -> None:
    begin = clock.process_time()
    try:
        trigger = trigger_for("custom", start=NEW_YEAR, crontab=text, zone="Europe/Berlin", day_rule=day_rule)
    except Invalid as refused:
        texts = refused.fields["crontab"]
    else:
        texts = []
        following = trigger.next_after(NEW_YEAR)
        assert following is not None
        trigger.next_after(following)
    assert all(text.endswith(".") for text in texts)
    assert clock.process_time() - begin < 2


@tried
@given(shaped, st.sampled_from(["or", "and"]), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_first_day_is_the_first_that_matches(text: str, day_rule: str, day: date) -> None:
    try:
        crontab = parse_crontab(text, "and" if day_rule == "and" else "or")
    except Invalid:
        return
    found = crontab.day_from(day)
    assert found is not None
    assert crontab.on(found)
    ahead = min((found - day).days, 800)
    assert not any(crontab.on(date.fromordinal(day.toordinal() + later)) for later in range(ahead))
