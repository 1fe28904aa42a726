"""A run that goes well."""

from typing import Any

from foureyes.models import Event, JobLogEntry, JobResult

HELLO = """
    class Hello(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            self.log_info(message="Hello")
            print("on the side")
            return "hello"
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
