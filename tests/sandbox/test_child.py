"""What a run reports, seen from the other end of the sockets."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from tests.sandbox.conftest import Bench

HELLO = """
class Sample(Job):
    def run(self, data, commit):
        self.log_info(message="Hello")
        return "hello"
"""


def test_job_that_returns_is_completed(bench: Bench) -> None:
    before = datetime.now(UTC)
    run = bench.run(HELLO)
    assert (run.result.outcome, run.result.cause, run.result.data) == ("completed", "", {"output": "\nhello"})
    (log,) = run.logs
    assert (log.level, log.grouping, log.message, log.object, log.url) == ("info", "run", "Hello", None, None)
    assert before <= log.at <= datetime.now(UTC)
    assert run.ended is not None
    assert run.ended.status == 0


def sample(bench: Bench, class_name: str, **fields: object):
    folder = Path(__file__).parents[1] / "contract" / "world" / "jobs"
    shutil.copy(folder / "sample_jobs.py", bench.folder / "sample_jobs.py")
    return bench.begin_module("sample_jobs", class_name, **fields).wait()
