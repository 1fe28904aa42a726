"""A job that says a great deal."""

import resource
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Min

from foureyes.models import JobLogEntry, JobResult

TALKS = """
    class Talks(Job):
        n = IntegerVar()
        file = StringVar()

        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            number = 0
            while number < data["n"] or not os.path.exists(data["file"]):
                self.log_info(message=f"line {number}")
                number += 1
            return str(number)

    class Hello(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            self.log_info(message="Hello")

    class Waits(Job):
        file = StringVar()

        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            self.log_info(message="first")
            self.progress(1, 2, "half")
            wait_for(data["file"])
"""
LINES = 20_000


def test_every_line_arrives_in_order_while_other_runs_go_on(jobs: Any, ask: Any, bench: Any, tmp_path: Path) -> None:
    written = jobs(TALKS)
    enough = tmp_path / "enough"
    talkative = ask(written["Talks"], n=LINES, file=str(enough))  # it does not end before it is told
    bench.until(lambda: JobLogEntry.objects.filter(job_result=talkative).exists())
    quick = ask(written["Hello"])
    bench.finish(quick)
    talkative.refresh_from_db()
    assert talkative.status == "running"
    enough.touch()
    bench.finish(talkative)
    count = int(talkative.data["output"])
    assert count >= LINES
    lines = JobLogEntry.objects.filter(job_result=talkative)
    told = lines.aggregate(count=Count("id"), first=Min("sequence"), last=Max("sequence"))
    assert told == {"count": count, "first": 0, "last": count - 1}
    assert lines.get(sequence=count - 1).message == f"line {count - 1}"
    assert talkative.log_count == count


def test_memory_does_not_grow_with_the_log(jobs: Any, ask: Any, bench: Any) -> None:
    written = jobs(TALKS)
    bench.finish(ask(written["Talks"], n=2_000, file="/"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.finish(ask(written["Talks"], n=LINES, file="/"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024  # KiB


def test_lines_and_progress_are_stored_while_the_job_runs(jobs: Any, ask: Any, bench: Any, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    run = ask(jobs(TALKS)["Waits"], file=str(go_on))
    bench.until(lambda: JobResult.objects.filter(pk=run.pk, progress_done=1, log_count=1).exists())
    run.refresh_from_db()
    assert (run.status, run.progress_total, run.progress_text) == ("running", 2, "half")
    go_on.touch()  # the job ends only after its line was seen
    bench.finish(run)


def test_worker_that_is_busy_leaves_the_rest_waiting(jobs: Any, ask: Any, bench: Any, tmp_path: Path) -> None:
    job = jobs(TALKS)["Waits"]
    go_on = tmp_path / "go on"
    runs = [ask(job, file=str(go_on)) for _ in range(3)]
    bench.until(lambda: JobResult.objects.filter(status="running", log_count=1).count() == 2)
    bench.turn()
    assert JobResult.objects.filter(status="pending").count() == 1
    go_on.touch()
    bench.finish(*runs)
