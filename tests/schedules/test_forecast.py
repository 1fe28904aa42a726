"""What is planned in a period, of many schedules."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.schedules.conftest import MakeJob, MakeSchedule

from foureyes.errors import Invalid
from foureyes.models import ScheduledJob
from foureyes.schedules.control import cancel, pause, skip_next
from foureyes.schedules.forecast import DUE, Forecast, counts, forecast, slots
from foureyes.users.models import User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]


def told(found: Forecast, noon: Noon) -> list[tuple[str, list[int], int]]:
    """Name, minutes after noon, and how many more."""
    return [
        (one.schedule.name, [int((at - noon(0)) / timedelta(minutes=1)) for at in one.instants], one.more)
        for one in found.planned
    ]


def test_instants_of_the_period_are_those_that_fire(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:
    make_schedule(name="five")
    make_schedule(name="ten", crontab="*/10 * * * *")
    make_schedule(name="later", interval="future", start_time=noon(60))
    found = forecast(user=alice, since=noon(0), until=noon(20))
    assert (told(found, noon), found.complete) == ([("five", [5, 10, 15], 0), ("ten", [10], 0)], True)
    fire(noon(10))
    assert told(forecast(user=alice, since=noon(0), until=noon(20)), noon) == [("five", [15], 0)]


def test_period_may_begin_later(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    make_schedule(name="five", max_runs=4)
    assert told(forecast(user=alice, since=noon(12), until=noon(60)), noon) == [("five", [15, 20], 0)]


def test_what_is_too_much_is_counted(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    make_schedule(name="one")
    make_schedule(name="other", max_runs=5)
    found = forecast(user=alice, since=noon(0), until=noon(61), most_of_one=2)
    assert sorted(told(found, noon)) == [("one", [5, 10], 10), ("other", [5, 10], 3)]
    found = forecast(user=alice, since=noon(0), until=noon(61), most=1)
    assert (len(found.planned), found.complete) == (1, False)


def test_instants_are_counted_by_day(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    hour = 60
    edges = [noon(at * hour) for at in (-12, 12, 36, 60)]
    assert counts(schedule=make_schedule(crontab="0 * * * *"), edges=edges) == [11, 24, 24]
    assert counts(schedule=make_schedule(crontab="0 * * * *", max_runs=20), edges=edges) == [11, 9, 0]
    ended = make_schedule()
    cancel(schedule=ended, by=alice, now=noon(1))
    assert counts(schedule=ScheduledJob.objects.get(pk=ended.pk), edges=edges) == [0, 0, 0]


def test_one_alone_between_two_edges_has_its_own_instant(make_schedule: MakeSchedule, noon: Noon) -> None:
    edges = [noon(at) for at in (1, 60, 120, 180)]
    found = slots(schedule=make_schedule(crontab="15,45 12,14 * * *"), edges=edges)
    assert list(found) == [(noon(1), noon(60), 2), (noon(120), noon(180), 2)]
    assert list(slots(schedule=make_schedule(crontab="15 * * * *"), edges=edges)) == [
        (noon(at), noon(at), 1) for at in (15, 75, 135)
    ]


def test_many_schedules_have_fewer_instants_each(
    make_schedule: MakeSchedule, alice: User, noon: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foureyes.schedules.forecast.MOST_INSTANTS", 6)
    for _ in range(3):
        make_schedule()
    found = forecast(user=alice, since=noon(0), until=noon(60))
    assert [(len(one.instants), one.more) for one in found.planned] == [(2, 9)] * 3


def test_paused_and_skipped_and_ended_ones(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    paused, skipped, ended = make_schedule(name="paused"), make_schedule(name="skipped"), make_schedule()
    pause(schedule=paused, by=alice, now=noon(1))
    skip_next(schedule=skipped, by=alice, now=noon(1))
    cancel(schedule=ended, by=alice, now=noon(1))
    found = forecast(user=alice, since=noon(0), until=noon(11))
    assert [(one.schedule.name, one.schedule.state, len(one.instants)) for one in found.planned] == [
        ("paused", "paused", 2),
        ("skipped", "active", 1),
    ]


def test_only_what_a_person_may_view(make_schedule: MakeSchedule, dave: User, noon: Noon) -> None:
    make_schedule()
    assert forecast(user=dave, since=noon(0), until=noon(20)).planned == ()


def test_damaged_row_hides_no_other(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    damaged = make_schedule()
    make_schedule(name="sound")
    ScheduledJob.objects.filter(pk=damaged.pk).update(crontab="nonsense")
    assert [one.schedule.name for one in forecast(user=alice, since=noon(0), until=noon(6)).planned] == ["sound"]


@pytest.mark.parametrize("minutes", [0, -5, 60 * 24 * 401])
def test_period_has_an_end_and_is_not_endless(alice: User, noon: Noon, minutes: int) -> None:
    with pytest.raises(Invalid) as refused:
        forecast(user=alice, since=noon(0), until=noon(minutes))
    assert list(refused.value.fields) == ["to"]


def test_of_many_instants_only_the_first_is_given_where_the_others_are_counted(
    make_schedule: MakeSchedule, alice: User, noon: Noon
) -> None:
    make_schedule(name="often", crontab="*/5 * * * *"), make_schedule(name="seldom", crontab="30 * * * *")
    found = forecast(user=alice, since=noon(1), until=noon(60), most_of_one=4, first_of_many=True).planned
    assert [(one.schedule.name, one.instants, one.more) for one in found] == [
        ("often", (noon(5),), 10),
        ("seldom", (noon(30),), 0),
    ]


def test_queries_do_not_grow_with_schedules(
    make_schedule: MakeSchedule, make_job: MakeJob, alice: User, noon: Noon, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        make_schedule()
    with django_assert_max_num_queries(3):
        assert len(forecast(user=alice, since=noon(0), until=noon(60)).planned) == 20


def test_next_schedules_are_found_by_the_index_of_due_ones(db: None, noon: Noon) -> None:
    """Otherwise a calendar reads a million schedules."""
    rows = ScheduledJob.objects.filter(DUE, next_run_at__lt=noon(60)).order_by("next_run_at", "id")[:100]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        statement, values = rows.query.sql_with_params()
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {statement}", values)
        assert "scheduled_job_due" in str(cursor.fetchall())
