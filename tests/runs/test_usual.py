"""What earlier runs tell of one: its usual length, when it will be over, and which steps are to come."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.web.cast import allow, run_of

from foureyes.models import Job, JobResult
from foureyes.runs.usual import (
    NO_HISTORY,
    Earlier,
    History,
    StepToCome,
    history_of,
    is_long,
    key_of,
    steps_to_come,
    time_left,
    usual_of_each,
)
from foureyes.users.models import User

MINUTE = timedelta(minutes=1)
FIVE = History(runs=[Earlier(length=minutes * MINUTE) for minutes in (50, 10, 40, 20, 30)])
Run = Callable[..., JobResult]


@pytest.fixture
def job(make_job: Any) -> Job:
    job: Job = make_job()
    return job


@pytest.fixture
def run(job: Job, alice: User, now: datetime) -> Run:
    """Stores runs of alice, who may view runs. `steps` begin so many minutes after the start; it ends after `took`."""
    allow(alice, "jobresult", "view")

    def make(*, took: int | None = None, steps: Sequence[tuple[str, int]] = (), **columns: Any) -> JobResult:
        begun = columns.pop("started_at", now)
        told = [[name, place, (begun + at * MINUTE).isoformat()] for place, (name, at) in enumerate(steps)]
        given = {"started_at": begun, "bundle": job.bundle, "log_summary": {"steps": told}}
        if took is None:
            given |= {"status": JobResult.Status.RUNNING, "lease_until": now + timedelta(days=1)}
        else:
            given |= {"completed": begun + took * MINUTE}
        return run_of(job, alice, now, **given | columns)

    return make


def to_come(run: JobResult, history: History) -> list[StepToCome]:
    found = steps_to_come(run, history)
    assert found is not None
    return found


def counted(done: float, *, first: float = 0, at: datetime) -> dict[str, Any]:
    return {"progress_done": done, "progress_total": 100, "progress_began_with": first, "progress_began_at": at}


def test_nothing_is_usual_before_three_runs_ended_well(run: Run, alice: User) -> None:
    going = run()
    for took in (3, 5):
        run(took=took)
    run(took=90, status=JobResult.Status.FAILED)
    run(took=90, purpose=JobResult.Purpose.DRY_RUN, commit=False)
    assert history_of(going, user=alice).usual is None
    run(took=4)
    assert history_of(going, user=alice).usual == 4 * MINUTE


def test_a_run_is_not_its_own_history(run: Run, alice: User) -> None:
    ended = [run(took=took) for took in (1, 2, 3, 9)]
    assert history_of(ended[-1], user=alice).usual == 2 * MINUTE


def test_only_runs_that_a_person_may_view_tell_anything(run: Run, bob: User) -> None:
    for took in (1, 2, 3):
        run(took=took)
    assert history_of(run(), user=bob).runs == []
    assert usual_of_each([run()], user=bob) == {key_of(run()): None}


def test_what_is_usual_of_many_kinds_of_runs_takes_one_query(
    run: Run, make_job: Any, alice: User, django_assert_num_queries: Any
) -> None:
    other = make_job("Purge")
    for took in (1, 2, 3):
        run(took=took)
        run(took=took * 10, job_model=other)
        run(took=took * 100, purpose=JobResult.Purpose.DRY_RUN, commit=False)
    shown = [run(), run(job_model=other), run(purpose=JobResult.Purpose.DRY_RUN, commit=False)]
    with django_assert_num_queries(2):  # the other one is for the rights
        found = usual_of_each(shown, user=alice)
    assert [found[key_of(one)] for one in shown] == [2 * MINUTE, 20 * MINUTE, 200 * MINUTE]


def test_the_newest_runs_tell_what_is_usual(run: Run, alice: User, now: datetime) -> None:
    for back in range(25):
        run(took=1 if back < 20 else 90, created=now - back * MINUTE)
    assert history_of(run(), user=alice).lengths == [MINUTE] * 20


@pytest.mark.parametrize(("spent", "left"), [(0, 30), (9, 21), (20, 20), (45, 5), (50, None), (70, None)])
def test_without_progress_those_tell_that_took_longer_by_now(
    run: Run, now: datetime, spent: int, left: int | None
) -> None:
    found = time_left(run(started_at=now - spent * MINUTE), FIVE, now=now)
    assert found == (None if left is None else left * MINUTE)


def test_a_run_is_long_when_nearly_all_were_shorter(run: Run, now: datetime) -> None:
    assert not is_long(run(started_at=now - 50 * MINUTE), FIVE, now=now)
    assert is_long(run(started_at=now - 51 * MINUTE), FIVE, now=now)
    assert not is_long(run(started_at=now - 51 * MINUTE), NO_HISTORY, now=now)


def test_once_a_run_tells_its_pace_that_counts_more_than_history(run: Run, now: datetime) -> None:
    begun = now - 10 * MINUTE
    assert time_left(run(started_at=begun, **counted(50, at=begun)), FIVE, now=now) == 10 * MINUTE
    assert time_left(run(started_at=begun, **counted(50, at=begun)), NO_HISTORY, now=now) == 10 * MINUTE


def test_a_pace_is_measured_from_where_the_job_began_to_count(run: Run, now: datetime) -> None:
    """A restore that goes on at 54 of 100 does not get there at once."""
    begun = now - 3 * MINUTE
    found = time_left(run(started_at=begun, **counted(62, first=54, at=begun)), FIVE, now=now)
    assert found is not None
    assert round(found / MINUTE, 2) == 14.25


def test_a_pace_is_none_before_some_of_the_way_is_gone(run: Run, now: datetime) -> None:
    begun = now - 10 * MINUTE
    assert time_left(run(started_at=begun, **counted(4, at=begun)), FIVE, now=now) == 25 * MINUTE
    assert time_left(run(started_at=begun, **counted(100, at=begun)), NO_HISTORY, now=now) is None


def test_progress_that_a_later_step_counts_anew_is_that_of_the_step(run: Run, alice: User, now: datetime) -> None:
    for took in (14, 16, 18):
        run(took=took, steps=[("fetch", 0), ("load", 2), ("check", 10)])
    begun = now - 10 * MINUTE
    steps = [("fetch", 0), ("load", 6)]
    going = run(started_at=begun, steps=steps, **counted(40, at=begun + 6 * MINUTE))
    assert time_left(going, history_of(going, user=alice), now=now) == 6 * MINUTE + 6 * MINUTE  # load, and check
    assert time_left(going, FIVE, now=now) == 25 * MINUTE  # nothing is known of the steps to come
    stale = run(started_at=begun, steps=[*steps, ("check", 9)], **counted(40, at=begun + 6 * MINUTE))
    assert time_left(stale, history_of(stale, user=alice), now=now) == 6 * MINUTE
    throughout = run(started_at=begun, steps=steps, **counted(50, at=begun))
    assert time_left(throughout, FIVE, now=now) == 10 * MINUTE


def test_steps_to_come_are_those_that_most_earlier_runs_went_on_with(run: Run, alice: User) -> None:
    for end in (9, 10, 12):
        run(took=end, steps=[("fetch", 0), ("load", 2), ("check", 5)])
    run(took=4, steps=[("fetch", 0), ("clean", 2)])
    going = run(steps=[("fetch", 0), ("load", 3)])
    (check,) = to_come(going, history_of(going, user=alice))
    assert (check.name, check.usual) == ("check", 5 * MINUTE)
    begins = run(steps=[])
    assert [step.name for step in to_come(begins, history_of(begins, user=alice))] == ["fetch", "load", "check"]


def test_a_step_that_few_runs_have_had_comes_without_a_length(run: Run, alice: User) -> None:
    run(took=9, steps=[("fetch", 0), ("load", 2)])
    going = run(steps=[("fetch", 0)])
    (load,) = to_come(going, history_of(going, user=alice))
    assert (load.name, load.usual) == ("load", None)


def test_runs_of_another_source_and_other_ways_say_nothing_of_steps(run: Run, alice: User) -> None:
    run(took=9, steps=[("fetch", 0), ("load", 2)], bundle=None)
    run(took=9, steps=[("other", 0), ("load", 2)])
    going = run(steps=[("fetch", 0)])
    assert steps_to_come(going, history_of(going, user=alice)) is None


def test_steps_of_an_attempt_that_failed_are_not_those_of_the_next(run: Run, alice: User, now: datetime) -> None:
    run(took=9, steps=[("fetch", 0), ("load", 2)])
    going = run(steps=[("fetch", -8), ("load", -4), ("initialization", -3), ("fetch", 0)])
    assert [step.name for step in to_come(going, history_of(going, user=alice))] == ["load"]


def test_runs_without_steps_say_that_none_come(run: Run, alice: User) -> None:
    run(took=9)
    going = run()
    assert to_come(going, history_of(going, user=alice)) == []
    run(took=9, steps=[("fetch", 0)])
    run(took=9, steps=[("fetch", 0)])
    assert [step.name for step in to_come(going, history_of(going, user=alice))] == ["fetch"]
