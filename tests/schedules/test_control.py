"""Pause, resume, skip, cancel, delete, take over, run now: alone and in bulk."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.schedules.conftest import MakeSchedule, allow, fates, lines

from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import Event, InputFile, Job, JobResult, Occurrence, ScheduledJob
from foureyes.schedules.control import cancel, delete, in_bulk, pause, resume, run_now, skip_next, take_over
from foureyes.schedules.queries import visible
from foureyes.users.models import ObjectPermission, User

Noon = Callable[..., datetime]
Fire = Callable[[datetime], int]
EVERY = [pause, resume, skip_next, cancel, delete, take_over]


@pytest.fixture
def schedule(make_schedule: MakeSchedule) -> ScheduledJob:
    return make_schedule()


@pytest.mark.parametrize("operation", [*EVERY, run_now])
def test_who_lacks_the_right_is_refused(
    schedule: ScheduledJob, dave: User, noon: Noon, operation: Callable[..., object]
) -> None:
    with pytest.raises(NotAllowed):
        operation(schedule=schedule, by=dave, now=noon(1))


@pytest.mark.parametrize("operation", [*EVERY, run_now])
def test_deleted_schedule_is_gone_for_everything(
    schedule: ScheduledJob, alice: User, noon: Noon, operation: Callable[..., object]
) -> None:
    delete(schedule=schedule, by=alice, now=noon(1))
    with pytest.raises(Conflict) as refused:
        operation(schedule=schedule, by=alice, now=noon(1))
    assert refused.value.code == "gone"


def test_paused_schedule_skips_with_the_note_and_never_runs_the_past(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:  # P44
    pause(schedule=schedule, by=alice, note=" holidays ", now=noon(1))
    assert fire(noon(5)) == 0
    assert fire(noon(10)) == 0
    resumed = resume(schedule=schedule, by=alice, now=noon(16))
    assert resumed.next_run_at == noon(20)
    assert lines(schedule) == [(minute, "skipped", "paused: holidays") for minute in (5, 10, 15)]
    assert (fire(noon(17)), fire(noon(20))) == (0, 1)
    kinds = ["schedule.paused", "schedule.resumed"]
    assert list(Event.objects.filter(kind__in=kinds).order_by("id").values_list("kind", flat=True)) == kinds


def test_long_note_is_kept_whole_and_cut_in_the_ledger(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    note = "x" * 1000
    assert pause(schedule=schedule, by=alice, note=note, now=noon(1)).state_reason == note
    fire(noon(5))
    assert len(lines(schedule)[0][2]) == 200


def test_one_off_whose_instant_passes_in_a_pause_is_finished(
    make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire
) -> None:
    schedule = make_schedule(interval="future", start_time=noon(5))
    pause(schedule=schedule, by=alice, now=noon(1))
    assert resume(schedule=schedule, by=alice, now=noon(6)).state == "finished"
    assert fates(schedule) == [(5, "skipped")]
    assert fire(noon(10)) == 0


def test_only_an_active_schedule_is_paused_and_only_a_paused_one_resumed(
    schedule: ScheduledJob, alice: User, noon: Noon
) -> None:
    with pytest.raises(Conflict):
        resume(schedule=schedule, by=alice, now=noon(1))
    pause(schedule=schedule, by=alice, now=noon(1))
    with pytest.raises(Conflict):
        pause(schedule=schedule, by=alice, now=noon(1))


def test_pause_is_never_blocked_by_inputs_that_are_not_valid_any_more(
    schedule: ScheduledJob, alice: User, noon: Noon
) -> None:  # P51
    Job.objects.update(variables=[{"name": "new", "type": "StringVar", "required": True}], enabled=False)
    pause(schedule=schedule, by=alice, now=noon(1))
    delete(schedule=schedule, by=alice, now=noon(1))


def test_skipped_instant_is_written_down_at_once_and_passed_over(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    assert skip_next(schedule=schedule, by=alice, now=noon(1)).next_run_at == noon(10)
    assert lines(schedule) == [(5, "skipped", "skipped by alice")]
    assert (fire(noon(5)), fire(noon(10))) == (0, 1)


def test_several_instants_are_skipped_one_after_another(
    schedule: ScheduledJob, alice: User, noon: Noon, fire: Fire
) -> None:
    for _ in range(3):
        skip_next(schedule=schedule, by=alice, now=noon(1))
    assert [fire(noon(minute)) for minute in (5, 10, 15, 20)] == [0, 0, 0, 1]
    assert fates(schedule) == [(5, "skipped"), (10, "skipped"), (15, "skipped"), (20, "fired")]


def test_an_instant_that_is_not_the_next_any_more_is_not_mistaken_for_the_one_after_it(
    schedule: ScheduledJob, alice: User, noon: Noon
) -> None:
    skip_next(schedule=schedule, by=alice, planned_at=noon(5), now=noon(1))
    with pytest.raises(Conflict) as refused:
        skip_next(schedule=schedule, by=alice, planned_at=noon(5), now=noon(1))
    assert refused.value.code == "another_instant"
    assert fates(schedule) == [(5, "skipped")]


def test_skipping_the_only_instant_finishes_a_schedule(make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
    schedule = make_schedule(interval="future", start_time=noon(5))
    assert skip_next(schedule=schedule, by=alice, now=noon(1)).state == "finished"
    with pytest.raises(Conflict):
        skip_next(schedule=schedule, by=alice, now=noon(1))


def test_instant_that_is_due_is_not_skipped(schedule: ScheduledJob, alice: User, noon: Noon) -> None:
    with pytest.raises(Conflict) as refused:
        skip_next(schedule=schedule, by=alice, now=noon(5))
    assert refused.value.code == "already_due"


@pytest.mark.parametrize(("operation", "state"), [(cancel, "cancelled"), (delete, "deleted")])
def test_ended_schedule_never_runs_again(
    make_schedule: MakeSchedule,
    alice: User,
    noon: Noon,
    fire: Fire,
    operation: Callable[..., object],
    state: str,
) -> None:
    schedule = make_schedule(overlap="queue")
    fire(noon(5))
    fire(noon(10))
    operation(schedule=schedule, by=alice, now=noon(11))
    assert fire(noon(15)) == 0
    row = ScheduledJob.objects.get(pk=schedule.pk)
    assert (row.state, row.next_run_at) == (state, None)
    assert lines(schedule)[1][1:] == ("missed", f"{state} by alice")
    assert JobResult.objects.get().schedule == schedule


def test_deleted_schedule_is_seen_no_more(schedule: ScheduledJob, alice: User, noon: Noon) -> None:
    assert list(visible(alice)) == [schedule]
    delete(schedule=schedule, by=alice, now=noon(1))
    assert list(visible(alice)) == []


def test_files_of_an_ended_schedule_are_let_go(
    make_schedule: MakeSchedule, make_job: Any, alice: User, noon: Noon
) -> None:
    file = InputFile(name="a", sha256="0" * 64, size=1, created=noon(0))
    job = make_job(variables=[{"name": "f", "type": "FileVar", "required": True}])
    schedule = make_schedule(job=job, values={"f": str(file.pk)}, input_files=[file])
    cancel(schedule=schedule, by=alice, now=noon(1))
    assert not InputFile.objects.exists()


class TestTakeOver:
    def test_makes_somebody_else_the_requester_of_an_errored_schedule(
        self, schedule: ScheduledJob, alice: User, admin: User, noon: Noon, fire: Fire
    ) -> None:
        alice.delete()
        fire(noon(5))
        taken = take_over(schedule=schedule, by=admin, now=noon(16))
        assert (taken.state, taken.user, taken.revision, taken.next_run_at) == ("active", admin, 2, noon(20))
        assert fates(schedule) == [(5, "refused"), (10, "skipped"), (15, "skipped")]
        assert "errored: Its requester was deleted" in lines(schedule)[1][2]
        assert fire(noon(20)) == 1
        assert JobResult.objects.get().user == admin
        assert Occurrence.objects.get(fate="fired").revision == 2

    def test_is_possible_before_anything_fails(
        self, schedule: ScheduledJob, alice: User, admin: User, noon: Noon, fire: Fire
    ) -> None:
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert take_over(schedule=schedule, by=admin, now=noon(1)).next_run_at == noon(5)
        assert fire(noon(5)) == 1

    def test_leaves_an_active_requester_alone(self, schedule: ScheduledJob, admin: User, noon: Noon) -> None:
        with pytest.raises(Conflict) as refused:
            take_over(schedule=schedule, by=admin, now=noon(1))
        assert refused.value.code == "has_owner"

    def test_needs_the_right_to_run_the_job(
        self, schedule: ScheduledJob, alice: User, bob: User, noon: Noon
    ) -> None:  # P59
        allow(bob, ScheduledJob, "change")
        User.objects.filter(pk=alice.pk).update(is_active=False)
        with pytest.raises(NotAllowed):
            take_over(schedule=schedule, by=bob, now=noon(1))

    def test_of_a_schedule_whose_time_is_over_finishes_it(
        self, make_schedule: MakeSchedule, alice: User, admin: User, noon: Noon, fire: Fire
    ) -> None:
        schedule = make_schedule(end_time=noon(10))
        alice.delete()
        fire(noon(5))
        assert take_over(schedule=schedule, by=admin, now=noon(20)).state == "finished"


class TestRunNow:
    def test_is_a_submission_of_ones_own_and_moves_no_plan(
        self, make_schedule: MakeSchedule, admin: User, noon: Noon
    ) -> None:
        schedule = make_schedule(values={"site": "a"})
        run = run_now(schedule=schedule, by=admin, now=noon(1))
        assert (run.user, run.schedule, run.occurrence, run.job_kwargs["data"]) == (
            admin,
            schedule,
            None,
            {"site": "a"},
        )
        row = ScheduledJob.objects.get()
        assert (row.next_run_at, row.total_run_count, row.last_run_at) == (noon(5), 0, None)

    def test_counts_as_the_previous_run(self, make_schedule: MakeSchedule, alice: User, noon: Noon, fire: Fire) -> None:
        schedule = make_schedule(overlap="skip")
        run_now(schedule=schedule, by=alice, now=noon(4))
        assert fire(noon(5)) == 0

    def test_passes_the_gate(self, schedule: ScheduledJob, alice: User, noon: Noon) -> None:
        Job.objects.update(gated=True)
        with pytest.raises(Conflict) as refused:
            run_now(schedule=schedule, by=alice, now=noon(1))
        assert refused.value.code == "approval_needed"

    def test_of_a_deleted_job_is_refused(self, schedule: ScheduledJob, alice: User, noon: Noon) -> None:
        Job.objects.all().delete()
        with pytest.raises(Conflict) as refused:
            run_now(schedule=schedule, by=alice, now=noon(1))
        assert refused.value.code == "job_deleted"


class TestInBulk:
    def test_each_has_its_own_answer(self, make_schedule: MakeSchedule, alice: User, noon: Noon) -> None:
        active, paused = make_schedule(), make_schedule()
        pause(schedule=paused, by=alice, now=noon(1))
        unknown = uuid.uuid4()
        answers = in_bulk(action="pause", ids=[active.pk, paused.pk, unknown], by=alice, note="all", now=noon(2))
        assert [(one.id, one.ok, one.code) for one in answers] == [
            (active.pk, True, ""),
            (paused.pk, False, "schedule_state"),
            (unknown, False, "not_found"),
        ]
        assert ScheduledJob.objects.get(pk=active.pk).state_reason == "all"

    def test_hidden_schedules_are_missing(self, schedule: ScheduledJob, dave: User, noon: Noon) -> None:
        (answer,) = in_bulk(action="delete", ids=[schedule.pk], by=dave, now=noon(1))
        assert answer.code == "not_found"

    def test_rights_are_asked_for_each(self, schedule: ScheduledJob, alice: User, noon: Noon) -> None:
        ObjectPermission.objects.filter(users=alice).delete()
        allow(alice, ScheduledJob, "view")
        alice = User.objects.get(pk=alice.pk)
        (answer,) = in_bulk(action="delete", ids=[schedule.pk], by=alice, now=noon(1))
        assert answer.code == "may_not_delete"

    def test_unknown_action_is_refused(self, alice: User, noon: Noon) -> None:
        with pytest.raises((Conflict, Invalid)):
            in_bulk(action="explode", ids=[], by=alice, now=noon(1))
