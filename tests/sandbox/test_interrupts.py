"""Soft limit and cancel, as the job sees them."""

from tests.sandbox.conftest import Bench

SLEEPS = """
import time
class Sample(Job):
    def run(self, data, commit):
        self.log("sleeping")
        time.sleep(30)
    def post_run(self):
        self.log(f"cancelled={self.cancelled}")
"""
CATCHES = """
import time
class Sample(Job):
    def run(self, data, commit):
        try:
            self.log("sleeping")
            time.sleep(30)
        except SoftTimeLimitExceeded as error:
            self.log(str(error))
            return "tidy"
"""
BUSY = """
class Sample(Job):
    def run(self, data, commit):
        while True:
            try:
                self.log("sleeping")
                self.log("x" * 5000)
            except Exception:
                pass
"""


FORKS_AND_ENDS = """
import os, signal
class Sample(Job):
    def run(self, data, commit):
        ends = set()
        for number in [signal.SIGTERM, signal.SIGUSR1] * 50:
            if (child := os.fork()) == 0:
                while True:
                    signal.pause()
            os.kill(child, number)
            ends.add(os.waitpid(child, 0)[1])
        return sorted(ends)
"""


def test_signals_end_what_the_job_forks_however_early_they_come(bench: Bench) -> None:
    assert bench.run(FORKS_AND_ENDS).result.data["output"] == "\n[10, 15]"


def test_soft_limit_ends_a_job_that_does_not_catch_it(bench: Bench) -> None:
    run = bench.begin(SLEEPS, soft_limit_seconds=2.5).wait_for("sleeping")
    run.signal("soft")
    run.wait()
    assert (run.result.outcome, run.result.cause) == ("errored", "soft_limit")
    assert run.messages[1].startswith(
        "An exception occurred: `SoftTimeLimitExceeded: The soft time limit of 2.5 seconds is over.`"
    )
    assert run.messages[2] == "cancelled=False"


def test_job_may_catch_the_soft_limit(bench: Bench) -> None:
    run = bench.begin(CATCHES).wait_for("sleeping")
    run.signal("soft")
    run.wait()
    assert (run.result.outcome, run.result.data) == ("completed", {"output": "\ntidy"})


def test_cancel_ends_the_job_and_lets_it_tidy_up(bench: Bench) -> None:
    run = bench.begin(SLEEPS).wait_for("sleeping")
    run.signal("cancel")
    run.wait()
    assert (run.result.outcome, run.result.cause) == ("errored", "cancelled")
    assert run.messages[1:] == ["The run was cancelled.", "cancelled=True"]


def test_cancel_before_the_job_begins_is_not_lost(bench: Bench) -> None:
    run = bench.begin(SLEEPS)
    run.signal("cancel")
    run.wait()
    assert run.result.cause == "cancelled"


def test_cancel_right_after_the_run_before_is_not_lost(bench: Bench) -> None:
    for _ in range(30):
        bench.run("class Sample(Job):\n    def run(self, data, commit):\n        pass\n")
        run = bench.begin(SLEEPS)
        run.signal("cancel")
        assert run.wait().result.cause == "cancelled"


def test_cancel_in_the_middle_of_a_report_does_not_tear_it(bench: Bench) -> None:
    run = bench.begin(BUSY).wait_for("sleeping")
    run.signal("soft")  # swallowed by the job
    run.signal("cancel")
    run.wait()
    assert (run.result.cause, run.reader.garbled) == ("cancelled", 0)
