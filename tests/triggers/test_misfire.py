"""A late scheduler: which instants fire, which are skipped or missed, and that the answer is quick after any time."""

import time as clock
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.triggers.properties import tried

from foureyes.errors import Invalid
from foureyes.triggers import Decision, decide, newest, trigger_for
from foureyes.triggers.misfire import is_too_late

START = datetime(2026, 3, 20, tzinfo=UTC)
HOUR, SECOND, DAY = timedelta(hours=1), timedelta(seconds=1), timedelta(days=1)
hourly = trigger_for("hourly", start=START)


def fired(decision: Decision) -> tuple[datetime, ...]:
    """The instants to run now."""
    return tuple(verdict.planned_at for verdict in decision.verdicts if verdict.fate == "fired")


def told(decision: Decision) -> str:
    return " ".join(
        f"{verdict.planned_at:%H} {verdict.fate} {verdict.reason}".strip() + "," for verdict in decision.verdicts
    )


def test_nothing_due_decides_nothing() -> None:
    decision = decide(hourly, decided_until=START, now=START + HOUR - SECOND)
    assert (decision.verdicts, decision.spans) == ((), ())
    assert decision.decided_until == START + HOUR - SECOND
    assert decision.upcoming == START + HOUR


def test_an_instant_on_time_fires_under_each_policy() -> None:
    for policy in ("latest", "skip", "all"):
        decision = decide(hourly, decided_until=START, policy=policy, latest_start_seconds=0, now=START + HOUR)
        assert fired(decision) == (START + HOUR,)
        assert decision.upcoming == START + 2 * HOUR


@pytest.mark.parametrize(
    ("late", "missed"),
    [(600 * SECOND, False), (601 * SECOND - timedelta.resolution, False), (601 * SECOND, True), (HOUR, True)],
)
def test_the_latest_start_has_a_second_of_grace_for_every_way_to_a_run(late: timedelta, missed: bool) -> None:
    planned = START + HOUR
    decision = decide(hourly, decided_until=START, latest_start_seconds=600, now=planned + late)
    assert (decision.verdicts[0].fate == "missed") is missed
    assert is_too_late(planned, latest_start_seconds=600, now=planned + late) is missed
    assert not is_too_late(planned, latest_start_seconds=None, now=planned + late)


@pytest.mark.parametrize(
    ("policy", "limit", "latest_start", "expected"),
    [
        ("latest", None, None, "01 skipped later_one_runs, 02 skipped later_one_runs, 03 fired,"),
        (
            "skip",
            None,
            None,
            "01 skipped scheduler_was_late, 02 skipped scheduler_was_late, 03 skipped scheduler_was_late,",
        ),
        ("all", None, None, "01 fired, 02 fired, 03 fired,"),
        ("all", 2, None, "01 skipped over_catch_up_limit, 02 fired, 03 fired,"),
        ("latest", None, 1800, "01 missed over_latest_start, 02 missed over_latest_start, 03 fired,"),
        ("latest", None, 600, "01 missed over_latest_start, 02 missed over_latest_start, 03 missed over_latest_start,"),
        ("all", None, 4800, "01 missed over_latest_start, 02 fired, 03 fired,"),
        ("all", 1, 4800, "01 missed over_latest_start, 02 skipped over_catch_up_limit, 03 fired,"),
    ],
)
def test_a_scheduler_twenty_minutes_late_for_three_instants(
    policy: str, limit: int | None, latest_start: int | None, expected: str
) -> None:
    """P42, P43."""
    now = START + 3 * HOUR + timedelta(minutes=20)
    decision = decide(
        hourly, decided_until=START, policy=policy, limit=limit, latest_start_seconds=latest_start, now=now
    )
    assert told(decision) == expected
    assert (decision.decided_until, decision.upcoming, decision.spans) == (now, START + 4 * HOUR, ())


@pytest.mark.parametrize(("late", "fires"), [(59, True), (60, True), (61, False)])
def test_skip_runs_what_is_at_most_a_minute_late(late: int, fires: bool) -> None:
    decision = decide(hourly, decided_until=START, policy="skip", now=START + HOUR + late * SECOND)
    assert bool(fired(decision)) is fires


def test_a_second_that_has_begun_is_not_yet_late() -> None:
    for late, fires in ((10.999, True), (11, False)):
        now = START + HOUR + timedelta(seconds=late)
        assert bool(fired(decide(hourly, decided_until=START, latest_start_seconds=10, now=now))) is fires


def test_a_clock_that_went_back_decides_nothing_twice() -> None:
    decision = decide(hourly, decided_until=START + 5 * HOUR, now=START + 2 * HOUR)
    assert (decision.verdicts, decision.decided_until) == ((), START + 5 * HOUR)
    assert decision.upcoming == START + 6 * HOUR


def test_ten_years_of_every_minute_are_decided_at_once() -> None:
    trigger = trigger_for("custom", start=START, crontab="* * * * *", zone="Europe/Berlin")
    now = START + 3650 * DAY
    begin = clock.process_time()
    decision = decide(trigger, decided_until=START, policy="latest", latest_start_seconds=10 * 86_400, most=50, now=now)
    assert clock.process_time() - begin < 2
    assert fired(decision) == (now,)
    assert len(decision.verdicts) == 50
    missed, skipped = decision.spans
    assert (missed.fate, missed.first, missed.last) == ("missed", START + 60 * SECOND, now - 10 * DAY - 60 * SECOND)
    assert (skipped.fate, skipped.reason) == ("skipped", "later_one_runs")
    assert (skipped.first, skipped.last) == (now - 10 * DAY, now - 50 * 60 * SECOND)
    assert missed.count + skipped.count + 50 == 3650 * 1440


def test_a_rare_month_of_every_minute_long_ago_is_found_quickly() -> None:
    trigger = trigger_for("custom", start=START, crontab="* * * 1 *")
    begin = clock.process_time()
    found, older = newest(trigger, after=START, until=datetime(2050, 12, 31, tzinfo=UTC), most=3)
    assert clock.process_time() - begin < 2
    assert (found[-1], older) == (datetime(2050, 1, 31, 23, 59, tzinfo=UTC), True)


@tried
@given(
    st.sampled_from(["* * * * *", "*/15 1-3 * * *", "30 2 * * *", "0 0 1 * *", "*/20 * 29 3 *"]),
    st.sampled_from(["latest", "skip", "all"]),
    st.none() | st.integers(1, 60),
    st.none() | st.integers(0, 100_000),
    st.integers(1, 40),
    st.integers(0, 400_000),
)
def test_every_instant_has_exactly_one_fate(
    crontab: str, policy: str, limit: int | None, latest_start: int | None, most: int, late: int
) -> None:
    trigger = trigger_for("custom", start=START, crontab=crontab, zone="Europe/Berlin", fold="both")
    since = datetime(2026, 3, 26, tzinfo=UTC)
    now = since + late * SECOND
    decision = decide(
        trigger, decided_until=since, policy=policy, limit=limit, latest_start_seconds=latest_start, most=most, now=now
    )
    planned = trigger.between(since, now, 100_000)
    listed = [verdict.planned_at for verdict in decision.verdicts]
    assert listed == planned[-most:]
    older = planned[: len(planned) - len(listed)]
    for span in decision.spans:
        of_it = [due for due in older if span.first <= due <= span.last]
        assert (of_it[0], of_it[-1], len(of_it)) == (span.first, span.last, span.count)
        too_late = latest_start is not None and (now - span.last) // SECOND > latest_start
        assert span.fate == ("missed" if too_late else "skipped")
    assert sum(span.count for span in decision.spans) == len(older)
    for verdict in decision.verdicts:
        too_late = latest_start is not None and (now - verdict.planned_at) // SECOND > latest_start
        assert (verdict.fate == "missed") is too_late
    assert set(fired(decision)) <= set(planned[-(limit or most) :] if policy == "all" else planned[-1:])
    assert decision.upcoming == trigger.next_after(now)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"policy": "none"}, "misfire"),
        ({"limit": 0}, "misfire_limit"),
        ({"latest_start_seconds": -1}, "latest_start_seconds"),
    ],
)
def test_a_wrong_rule_is_refused(changed: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        decide(hourly, decided_until=START, now=START, **changed)  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
