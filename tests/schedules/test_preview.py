"""Previews show what the scheduler will do."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.schedules.conftest import MakeSchedule

from foureyes.errors import Invalid
from foureyes.models import Occurrence, ScheduledJob
from foureyes.schedules.create import Plan
from foureyes.schedules.preview import preview_of, preview_of_schedule, sentence_of

Noon = Callable[..., datetime]


def test_instants_are_those_that_fire(
    make_schedule: MakeSchedule, noon: Noon, fire: Callable[[datetime], int]
) -> None:  # P13
    shown = preview_of(Plan(interval="custom", crontab="*/5 * * * *"), after=noon(0, 1), count=4)
    make_schedule(at=noon(0, 1))
    for minute in range(25):
        fire(noon(minute))
    fired = list(Occurrence.objects.order_by("planned_at").values_list("planned_at", flat=True))
    assert [one.instant for one in shown.instants] == fired
    assert shown.sentence == "Every 5 minutes, UTC"


def test_start_that_is_now_is_shown(noon: Noon) -> None:
    shown = preview_of(Plan(interval="daily", start_time=noon(0)), after=noon(0), count=1)
    assert [one.instant for one in shown.instants] == [noon(0)]


def test_no_more_is_shown_than_may_run(noon: Noon) -> None:
    shown = preview_of(Plan(interval="hourly", max_runs=2), after=noon(0), count=10)
    assert len(shown.instants) == 2


def test_jitter_is_told_and_not_guessed(noon: Noon) -> None:
    shown = preview_of(Plan(interval="hourly", jitter_seconds=60), after=noon(0), count=1)
    assert shown.instants[0].instant == noon(0)
    assert "up to 60 s later" in shown.notes[-1].text


def test_what_would_be_refused_is_refused(noon: Noon) -> None:
    for plan in (
        Plan(interval="custom", crontab="x"),
        Plan(interval="future", start_time=noon(-1)),
        Plan(interval="immediately"),
        Plan(interval="hourly", overlap="?"),
    ):
        with pytest.raises(Invalid):
            preview_of(plan, after=noon(0), count=3)


def test_stored_schedule_is_shown_with_its_own_jitter_from_its_next_instant(
    make_schedule: MakeSchedule, noon: Noon
) -> None:
    schedule = make_schedule(jitter_seconds=100)
    shown = preview_of_schedule(schedule, after=noon(1), count=2)
    assert schedule.next_run_at is not None
    assert [one.instant for one in shown.instants] == [
        schedule.next_run_at,
        schedule.next_run_at + timedelta(minutes=5),
    ]


def test_sentence_of_a_damaged_row_tells_what_is_wrong(make_schedule: MakeSchedule) -> None:
    schedule = make_schedule()
    ScheduledJob.objects.update(crontab="nonsense")
    schedule.refresh_from_db()
    assert "five fields" in sentence_of(schedule)
