"""Edits: only what was sent, and no instant lost or doubled."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.schedules.conftest import MakeSchedule, fates

from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import Event, Job, JobResult, Occurrence, ScheduledJob
from foureyes.schedules.control import cancel, pause, skip_next
from foureyes.schedules.edit import edit
from foureyes.users.models import User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]
VARIABLES = [{"name": "site", "type": "StringVar", "required": True}]


@pytest.fixture
def schedule(make_schedule: MakeSchedule) -> ScheduledJob:
    return make_schedule()


def columns(schedule: ScheduledJob) -> dict[str, Any]:
    row = ScheduledJob.objects.get(pk=schedule.pk)
    return {column.name: getattr(row, column.attname) for column in ScheduledJob._meta.fields}


def test_only_what_was_sent_changes(make_schedule: MakeSchedule, make_job: Any, alice: User, noon: Noon) -> None:  # P52
    schedule = make_schedule(job=make_job(variables=VARIABLES), values={"site": "a"}, max_runs=9, misfire="all")
    before = columns(schedule)
    edit(schedule=schedule, changes={"description": "new"}, by=alice, now=noon(1))
    after = columns(schedule)
    changed = {name for name, value in after.items() if before[name] != value}
    assert changed == {"description", "revision", "date_changed"}


def test_saving_untouched_changes_nothing(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    schedule = make_schedule(end_time=noon(500), time_zone="Europe/Berlin")
    before = columns(schedule)
    sent = {name: getattr(schedule, name) for name in ("name", "crontab", "time_zone", "start_time", "end_time")}
    edit(schedule=schedule, changes=sent, by=alice, now=noon(3))
    assert columns(schedule) == before
    assert not Event.objects.filter(kind="schedule.edited").exists()


def test_new_plan_begins_after_now(schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire) -> None:
    edited = edit(schedule=schedule, changes={"crontab": "*/20 * * * *"}, by=alice, now=noon(1))
    assert (edited.next_run_at, edited.revision) == (noon(20), 2)
    assert [fire(noon(5)), fire(noon(20))] == [0, 1]
    assert Occurrence.objects.get().revision == 2
    (fact,) = Event.objects.filter(kind="schedule.edited")
    assert fact.data == {"changes": {"crontab": ["*/5 * * * *", "*/20 * * * *"]}}


def test_instant_that_is_due_still_runs_as_it_was(
    make_schedule: MakeSchedule, make_job: Any, alice: User, noon: Noon, fire: Fire
) -> None:  # P24, P25
    schedule = make_schedule(job=make_job(variables=VARIABLES), values={"site": "old"})
    changes = {"crontab": "6 * * * *", "inputs": {"site": "new"}}
    edit(schedule=schedule, changes=changes, by=alice, now=noon(5, 0.01))
    assert fire(noon(5, 0.02)) == 0
    assert fire(noon(6)) == 1
    runs = JobResult.objects.order_by("created")
    assert [run.job_kwargs["data"]["site"] for run in runs] == ["old", "new"]  # type: ignore[index]
    assert list(Occurrence.objects.order_by("planned_at").values_list("revision", flat=True)) == [1, 2]


def test_decided_instant_is_not_planned_again(schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire) -> None:
    fire(noon(5))
    edited = edit(schedule=schedule, changes={"crontab": "5,7 * * * *"}, by=alice, now=noon(5, 0.5))
    assert edited.next_run_at == noon(7)


def test_instant_skipped_ahead_of_time_stays_skipped(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    skip_next(schedule=schedule, by=alice, now=noon(1))
    edited = edit(schedule=schedule, changes={"crontab": "3,5,7 * * * *"}, by=alice, now=noon(4))
    assert edited.next_run_at == noon(7)
    assert [fire(noon(5)), fire(noon(7))] == [0, 1]


def test_instant_earlier_than_the_skipped_one_is_not_lost(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    skip_next(schedule=schedule, by=alice, now=noon(1))
    edit(schedule=schedule, changes={"crontab": "3,5,7 * * * *"}, by=alice, now=noon(2))
    assert [fire(noon(minute)) for minute in (3, 5, 7)] == [1, 0, 1]
    assert fates(schedule) == [(3, "fired"), (5, "skipped"), (7, "fired")]


def test_inputs_are_checked_anew(make_schedule: MakeSchedule, make_job: Any, alice: User, noon: Noon) -> None:
    schedule = make_schedule(job=make_job(variables=VARIABLES), values={"site": "a"})
    with pytest.raises(Invalid):
        edit(schedule=schedule, changes={"inputs": {"sight": "b"}}, by=alice, now=noon(1))
    assert edit(schedule=schedule, changes={"inputs": {"site": "b"}}, by=alice, now=noon(1)).inputs == {"site": "b"}


def test_inputs_that_are_not_sent_are_not_checked(schedule: ScheduledJob, alice: User, noon: Noon) -> None:
    Job.objects.update(variables=VARIABLES)
    assert edit(schedule=schedule, changes={"name": "other"}, by=alice, now=noon(1)).name == "other"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"crontab": "nonsense"}, "crontab"),
        ({"time_zone": "X"}, "time_zone"),
        ({"name": ""}, "name"),
        ({"queue": "nobody"}, "task_queue"),
        ({"user": 1}, "user"),
        ({"state": "active"}, "state"),
        ({"end_time": datetime(2026, 11, 23, 12, 4, tzinfo=UTC)}, "end_time"),
        ({"start_time": datetime(2026, 11, 23, 11, 0, tzinfo=UTC)}, "start_time"),
        ({"max_runs": 0}, "max_runs"),
        ({"interval": "immediately"}, "interval"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_changes(
    schedule: ScheduledJob, alice: User, noon: Noon, changes: dict[str, Any], field: str
) -> None:
    before = columns(schedule)
    with pytest.raises(Invalid) as refused:
        edit(schedule=schedule, changes={"description": "new", **changes}, by=alice, now=noon(1))
    assert list(refused.value.fields) == [field]
    assert columns(schedule) == before


def test_who_may_not_change_it_is_refused(schedule: ScheduledJob, bob: User, noon: Noon) -> None:
    with pytest.raises(NotAllowed):
        edit(schedule=schedule, changes={"name": "mine"}, by=bob, now=noon(1))


def test_schedule_that_is_over_is_not_edited(schedule: ScheduledJob, alice: User, noon: Noon) -> None:
    cancel(schedule=schedule, by=alice, now=noon(1))
    with pytest.raises(Conflict) as refused:
        edit(schedule=schedule, changes={"name": "x"}, by=alice, now=noon(1))
    assert refused.value.code == "schedule_over"


def test_one_off_that_is_due_runs_and_its_edit_comes_too_late(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:
    schedule = make_schedule(interval="future", start_time=noon(5))
    with pytest.raises(Conflict):
        edit(schedule=schedule, changes={"start_time": noon(9)}, by=alice, now=noon(5, 0.1))
    assert fire(noon(5, 0.2)) == 1


def test_paused_schedule_stays_paused(schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire) -> None:
    pause(schedule=schedule, by=alice, now=noon(1))
    edited = edit(schedule=schedule, changes={"crontab": "*/2 * * * *"}, by=alice, now=noon(5, 1))
    assert (edited.state, edited.next_run_at) == ("paused", noon(6))
    fire(noon(6))
    assert fates(schedule) == [(5, "skipped"), (6, "skipped")]


def test_errored_schedule_goes_on_once_it_is_put_right(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    ScheduledJob.objects.update(crontab="nonsense")
    fire(noon(5))
    edited = edit(schedule=schedule, changes={"crontab": "*/5 * * * *"}, by=alice, now=noon(11))
    assert (edited.state, edited.state_reason, edited.next_run_at) == ("active", "", noon(15))
    assert fates(schedule) == [(5, "refused"), (10, "skipped")]
    assert fire(noon(15)) == 1


def test_schedules_edited_all_the_time_do_not_delay_others(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:  # P08, P20
    edited, other = make_schedule(), make_schedule()
    for second in range(0, 900, 20):
        edit(schedule=edited, changes={"description": str(second)}, by=alice, now=noon(1, second))
        fire(noon(1, second))
    assert fates(other) == [(5, "fired"), (10, "fired"), (15, "fired")]
    assert fates(edited) == fates(other)


CRONTABS = ["*/5 * * * *", "*/2 * * * *", "1-59/3 * * * *", "7,8,9,30 * * * *", "* * * * *"]


class _RolledBackError(Exception):
    pass


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_whenever_edits_come_no_instant_is_lost_or_doubled(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire, seed: int
) -> None:
    """With a scheduler that is late at random, each revision's instants up to the edit have exactly one line each."""
    draw = random.Random(seed)
    try:
        with transaction.atomic():
            _edit_at_random(make_schedule(misfire="all"), alice, noon, fire, draw)
            raise _RolledBackError
    except _RolledBackError:
        pass


def _edit_at_random(schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire, draw: random.Random) -> None:
    at, crontab, since = noon(0, 1), "*/5 * * * *", noon(0, 1)
    expected: list[datetime] = []
    for _ in range(25):
        near = draw.choice([0, 0, -1, 1]) * timedelta(milliseconds=draw.randrange(50))
        at = max(at + timedelta(seconds=draw.choice([20, 60, 60, 240])) + near, at)
        if draw.random() < 0.4:
            crontab_now = draw.choice(CRONTABS)
            edit(schedule=schedule, changes={"crontab": crontab_now}, by=alice, now=at)
            if crontab_now != crontab:
                expected += _instants(crontab, since, at)
                crontab, since = crontab_now, at
        elif draw.random() < 0.6:
            fire(at)
    fire(at)
    expected += _instants(crontab, since, at)
    found = list(Occurrence.objects.filter(scheduled_job=schedule).order_by("planned_at"))
    assert [line.planned_at for line in found] == expected
    assert {line.fate for line in found} <= {"fired"}
    assert JobResult.objects.filter(schedule=schedule).count() == len(expected)


def _instants(crontab: str, after: datetime, until: datetime) -> list[datetime]:
    """Minute by minute: crontabs of minutes only."""
    field = crontab.split()[0]
    minutes: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, high = (0, 59) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        minutes |= set(range(low, high + 1, int(step or 1)))
    minute = after.replace(second=0, microsecond=0)
    found = []
    while minute <= until:
        if minute > after and minute.minute in minutes:
            found.append(minute)
        minute += timedelta(minutes=1)
    return found
