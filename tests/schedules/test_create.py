"""Storing a submission for later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.schedules.conftest import MakeSchedule

from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import Event, InputFile, ScheduledJob
from foureyes.schedules.create import Plan
from foureyes.users.models import User

Noon = Callable[..., datetime]


def test_schedule_is_stored_with_its_next_instant(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    schedule = ScheduledJob.objects.get(pk=make_schedule(values={"site": "a"}, queue=None).pk)
    assert (schedule.state, schedule.next_run_at, schedule.revision) == ("active", noon(5), 1)
    assert (schedule.user, schedule.user_name, schedule.job_class) == (alice, "alice", "local/net/Report")
    assert schedule.inputs == {"site": "a"}
    assert schedule.decided_until < schedule.start_time == noon(0, 1)
    fact = Event.objects.get(kind="schedule.created")
    assert (fact.subject_id, fact.subject_text, fact.actor_name) == (str(schedule.pk), "nightly", "alice")


def test_start_itself_is_the_first_instant_where_it_matches(make_schedule: MakeSchedule, noon: Noon) -> None:
    assert make_schedule(start_time=noon(5)).next_run_at == noon(5)
    assert make_schedule(start_time=noon(5, 1)).next_run_at == noon(10)
    assert make_schedule(at=noon(0), start_time=noon(0)).next_run_at == noon(0)
    for interval in ("future", "hourly", "daily", "weekly"):
        assert make_schedule(interval=interval, start_time=noon(7, 13)).next_run_at == noon(7, 13)


def test_crontab_without_a_start_does_not_run_at_once(make_schedule: MakeSchedule, noon: Noon) -> None:  # P21
    assert make_schedule(crontab="0 2 * * *").next_run_at == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_first_schedule_of_an_empty_database_fires(
    make_schedule: MakeSchedule, noon: Noon, fire: Callable[[datetime], int]
) -> None:  # P02
    make_schedule(interval="hourly", start_time=noon(1))
    assert fire(noon(1)) == 1


def test_zone_is_the_schedules_own(make_schedule: MakeSchedule) -> None:  # P29
    assert make_schedule(crontab="0 2 * * *", time_zone="Europe/Berlin").next_run_at == datetime(
        2026, 11, 24, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"crontab": "nonsense"}, "crontab"),
        ({"crontab": "0 0 31 2 *"}, "crontab"),
        ({"time_zone": "Europe/Berlim"}, "time_zone"),
        ({"day_rule": "xor"}, "day_rule"),
        ({"gap": "?"}, "gap"),
        ({"interval": "yearly"}, "interval"),
        ({"interval": "immediately"}, "interval"),
        ({"interval": "future"}, "start_time"),
        ({"misfire": "?"}, "misfire"),
        ({"misfire_limit": 0}, "misfire_limit"),
        ({"latest_start_seconds": -1}, "latest_start_seconds"),
        ({"overlap": "?"}, "overlap"),
        ({"max_runs": 0}, "max_runs"),
        ({"max_runs": 2**40}, "max_runs"),
        ({"jitter_seconds": 90_000}, "jitter_seconds"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"queue": "nobody"}, "task_queue"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(
    make_schedule: MakeSchedule, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make_schedule(**settings)
    assert list(refused.value.fields) == [field]
    assert not ScheduledJob.objects.exists()


def test_start_in_the_past_is_refused(make_schedule: MakeSchedule, noon: Noon) -> None:
    with pytest.raises(Invalid) as refused:
        make_schedule(start_time=noon(0))
    assert refused.value.code == "start_in_past"


def test_plan_without_an_instant_is_refused(make_schedule: MakeSchedule, noon: Noon) -> None:
    with pytest.raises(Invalid) as refused:
        make_schedule(end_time=noon(4))
    assert refused.value.code == "never_runs"


def test_who_may_not_run_the_job_may_not_schedule_it(make_schedule: MakeSchedule, dave: User) -> None:
    with pytest.raises(NotAllowed):
        make_schedule(by=dave)


@pytest.mark.parametrize(
    ("columns", "kind", "code"),
    [
        ({"enabled": False}, Conflict, "job_not_enabled"),
        ({"has_sensitive_variables": True}, Invalid, "job_sensitive"),
        ({"gated": True}, Conflict, "approval_needed"),
    ],
)
def test_job_that_cannot_be_stored_for_later_is_refused(
    make_schedule: MakeSchedule, make_job: Any, columns: dict[str, Any], kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind) as refused:
        make_schedule(job=make_job(**columns))
    assert refused.value.code == code  # type: ignore[attr-defined]


def test_value_of_a_sensitive_variable_is_never_stored(make_schedule: MakeSchedule, make_job: Any) -> None:  # P72
    job = make_job(variables=[{"name": "pin", "type": "StringVar", "sensitive": True}])
    with pytest.raises(Invalid) as refused:
        make_schedule(job=job, values={"pin": "1234"})
    assert list(refused.value.fields) == ["pin"]
    assert make_schedule(job=job, values={"pin": ""}).pk


def test_uploaded_file_is_kept_and_an_earlier_one_copied(
    make_schedule: MakeSchedule, make_job: Any, alice: User, now: datetime
) -> None:
    variables = [{"name": name, "type": "FileVar", "required": True} for name in ("new", "old")]
    new = InputFile(name="new", sha256="1" * 64, size=1, user=alice, created=now)
    old = InputFile.objects.create(name="old", sha256="2" * 64, size=1, user=alice, created=now)
    values = {"new": str(new.pk), "old": str(old.pk)}
    schedule = make_schedule(job=make_job(variables=variables), values=values, input_files=[new])
    assert schedule.inputs["new"] == str(new.pk)
    assert schedule.inputs["old"] != str(old.pk)
    assert set(InputFile.objects.filter(pk__in=schedule.inputs.values()).values_list("name", flat=True)) == {
        "new",
        "old",
    }


def test_plan_says_what_it_is_by_its_columns(now: datetime) -> None:
    plan = Plan(interval="future", start_time=now + timedelta(hours=1))
    assert plan.one_off
    assert plan.columns(now=now)["start_time"] == now + timedelta(hours=1)
    assert Plan(interval="hourly").columns(now=now)["start_time"] == now
