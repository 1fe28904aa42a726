"""Changes of the time zone rules."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.schedules.conftest import MakeSchedule

from foureyes.models import Event, ScheduledJob, SystemValue
from foureyes.schedules import zone_rules
from foureyes.schedules.control import skip_next
from foureyes.schedules.zone_rules import ZoneRules
from foureyes.triggers import rules_edition
from foureyes.users.models import User

Noon = Callable[..., datetime]


def follow(at: datetime) -> None:
    rules = ZoneRules()
    while rules.step(now=at):
        pass


def of_old_rules(*, hours: int) -> None:
    """Store the instants as if the zones had been otherwise when they were computed."""
    for row in ScheduledJob.objects.all():
        row.next_run_at = row.next_run_at + timedelta(hours=hours)  # type: ignore[operator]
        row.save()
    SystemValue.objects.update_or_create(name=zone_rules.NAME, defaults={"value": "1999a"})


def test_edition_is_remembered_and_nothing_done(noon: Noon, db: None) -> None:
    follow(noon(0))
    assert SystemValue.objects.get(name=zone_rules.NAME).value == rules_edition()
    assert not Event.objects.exists()


def test_instants_on_a_wall_clock_are_computed_anew(
    make_schedule: MakeSchedule, noon: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone_rules, "AT_ONCE", 2)
    follow(noon(0))
    daily = [
        make_schedule(interval="daily", start_time=noon(60), time_zone=zone) for zone in ("UTC", "Asia/Tokyo", "UTC")
    ]
    hourly = make_schedule(interval="hourly", start_time=noon(60))
    right = daily[0].next_run_at
    of_old_rules(hours=1)
    follow(noon(1))
    assert {ScheduledJob.objects.get(pk=row.pk).next_run_at for row in daily} == {right}
    assert ScheduledJob.objects.get(pk=hourly.pk).next_run_at == noon(120)
    assert Event.objects.get(kind="zones.changed").data == {"moved": 3}
    assert SystemValue.objects.get(name=zone_rules.NAME).value == rules_edition()


def test_decided_and_skipped_instants_keep_their_fate(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Callable[[datetime], int]
) -> None:
    schedule = make_schedule()
    fire(noon(5))
    skip_next(schedule=schedule, by=alice, now=noon(6))
    of_old_rules(hours=3)
    follow(noon(7))
    assert ScheduledJob.objects.get().next_run_at == noon(15)


def test_schedule_that_waits_for_its_approval_follows_too(make_schedule: MakeSchedule, noon: Noon) -> None:
    schedule = make_schedule(interval="daily", start_time=noon(60))
    ScheduledJob.objects.update(state="pending", approval_required=True)
    of_old_rules(hours=1)
    follow(noon(1))
    assert ScheduledJob.objects.get().next_run_at == schedule.next_run_at


def test_damaged_row_keeps_no_other_from_following(make_schedule: MakeSchedule, noon: Noon) -> None:
    bad, good = make_schedule(), make_schedule()
    of_old_rules(hours=3)
    ScheduledJob.objects.filter(pk=bad.pk).update(time_zone="Nowhere/Else")
    follow(noon(1))
    assert ScheduledJob.objects.get(pk=good.pk).next_run_at == noon(5)
