"""What becomes of due instants: each once, with its reason, and no schedule in the way of another."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.schedules.conftest import MakeSchedule, allow, end_runs, fates, lines

from foureyes.models import Event, InputFile, Job, JobResult, Occurrence, ScheduledJob
from foureyes.schedules import decisions
from foureyes.schedules.fire import fire_due
from foureyes.users.models import ObjectPermission, User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]


def again(schedule: ScheduledJob) -> ScheduledJob:
    return ScheduledJob.objects.get(pk=schedule.pk)


def test_due_instant_becomes_a_run_with_a_line_and_a_fact(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:
    schedule = make_schedule(values={"site": "a"}, commit=False)
    assert fire(noon(5, 1)) == 1
    (run,) = JobResult.objects.all()
    assert (run.status, run.user, run.user_name, run.schedule, run.commit) == (
        "pending",
        alice,
        "alice",
        schedule,
        False,
    )
    assert run.job_kwargs == {"data": {"site": "a"}, "commit": False, "task_queue": None}
    assert (run.occurrence.planned_at, run.occurrence.fate) == (noon(5), "fired")
    assert run.occurrence.revision == 1
    assert Event.objects.filter(kind="run.created", subject_id=str(run.pk), actor_name="alice").count() == 1
    row = again(schedule)
    assert (row.next_run_at, row.last_run_at, row.total_run_count) == (noon(10), noon(5, 1), 1)
    assert row.decided_until == noon(5, 1)


def test_nothing_fires_before_its_instant(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    make_schedule()
    assert fire(noon(4, 59.999999)) == 0
    report = fire_due(now=noon(3))
    assert (report.more, report.next_due_at) == (False, noon(5))


def test_nothing_fires_twice(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    make_schedule()
    assert [fire(noon(5)), fire(noon(5)), fire(noon(9, 59)), fire(noon(10))] == [1, 0, 0, 1]


def test_clock_that_goes_back_fires_nothing_again(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule()
    fire(noon(10))
    assert [fire(noon(5)), fire(noon(10)), fire(noon(15))] == [0, 0, 1]
    assert fates(schedule) == [(5, "skipped"), (10, "fired"), (15, "fired")]


def test_ledger_is_the_last_word_whatever_the_row_says(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule()
    fire(noon(5))
    ScheduledJob.objects.update(next_run_at=noon(5))
    assert fire(noon(6)) == 0
    assert again(schedule).total_run_count == JobResult.objects.count() == 1


def test_fifty_schedules_due_at_the_same_second_all_fire(
    make_schedule: MakeSchedule, noon: Noon, fire: Fire
) -> None:  # P03
    for _ in range(25):
        make_schedule(name="same name")
        make_schedule(name="same name", interval="future", crontab="", start_time=noon(5))
    assert fire(noon(5)) == 50
    assert JobResult.objects.values("schedule").distinct().count() == 50


def test_more_than_a_batch_goes_on_with_the_longest_due(make_schedule: MakeSchedule, noon: Noon) -> None:
    for minutes in (3, 1, 2):
        make_schedule(name=str(minutes), interval="future", start_time=noon(minutes))
    first = fire_due(now=noon(5), limit=2)
    assert (first.fired, first.more, first.next_due_at) == (2, True, noon(3))
    assert set(JobResult.objects.values_list("schedule__name", flat=True)) == {"1", "2"}


def test_one_off_is_finished_once_it_has_fired(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(interval="future", start_time=noon(5))
    fire(noon(5, 0.5))
    row = again(schedule)
    assert (row.state, row.next_run_at, row.last_run_at, row.total_run_count) == ("finished", None, noon(5, 0.5), 1)
    assert Event.objects.filter(kind="schedule.finished", subject_id=str(schedule.pk)).exists()


def test_schedule_ends_with_its_last_instant(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(end_time=noon(10))
    for minute in (5, 10, 15):
        fire(noon(minute))
    assert fates(schedule) == [(5, "fired"), (10, "fired")]
    assert (again(schedule).state, again(schedule).state_reason) == ("finished", "Its last instant is over.")


def test_schedule_ends_after_as_many_runs_as_it_may(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(max_runs=2)
    for minute in (5, 10, 15):
        fire(noon(minute))
    assert (again(schedule).state, again(schedule).total_run_count) == ("finished", 2)
    assert JobResult.objects.count() == 2


def test_runs_caught_up_are_not_more_than_it_may(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(max_runs=2, misfire="all")
    fire(noon(21))
    assert fates(schedule) == [(5, "fired"), (10, "fired"), (15, "skipped"), (20, "skipped")]
    assert "run 2 times" in lines(schedule)[2][2]


def test_jitter_moves_all_instants_by_the_same(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(jitter_seconds=200)
    delay = schedule.next_run_at - noon(5)  # type: ignore[operator]
    assert timedelta(0) <= delay <= timedelta(seconds=200)
    fire(noon(5) + delay)
    assert again(schedule).next_run_at == noon(10) + delay


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [(5, "skipped"), (10, "skipped"), (15, "skipped"), (20, "fired")]),
        ({"misfire": "skip"}, [(5, "skipped"), (10, "skipped"), (15, "skipped"), (20, "fired")]),
        ({"misfire": "all"}, [(5, "fired"), (10, "fired"), (15, "fired"), (20, "fired")]),
        ({"misfire": "all", "misfire_limit": 2}, [(5, "skipped"), (10, "skipped"), (15, "fired"), (20, "fired")]),
        (
            {"misfire": "all", "latest_start_seconds": 400},
            [(5, "missed"), (10, "missed"), (15, "fired"), (20, "fired")],
        ),
    ],
)
def test_late_scheduler_does_what_the_policy_says(
    make_schedule: MakeSchedule, noon: Noon, fire: Fire, settings: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    schedule = make_schedule(**settings)
    fire(noon(20, 30))
    assert fates(schedule) == expected
    assert all(reason for _, fate, reason in lines(schedule) if fate != "fired")


def test_latest_start_keeps_the_night_from_starting_in_the_morning(
    make_schedule: MakeSchedule, noon: Noon, fire: Fire
) -> None:  # P42
    schedule = make_schedule(interval="daily", start_time=noon(5), latest_start_seconds=600)
    fire(noon(300))
    assert lines(schedule) == [(5, "missed", "The scheduler was more than 600 s late, the latest start.")]
    assert again(schedule).state == "active"


def test_long_outage_is_counted_in_few_lines(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    schedule = make_schedule(crontab="* * * * *")
    fire(noon(10_000))
    rows = Occurrence.objects.filter(scheduled_job=schedule).order_by("planned_at")
    assert rows.count() == decisions.MOST_LINES + 1
    assert sum(row.count for row in rows) == 10_000
    assert (rows[0].planned_at, rows[0].last_planned_at) == (noon(1), noon(10_000 - decisions.MOST_LINES))
    assert JobResult.objects.count() == 1


def test_catching_up_makes_no_commit_of_more_than_some_hundred_lines(
    make_schedule: MakeSchedule, noon: Noon, fire: Fire
) -> None:
    schedules = [make_schedule(crontab="* * * * *") for _ in range(8)]
    report = fire_due(now=noon(90))
    assert (report.fired + report.skipped, report.more) == (540, True)
    fire(noon(90))
    assert all(len(fates(schedule)) == 90 for schedule in schedules)


class TestOverlap:
    def test_is_allowed_by_default(self, make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
        make_schedule()
        assert [fire(noon(5)), fire(noon(10))] == [1, 1]

    def test_is_skipped_while_the_previous_run_goes_on(
        self, make_schedule: MakeSchedule, noon: Noon, fire: Fire
    ) -> None:  # P15
        schedule = make_schedule(overlap="skip")
        fire(noon(5))
        fire(noon(10))
        end_runs(at=noon(11))
        fire(noon(15))
        assert fates(schedule) == [(5, "fired"), (10, "skipped"), (15, "fired")]
        assert lines(schedule)[1][2] == "The previous run had not ended."

    def test_of_instants_caught_up_together_is_skipped_too(
        self, make_schedule: MakeSchedule, noon: Noon, fire: Fire
    ) -> None:  # P28, P47
        schedule = make_schedule(overlap="skip", misfire="all")
        fire(noon(16))
        assert fates(schedule) == [(5, "fired"), (10, "skipped"), (15, "skipped")]

    def test_waits_up_to_a_number(
        self, make_schedule: MakeSchedule, noon: Noon, fire: Fire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conf = decisions.get_conf().model_copy(update={"max_queued_occurrences": 2})
        monkeypatch.setattr(decisions, "get_conf", lambda: conf)
        schedule = make_schedule(overlap="queue")
        for minute in (5, 10, 15, 20):
            fire(noon(minute))
        assert fates(schedule) == [(5, "fired"), (10, "queued"), (15, "queued"), (20, "skipped")]
        assert "2 instants waited" in lines(schedule)[3][2]

    def test_of_another_schedule_does_not_matter(self, make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
        make_schedule(overlap="skip")
        make_schedule(overlap="skip")
        assert fire(noon(5)) == 2


class TestRefusal:
    """Every cause has its sentence, is recorded and told, and the schedule goes on where it can."""

    def refused(self, schedule: ScheduledJob, noon: Noon) -> str:
        report = fire_due(now=noon(5))
        assert (report.fired, report.refused) == (0, 1)
        assert not JobResult.objects.exists()
        ((minute, fate, reason),) = lines(schedule)
        assert (minute, fate) == (5, "refused")
        told = Event.objects.get(kind="schedule.refused", subject_id=str(schedule.pk))
        assert told.data == {"planned_at": noon(5).isoformat(), "reason": reason}
        assert again(schedule).total_run_count == 0
        return reason

    def test_of_a_deleted_requester(self, make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:  # P57, P58
        schedule = make_schedule()
        alice.delete()
        assert "requester was deleted" in self.refused(schedule, noon)
        row = again(schedule)
        assert (row.state, row.next_run_at) == ("errored", None)
        assert "requester was deleted" in row.state_reason
        assert Event.objects.filter(kind="schedule.errored", subject_id=str(schedule.pk)).exists()

    def test_of_an_inactive_requester(self, make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire) -> None:
        schedule = make_schedule()
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert "alice is inactive" in self.refused(schedule, noon)
        User.objects.filter(pk=alice.pk).update(is_active=True)
        assert fire(noon(10)) == 1

    def test_of_a_requester_without_the_right(self, make_schedule: MakeSchedule, noon: Noon) -> None:
        schedule = make_schedule()
        ObjectPermission.objects.all().delete()
        assert "alice may not run Report any more" in self.refused(schedule, noon)
        assert again(schedule).state == "active"

    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            ({"enabled": False}, "not enabled"),
            ({"installed": False}, "not presently installed"),
            ({"import_error": "SyntaxError"}, "could not be located"),
        ],
    )
    def test_of_a_job_that_cannot_run(
        self, make_schedule: MakeSchedule, noon: Noon, columns: dict[str, Any], sentence: str
    ) -> None:
        schedule = make_schedule()
        Job.objects.update(**columns)
        assert sentence in self.refused(schedule, noon)
        assert again(schedule).next_run_at == noon(10)

    def test_of_a_deleted_job(self, make_schedule: MakeSchedule, noon: Noon) -> None:  # P10
        schedule = make_schedule()
        Job.objects.all().delete()
        assert self.refused(schedule, noon) == "Its job local/net/Report was deleted."

    def test_of_a_queue_that_is_gone(self, make_schedule: MakeSchedule, make_job: Any, noon: Noon) -> None:
        schedule = make_schedule(job=make_job(task_queues=["fast", "slow"]), queue="slow")
        Job.objects.update(task_queues=["fast"])
        assert "queue “slow”" in self.refused(schedule, noon)

    def test_holds_the_run_of_a_job_that_became_gated(
        self, make_schedule: MakeSchedule, noon: Noon, fire: Fire
    ) -> None:  # G15
        schedule = make_schedule()
        Job.objects.update(gated=True)
        assert fire(noon(5)) == 0
        assert fates(schedule) == [(5, "held")]

    def test_of_a_damaged_permission_concerns_its_owner_only(
        self, make_schedule: MakeSchedule, admin: User, alice: User, noon: Noon, fire: Fire
    ) -> None:
        schedule, healthy = make_schedule(), make_schedule(by=admin)
        ObjectPermission.objects.filter(users=alice).update(constraints={"no such field": 1})
        assert fire(noon(5)) == 1
        assert fates(schedule) == [(5, "refused")]
        assert fates(healthy) == [(5, "fired")]


class TestFaultyRow:
    """P04, P39: it becomes errored with the reason, and the others fire."""

    @pytest.mark.parametrize(
        "damage", [{"crontab": "nonsense"}, {"time_zone": "Nowhere/Else"}, {"misfire": "never"}, {"gap": "?"}]
    )
    def test_that_cannot_be_decided(
        self, make_schedule: MakeSchedule, noon: Noon, fire: Fire, damage: dict[str, str]
    ) -> None:
        bad, good = make_schedule(), make_schedule()
        ScheduledJob.objects.filter(pk=bad.pk).update(**damage)
        assert fire(noon(5)) == 1
        assert fates(good) == [(5, "fired")]
        row = again(bad)
        assert (row.state, row.next_run_at) == ("errored", None)
        assert row.state_reason
        assert fates(bad) == [(5, "refused")]

    def test_that_cannot_be_stored(self, make_schedule: MakeSchedule, make_job: Any, noon: Noon, fire: Fire) -> None:
        job = make_job(variables=[{"name": "f", "type": "FileVar", "required": True}])
        file = InputFile(name="a", sha256="0" * 64, size=1, created=noon(0))
        bad = make_schedule(job=job, values={"f": str(file.pk)}, input_files=[file])
        good = make_schedule(job=make_job("Other"))
        InputFile.objects.all().delete()
        assert fire(noon(5)) == 1
        assert fates(good) == [(5, "fired")]
        assert (again(bad).state, fates(bad)) == ("errored", [(5, "refused")])


def test_job_disabled_between_judgement_and_gate_is_judged_again(
    make_schedule: MakeSchedule, noon: Noon, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = make_schedule()
    real = fire_due.__globals__["due_schedules"]

    def late(**arguments: Any) -> Any:
        Job.objects.update(enabled=False)
        return real(**arguments)

    monkeypatch.setitem(fire_due.__globals__, "due_schedules", late)
    report = fire_due(now=noon(5))
    assert (report.fired, report.refused) == (0, 1)
    assert again(schedule).state == "active"
    assert "not enabled" in lines(schedule)[0][2]


def test_uploaded_file_is_given_to_every_run(
    make_schedule: MakeSchedule, make_job: Any, noon: Noon, fire: Fire
) -> None:
    job = make_job(variables=[{"name": "f", "type": "FileVar", "required": True}])
    file = InputFile(name="a.txt", sha256="0" * 64, size=1, created=noon(0))
    schedule = make_schedule(job=job, values={"f": str(file.pk)}, input_files=[file])
    fire(noon(5))
    fire(noon(10))
    runs = list(JobResult.objects.order_by("created"))
    given = [run.job_kwargs["data"]["f"] for run in runs]  # type: ignore[index]
    assert len({*given, schedule.inputs["f"]}) == 3
    for run, key in zip(runs, given, strict=True):
        assert InputFile.objects.get(pk=key).job_result == run
    assert InputFile.objects.get(pk=schedule.inputs["f"]).job_result is None


def test_run_belongs_to_one_instant_only(make_schedule: MakeSchedule, noon: Noon, fire: Fire) -> None:
    make_schedule()
    fire(noon(5))
    run = JobResult.objects.get()
    run.pk, run._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        JobResult.objects.bulk_create([JobResult.objects.get().__class__(**{**_columns(run), "id": run.pk})])


def _columns(run: JobResult) -> dict[str, Any]:
    return {column.attname: getattr(run, column.attname) for column in JobResult._meta.fields if column.name != "id"}


def test_requesters_rights_are_read_once_for_a_batch(
    make_schedule: MakeSchedule, noon: Noon, django_assert_max_num_queries: Any
) -> None:
    for _ in range(40):
        make_schedule()
    with django_assert_max_num_queries(16):
        assert fire_due(now=noon(5)).fired == 40


def test_idle_look_writes_nothing_and_asks_twice(
    make_schedule: MakeSchedule, noon: Noon, django_assert_num_queries: Any
) -> None:
    make_schedule()
    with django_assert_num_queries(2):
        fire_due(now=noon(1))


def test_two_requesters_are_judged_each(make_schedule: MakeSchedule, bob: User, noon: Noon, fire: Fire) -> None:
    allowed = allow(bob, Job, "run")
    mine, his = make_schedule(), make_schedule(by=bob)
    allowed.delete()
    assert fire(noon(5)) == 1
    assert (fates(mine), fates(his)) == ([(5, "fired")], [(5, "refused")])
