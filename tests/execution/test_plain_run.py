"""A run that goes well."""

import json
from typing import Any

import pytest
from tests.execution.conftest import clock

from foureyes.models import Event, JobLogEntry, JobResult
from foureyes.runs.enqueue import enqueue
from foureyes.runs.masking import MASK

HELLO = """
    class Hello(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            self.log_info(message="Hello")
            print("on the side")
            return "hello"
"""


COUNTS = """
    class Counts(Job):
        password = StringVar(sensitive=True)

        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return [{"site": "fra", "free": 3, "key": data["password"]}, {"site": "ams", "free": None, "at": {1}}]

        def test_sums(self):
            return {"free": 3}

        def post_run(self):
            return "done"

    class Talks(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return 7

    class Fails(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return {"half": "done"}

        def test_rest(self):
            raise ValueError("no rest")

    class Heaps(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return ["x" * 100] * 20_000

    class Odd(dict):
        def items(self):
            raise ValueError("never")

    class Odds(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return Odd(a=1)
"""


def test_run_completes_with_output_log_and_facts(jobs: Any, ask: Any, bench: Any) -> None:
    run = ask(jobs(HELLO)["Hello"])
    bench.finish(run)
    assert (run.status, run.cause, run.data) == ("completed", "", {"output": "\nhello"})
    lines = JobLogEntry.objects.filter(job_result=run).order_by("sequence")
    assert {(line.grouping, line.log_level, line.message) for line in lines} == {
        ("run", "info", "Hello"),
        ("output", "default", "on the side"),
    }
    assert [line.sequence for line in lines] == [0, 1]
    facts = Event.objects.filter(subject_id=str(run.pk)).order_by("id")
    assert [fact.kind for fact in facts] == ["run.created", "run.started", "run.completed"]
    assert run.log_count == 2
    assert JobResult.objects.get().lease_until is None


def test_what_methods_return_is_kept_as_json_beside_the_text_of_1x(jobs: Any, bench: Any, alice: Any) -> None:
    secret = "hunter2-4711"
    run = enqueue(job=jobs(COUNTS)["Counts"], user=alice, values={"password": secret}, commit=True, now=clock())
    bench.finish(run)
    sites = [{"site": "fra", "free": 3, "key": MASK}, {"site": "ams", "free": None, "at": [1]}]
    assert json.loads(run.returned) == [sites, {"free": 3}, "done"]
    assert set(run.data) == {"output"}
    assert run.data["output"].endswith("\n{'free': 3}\ndone")


@pytest.mark.parametrize("name", ["Talks", "Fails", "Heaps", "Odds"])
def test_what_is_text_void_or_too_large_is_kept_as_text_alone(jobs: Any, ask: Any, bench: Any, name: str) -> None:
    run = ask(jobs(COUNTS)[name])
    bench.finish(run)
    assert run.returned == ""
    assert bool(run.data["output"]) is (name != "Fails")
