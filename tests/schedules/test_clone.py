"""Clones."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.schedules.conftest import MakeSchedule, allow

from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import InputFile, Job, ScheduledJob
from foureyes.schedules.clone import clone
from foureyes.schedules.control import cancel, run_now
from foureyes.schedules.plan import PLAN_FIELDS
from foureyes.users.models import User

Noon = Callable[..., datetime]


def test_clone_is_a_new_schedule_of_whoever_asks(make_schedule: MakeSchedule, bob: User, noon: Noon) -> None:
    allow(bob, ScheduledJob, "view")
    allow(bob, Job, "run")
    schedule = make_schedule(time_zone="Europe/Berlin", overlap="skip", max_runs=3, misfire="all", misfire_limit=2)
    copy = clone(schedule=schedule, by=bob, now=noon(7))
    assert (copy.name, copy.user, copy.revision, copy.next_run_at) == ("nightly (copy)", bob, 1, noon(10))
    same = [name for name in PLAN_FIELDS if name != "start_time"]
    assert [getattr(copy, name) for name in same] == [getattr(schedule, name) for name in same]


@pytest.mark.parametrize("interval", ["hourly", "daily", "weekly"])
def test_clone_keeps_the_grid_of_what_repeats_from_its_start(
    make_schedule: MakeSchedule, alice: User, noon: Noon, interval: str
) -> None:
    schedule = make_schedule(interval=interval, start_time=noon(7, 13))
    copy = clone(schedule=schedule, by=alice, name="other", now=noon(30))
    step = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}[interval]
    assert copy.next_run_at == noon(7, 13) + step


def test_start_to_come_is_kept(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    schedule = make_schedule(interval="future", start_time=noon(7))
    assert clone(schedule=schedule, by=alice, now=noon(1)).start_time == noon(7)
    with pytest.raises(Conflict) as refused:
        clone(schedule=schedule, by=alice, now=noon(8))
    assert refused.value.code == "one_off_over"


def test_inputs_are_checked_anew(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    schedule = make_schedule()
    Job.objects.update(variables=[{"name": "site", "type": "StringVar", "required": True}])
    with pytest.raises(Invalid):
        clone(schedule=schedule, by=alice, now=noon(1))


def test_clone_has_files_of_its_own(make_schedule: MakeSchedule, make_job: Any, admin: User, noon: Noon) -> None:
    file = InputFile(name="a", sha256="0" * 64, size=1, created=noon(0))
    job = make_job(variables=[{"name": "f", "type": "FileVar", "required": True}])
    schedule = make_schedule(job=job, values={"f": str(file.pk)}, input_files=[file])
    copy = clone(schedule=schedule, by=admin, now=noon(1))
    assert {str(row.pk) for row in InputFile.objects.all()} == {schedule.inputs["f"], copy.inputs["f"]}


def test_a_file_that_went_with_its_cancelled_schedule_is_told(
    make_schedule: MakeSchedule, make_job: Any, admin: User, noon: Noon
) -> None:
    file = InputFile(name="a", sha256="0" * 64, size=1, created=noon(0))
    job = make_job(variables=[{"name": "f", "type": "FileVar", "required": True}])
    schedule = make_schedule(job=job, values={"f": str(file.pk)}, input_files=[file])
    cancel(schedule=schedule, by=admin, now=noon(1))
    for again in (clone, run_now):
        with pytest.raises(Conflict) as refused:
            again(schedule=schedule, by=admin, now=noon(2))
        assert refused.value.code == "inputs_gone"


def test_who_may_not_run_the_job_or_see_the_schedule_is_refused(
    make_schedule: MakeSchedule, bob: User, noon: Noon
) -> None:
    schedule = make_schedule()
    with pytest.raises(NotAllowed):
        clone(schedule=schedule, by=bob, now=noon(1))
    allow(bob, ScheduledJob, "view")
    with pytest.raises(NotAllowed):
        clone(schedule=schedule, by=User.objects.get(pk=bob.pk), now=noon(1))
