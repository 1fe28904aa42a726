"""Instants that wait for the previous run."""

from collections.abc import Callable
from datetime import datetime

from tests.schedules.conftest import MakeSchedule, end_runs, fates, lines

from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.schedules.control import pause
from foureyes.schedules.release import release_queued
from foureyes.users.models import User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]


def test_waiting_instants_run_one_after_another(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(overlap="queue")
    for minute in (5, 10, 15):
        fire(noon(minute))
    assert release_queued(now=noon(16)) == 0
    end_runs(at=noon(16))
    assert [release_queued(now=noon(17)), release_queued(now=noon(17))] == [1, 0]
    end_runs(at=noon(18))
    assert release_queued(now=noon(18)) == 1
    assert fates(schedule) == [(5, "fired"), (10, "fired"), (15, "fired")]
    planned = JobResult.objects.order_by("created").values_list("occurrence__planned_at", flat=True)
    assert list(planned) == [noon(5), noon(10), noon(15)]
    row = ScheduledJob.objects.get()
    assert (row.total_run_count, row.last_run_at) == (3, noon(18))


def test_new_instant_waits_behind_those_that_wait(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(overlap="queue")
    for minute in (5, 10):
        fire(noon(minute))
    end_runs(at=noon(11))
    fire(noon(15))
    assert fates(schedule) == [(5, "fired"), (10, "queued"), (15, "queued")]


def test_what_waited_longer_than_the_latest_start_is_missed(
    make_schedule: MakeSchedule, noon: Noon, fire: Fire
) -> None:
    schedule = make_schedule(overlap="queue", latest_start_seconds=60)
    for minute in (5, 10):
        fire(noon(minute))
    end_runs(at=noon(12))
    release_queued(now=noon(12))
    assert fates(schedule) == [(5, "fired"), (10, "missed")]


def test_what_refuses_a_due_instant_refuses_a_waiting_one(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(overlap="queue")
    for minute in (5, 10):
        fire(noon(minute))
    end_runs(at=noon(11))
    Job.objects.update(enabled=False)
    release_queued(now=noon(11))
    assert lines(schedule)[1] == (10, "refused", "This job is not enabled to be run.")


def test_last_instant_of_a_schedule_still_runs(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(overlap="queue", end_time=noon(10))
    for minute in (5, 10):
        fire(noon(minute))
    assert ScheduledJob.objects.get().state == "finished"
    end_runs(at=noon(11))
    release_queued(now=noon(11))
    assert fates(schedule) == [(5, "fired"), (10, "fired")]


def test_paused_schedule_drops_what_waits(make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(overlap="queue")
    for minute in (5, 10):
        fire(noon(minute))
    pause(schedule=schedule, by=alice, note="stop", now=noon(11))
    end_runs(at=noon(12))
    assert release_queued(now=noon(12)) == 0
    assert lines(schedule)[1] == (10, "missed", "paused: stop")
