"""How runs end that do not go well."""

import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from tests.execution.conftest import clock

from foureyes.execution import executor
from foureyes.execution.start import NotStarted
from foureyes.models import Job, JobLogEntry, JobResult, RunChange, SourceBundle
from foureyes.runs.cancel import cancel
from foureyes.users.models import User

ENDS = """
    class Plain(Job):
        class Meta:
            has_sensitive_variables = False

    class Raises(Plain):
        def run(self, data, commit):
            self.log_info(message="about to fail")
            raise RuntimeError("deliberate failure")

    class SaysSo(Plain):
        def run(self, data, commit):
            self.log_failure(message="not good")
            return "done"

    class Exits(Plain):
        def run(self, data, commit):
            for number in range(50):
                self.log_info(message=f"line {number}")
            self.change("disk", 1, 2, "grow")
            os._exit(3)

    class Crashes(Plain):
        def run(self, data, commit):
            self.log_info(message="before")
            print("printed before", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)

    class Sleeps(Plain):
        def run(self, data, commit):
            self.log_info(message="sleeping")
            time.sleep(600)

    class Stubborn(Plain):
        def run(self, data, commit):
            child = subprocess.Popen(["sleep", "4711"], start_new_session=True)
            self.log_info(message=f"child {child.pid}")
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    pass

    class Again(Plain):
        class Meta:
            has_sensitive_variables = False
            max_retries = 2

        def run(self, data, commit):
            raise RuntimeError("again")
"""


@pytest.fixture
def written(jobs: Any) -> dict[str, Job]:
    found: dict[str, Job] = jobs(ENDS)
    return found


def messages(run: JobResult, level: str = "") -> list[str]:
    lines = JobLogEntry.objects.filter(job_result=run).order_by("sequence")
    return [line.message for line in lines if line.log_level == (level or line.log_level)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_exception_is_errored_with_its_traceback(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Raises"])
    bench.finish(run)
    assert (run.status, run.cause, run.data) == ("errored", "exception", {"output": ""})
    (text,) = messages(run, "failure")
    assert text.startswith("An exception occurred: `RuntimeError: deliberate failure`\n```\nTraceback")


def test_reported_failure_is_failed_and_keeps_the_output(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["SaysSo"])
    bench.finish(run)
    assert (run.status, run.cause, run.data) == ("failed", "job_failed", {"output": "\ndone"})


def test_everything_said_before_a_sudden_exit_is_kept(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Exits"])
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "process_died")
    assert messages(run) == [*(f"line {n}" for n in range(50)), "The job's process died (exit code 3)."]
    assert RunChange.objects.get(job_result=run).target == "disk"


def test_crash_names_the_signal(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Crashes"])
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "process_died")
    assert messages(run, "failure") == ["The job's process died (exit code -11): ended by SIGSEGV."]
    assert set(messages(run)) >= {"before", "printed before"}


def test_soft_limit_raises_in_the_job(written: Any, ask: Any, bench: Any) -> None:
    Job.objects.update(soft_time_limit=0.3)
    run = ask(written["Sleeps"])
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "soft_limit")
    assert "SoftTimeLimitExceeded" in messages(run, "failure")[0]


def test_hard_limit_kills_everything_and_says_so(written: Any, ask: Any, bench: Any) -> None:
    Job.objects.update(soft_time_limit=400, time_limit=500)
    run = ask(written["Stubborn"])
    bench.until(lambda: any(text.startswith("child ") for text in messages(run)))
    bench.expire()
    bench.finish(run)
    assert (run.status, run.cause, run.data) == ("errored", "hard_limit", {"output": ""})
    told = "The job was killed because it ran longer than its time limit of 500 seconds."
    assert messages(run, "failure") == [told]
    (child,) = [text for text in messages(run) if text.startswith("child ")]
    assert not is_alive(int(child.split()[1]))


def test_hard_limit_that_comes_first_is_warned_about(written: Any, ask: Any, bench: Any) -> None:
    Job.objects.update(soft_time_limit=9, time_limit=0.5)
    run = ask(written["Sleeps"])
    bench.finish(run)
    assert run.cause == "hard_limit"
    warning = JobLogEntry.objects.filter(job_result=run, log_level="warning", grouping="initialization").first()
    assert warning is not None
    assert "0.5 seconds" in warning.message


def test_cancelled_job_ends_by_itself_and_says_who(written: Any, ask: Any, bench: Any, alice: Any) -> None:
    run = ask(written["Sleeps"])
    bench.until(lambda: "sleeping" in messages(run))
    bench.grace(600)  # so it is not killed
    cancel(run=run, by=alice, now=clock())
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "cancelled")
    assert messages(run) == ["sleeping", "Cancelled by alice.", "The run was cancelled."]


def test_job_that_ignores_the_cancel_is_killed_with_its_children(
    written: Any, ask: Any, bench: Any, alice: Any
) -> None:
    run = ask(written["Stubborn"])
    bench.until(lambda: any(text.startswith("child ") for text in messages(run)))
    child = int(messages(run)[0].split()[1])
    bench.grace(0.3)
    cancel(run=run, by=alice, now=clock())
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "cancelled")
    assert messages(run, "failure") == ["The job did not stop within 0.3 seconds and was killed."]
    assert not is_alive(child)


def test_job_that_asks_for_it_is_tried_again(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Again"])
    bench.finish(run)
    assert (run.status, run.cause, run.attempt) == ("errored", "exception", 3)
    assert len(messages(run, "failure")) == 3
    assert list(
        JobLogEntry.objects.filter(job_result=run).order_by("sequence").values_list("sequence", flat=True)
    ) == list(range(run.log_count))


def test_worker_whose_lease_was_taken_ends_the_job_and_writes_nothing(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Sleeps"])
    bench.until(lambda: "sleeping" in messages(run))
    JobResult.objects.update(status="pending", worker=None, available_at=clock() + timedelta(hours=1))
    bench.executor._renew_at = 0.0
    bench.until(lambda: bench.executor.busy == 0)
    run.refresh_from_db()
    assert (run.status, run.cause) == ("pending", "")
    assert messages(run) == ["sleeping"]


def test_lost_fork_server_is_replaced(written: Any, ask: Any, bench: Any) -> None:
    run, after = ask(written["Sleeps"]), None
    bench.until(lambda: "sleeping" in messages(run))
    os.kill(bench.executor._forkserver._process.pid, signal.SIGKILL)
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "process_died")
    after = ask(written["SaysSo"])
    bench.finish(after)
    assert after.status == "failed"


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"enabled": False}, "Job SaysSo is not enabled to be run!"),
        ({"installed": False}, 'Unable to locate job "local/written/SaysSo" to run it!'),
        ({"gated": True}, "Job SaysSo needs approval by now. Ask for this run again."),
    ],
)
def test_job_that_may_no_longer_run_is_refused(
    written: Any, ask: Any, bench: Any, columns: dict[str, Any], text: str
) -> None:
    run = ask(written["SaysSo"])
    Job.objects.update(**columns)
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "refused")
    line = JobLogEntry.objects.get(job_result=run)
    assert (line.grouping, line.log_level, line.message) == ("initialization", "failure", text)


def test_run_of_a_person_who_became_inactive_is_refused(written: Any, ask: Any, bench: Any, alice: User) -> None:
    """An account that is switched off starts nothing any more, what it had put into a queue included."""
    run = ask(written["SaysSo"])
    User.objects.filter(pk=alice.pk).update(is_active=False)
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "refused")
    assert JobLogEntry.objects.get(job_result=run).message == "Its requester alice is inactive."


def test_taken_runs_wait_for_a_database_that_is_away(
    written: Any, ask: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are started when it is back, and none is taken for lost."""
    runs = [ask(written["SaysSo"]), ask(written["SaysSo"])]
    real, failures = executor.prepare, [OperationalError("away"), OperationalError("away")]

    def prepare(**given: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(**given)

    monkeypatch.setattr(executor, "prepare", prepare)
    for _ in range(2):
        with pytest.raises(OperationalError):
            bench.until(lambda: False)
        assert bench.executor.busy == 2
    bench.finish(*runs)
    assert [(run.status, run.attempt) for run in runs] == [("failed", 1), ("failed", 1)]


def test_run_that_is_deleted_while_it_is_prepared_stops_no_other(
    written: Any, ask: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted, other = ask(written["SaysSo"]), ask(written["SaysSo"])
    real = executor.prepare

    def prepare(*, run: JobResult, conf: Any) -> Any:
        if run.pk == deleted.pk:
            JobResult.objects.filter(pk=run.pk).delete()
            raise NotStarted("It cannot start.", JobResult.Cause.REFUSED)
        return real(run=run, conf=conf)

    monkeypatch.setattr(executor, "prepare", prepare)
    bench.finish(other)
    assert other.status == "failed"


def test_deleted_job_is_refused(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["SaysSo"])
    Job.objects.all().delete()
    bench.finish(run)
    assert messages(run) == ['Unable to locate Job database record for "local/written/SaysSo" to run it!']


def test_source_that_was_tampered_with_is_not_run(jobs: Any, ask: Any, bench: Any) -> None:
    run = ask(jobs(ENDS + f"\n    # {time.time()}: never written out before\n")["SaysSo"])
    SourceBundle.objects.update(archive=b"PK\x05\x06" + b"\0" * 18)
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "source")


def test_stopping_worker_ends_its_runs(written: Any, ask: Any, bench: Any) -> None:
    run = ask(written["Sleeps"])
    bench.until(lambda: "sleeping" in messages(run))
    bench.executor.stop(now=clock())
    bench.finish(run)
    assert (run.status, run.cause) == ("errored", "worker_lost")
    waiting = ask(written["SaysSo"])
    bench.turn()
    waiting.refresh_from_db()
    assert waiting.status == "pending"
