"""Questions about schedules, and the statements of the scheduler."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from tests.schedules.conftest import MakeSchedule, allow

from foureyes.models import Job, ScheduledJob
from foureyes.schedules import statements
from foureyes.schedules.control import pause
from foureyes.schedules.lifecycle import State
from foureyes.schedules.queries import halted, ledger, visible, warning_of, warnings_of, without_active_owner
from foureyes.users.models import ObjectPermission, User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]


def test_only_what_a_person_may_view_is_visible(make_schedule: MakeSchedule, alice: User, dave: User) -> None:
    schedule = make_schedule()
    assert list(visible(alice)) == [schedule]
    assert list(visible(dave)) == []


def test_ledger_tells_a_period_of_what_a_person_may_view(
    make_schedule: MakeSchedule, alice: User, dave: User, noon: Noon, fire: Fire
) -> None:
    one, other = make_schedule(), make_schedule(crontab="*/10 * * * *")
    for minute in (5, 10, 15):
        fire(noon(minute))
    assert ledger(user=alice).count() == 4
    assert [line.planned_at for line in ledger(user=alice, schedule=one.pk, since=noon(6))] == [noon(10), noon(15)]
    assert ledger(user=alice, schedule=other.pk, until=noon(10)).count() == 0
    assert ledger(user=dave).count() == 0


def test_line_of_many_instants_belongs_to_every_period_it_reaches(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:
    make_schedule(crontab="* * * * *")
    fire(noon(1000))
    assert ledger(user=alice, since=noon(500), until=noon(600)).get().last_planned_at == noon(900)


def test_schedules_without_an_active_owner_are_listed_before_they_fail(
    make_schedule: MakeSchedule, alice: User, admin: User, noon: Noon, fire: Fire
) -> None:
    make_schedule(by=admin)
    deserted = make_schedule()
    assert not without_active_owner().exists()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert list(without_active_owner()) == [deserted]
    alice.delete()
    assert list(without_active_owner()) == [deserted]
    fire(noon(5))
    assert list(without_active_owner()) == [deserted]


def test_warning_tells_what_will_happen_at_the_next_instant(
    make_schedule: MakeSchedule, make_job: Any, alice: User, noon: Noon
) -> None:
    schedule = make_schedule()
    assert warning_of(schedule) is None
    ObjectPermission.objects.filter(users=alice, actions__icontains="run").delete()
    assert warning_of(schedule) == "Its requester alice may not run Report any more."
    type(alice).objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Reed")
    assert warning_of(ScheduledJob.objects.get()) == "Its requester Alice Reed may not run Report any more."
    allow(alice, Job, "run")
    Job.objects.update(enabled=False)
    assert warning_of(schedule) == "This job is not enabled to be run."
    pause(schedule=schedule, by=alice, now=noon(1))
    assert warning_of(ScheduledJob.objects.get()) == "This job is not enabled to be run."


def test_warnings_of_many_ask_once_for_each_requester(
    make_schedule: MakeSchedule, django_assert_max_num_queries: Any
) -> None:
    rows = [make_schedule() for _ in range(20)]
    with django_assert_max_num_queries(4):
        warnings_of(ScheduledJob.objects.filter(pk__in=[row.pk for row in rows]))


@pytest.mark.parametrize(
    "statement", [statements.NEXT_DUE, statements.DUE_PAIRS, f"SELECT * FROM extras_scheduledjob {statements.DUE}"]
)
def test_due_schedules_are_found_by_their_index(db: None, now: datetime, statement: str) -> None:
    """Without it a million schedules are read every second. SQLite matches partial indexes by the letter."""
    plan = plan_of(statement, [statements.stored_instant(now), 10] if "%s" in statement else [])
    assert "scheduled_job_due" in plan
    assert "SORT" not in plan.upper().replace("SORT KEY", "SORT") or "DISTINCT" in statement


@pytest.mark.parametrize(
    ("statement", "values", "indexes"),
    [
        (statements.WAITING, 0, ["occurrence_waiting", "run_by_schedule"]),
        (statements.BUSY.format(places="%s"), 1, ["run_by_schedule"]),
    ],
)
def test_neither_ledger_nor_runs_are_read_to_find_what_waits(
    db: None, statement: str, values: int, indexes: list[str]
) -> None:
    """The scheduler asks every second, and both only grow."""
    plan = plan_of(statement, [statements.stored_id(uuid4())] * values)
    assert [name for name in indexes if name not in plan] == []


def plan_of(statement: str, values: list[Any]) -> str:
    """What the database would do, if its tables were large."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {statement}", values)
        return str(cursor.fetchall())


@pytest.mark.parametrize("state", [State.PENDING, State.PAUSED, State.ERRORED])
def test_schedules_that_wait_for_somebody_are_found_by_their_index(db: None, state: State) -> None:
    """Otherwise a list of the few paused ones reads every schedule."""
    statement, values = halted(ScheduledJob.objects.all(), state).order_by("-pk")[:50].query.sql_with_params()
    plan = plan_of(statement, list(values))
    assert "scheduled_job_halted" in plan
    assert "SORT" not in plan.upper()
    assert "B-TREE" not in plan
