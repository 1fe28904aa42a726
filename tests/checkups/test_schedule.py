from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.approvals.conftest import carrier
from tests.checkups.conftest import levels

from foureyes.approvals.decide import approve
from foureyes.checkups.schedule import look_at_schedule
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.schedules.control import pause
from foureyes.schedules.fire import fire_due
from foureyes.submission.submit import submit
from foureyes.users.models import User

FREE = {"approval_required": False, "gated": False}
HOUR = timedelta(hours=1)


def look(schedule: ScheduledJob, at: datetime) -> dict[str, str]:
    schedule.refresh_from_db()
    return levels(look_at_schedule(schedule=schedule, now=at))


def stored(job: Job, by: User, now: datetime) -> ScheduledJob:
    plan = {"name": "nightly", "interval": "daily", "start_time": now + HOUR}
    schedule = submit(job=job, by=by, data={"site": "paris"}, files={}, schedule=plan, now=now).schedule
    assert schedule is not None
    return schedule


def test_a_schedule_that_will_run_has_no_error(
    make_job: Callable[..., Job], processes: Callable[..., None], team: None, alice: User, now: datetime
) -> None:
    processes()
    assert look(stored(make_job("Free", **FREE), alice, now), now) == {"active": "ok", "may_run": "ok"}


def test_what_stands_in_the_way_is_what_firing_would_say(
    make_job: Callable[..., Job], processes: Callable[..., None], team: None, alice: User, now: datetime
) -> None:
    schedule = stored(make_job("Free", **FREE), alice, now)
    assert look(schedule, now) == {
        "active": "ok",
        "may_run": "ok",
        "no_scheduler": "error",
        "no_worker_on_queue": "warning",
    }
    Job.objects.update(enabled=False)
    processes(now + HOUR)
    found = list(look_at_schedule(schedule=schedule, now=now + HOUR))
    [obstacle] = [finding.text for finding in found if finding.code == "obstacle"]
    fire_due(now=now + HOUR)
    lines = [finding.text for finding in look_at_schedule(schedule=schedule, now=now + HOUR)]
    assert f"At {now + HOUR:%Y-%m-%d %H:%M} UTC it was refused: {obstacle}" in lines


def test_a_pause_an_end_and_a_damaged_plan_are_told(
    make_job: Callable[..., Job], processes: Callable[..., None], team: None, alice: User, now: datetime
) -> None:
    processes()
    schedule = stored(make_job("Free", **FREE), alice, now)
    pause(schedule=schedule, by=alice, note="new disk", now=now)
    schedule.refresh_from_db()
    first = next(iter(look_at_schedule(schedule=schedule, now=now)))
    assert (first.level, first.text) == ("error", "It is paused. new disk")
    ScheduledJob.objects.update(time_zone="Europe/Nowhere")
    assert look(schedule, now)["unknown_time_zone"] == "error"
    ScheduledJob.objects.update(state="cancelled")
    assert look(schedule, now) == {"is_cancelled": "error"}


def test_an_approval_that_is_missing_is_told(
    daily: ApprovalRequest, processes: Callable[..., None], bob: User, now: datetime, change_source: Any
) -> None:
    processes()
    schedule = carrier(daily)
    first = next(iter(look_at_schedule(schedule=schedule, now=now)))
    assert (first.code, f"request {daily.number}" in first.text) == ("waits", True)
    approve(request=daily, by=bob, now=now)
    assert look(schedule, now) == {"active": "ok", "may_run": "ok"}
    change_source()
    assert look(schedule, now)["held"] == "error"
