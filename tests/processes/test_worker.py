"""Real workers that race, die, and come back too late."""

import os
import signal
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes.island import Island, island

pytestmark = pytest.mark.processes

JOBS = """
    import os, time
    from foureyes.jobs import Job

    class Slow(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            with open({marks!r}, "a") as marks:
                marks.write(f"{{os.getpid()}}\\n")
            self.log_info(message="under way")
            while not os.path.exists({go_on!r}):
                time.sleep(0.01)
            return "slept"
"""
DISCOVER = """
from foureyes.catalog.discover import Discovery
from foureyes.runs.enqueue import enqueue
Discovery().scan(now=now())
Job.objects.update(enabled=True, max_retries=retries)
user = User.objects.create(username="alice")
answer(enqueue(job=Job.objects.get(), user=user, values={}, commit=True, now=now()).pk)
"""
UNDER_WAY = "JobLogEntry.objects.filter(message='under way').count() == lines"
RACE = """
from foureyes.catalog.bundles import of_contents, store
from foureyes.errors import Conflict
from foureyes.runs.claim import claim
from foureyes.runs.enqueue import enqueue
from foureyes.runs.finish import Outcome, finish
from foureyes.runs.lifecycle import Happening
from foureyes.runs.masking import Masker
from foureyes.runs.reports import Report
from foureyes.runs.workers import register
from django.db import connection

bundle = store(source=of_contents(module="net", contents={"net.py": b"pass"}), now=now())
def job(name, **columns):
    return Job.objects.create(source="local", module_name="net", job_class_name=name, name=name, grouping="Net",
        slug=name, enabled=True, has_sensitive_variables=False, bundle=bundle, created=now().date(),
        last_updated=now(), **columns)
jobs = [job("free"), job("limited", concurrency_limit=2), job("also", concurrency_limit=3)]
for number in range(runs):
    enqueue(job=jobs[number % 3], user=None, values={}, commit=True, now=now())
connection.close()

def contend(number):
    worker = register(kind="worker", name=f"w:{number}", queues=["default"], slots=3, now=now())
    taken, most = [], 0
    while JobResult.objects.filter(status="pending").exists():
        for run in claim(worker=worker, queues=["default"], limit=3, now=now()):
            taken.append(str(run.pk))
            most = max(most, JobResult.objects.filter(status="running", job_model__name="limited").count())
            outcome = Outcome(happening=Happening.COMPLETE, data={})
            finish(run=run, outcome=outcome, report=Report(), masker=Masker(), now=now())
    return taken, most

pipes = []
for number in range(4):
    reading, writing = os.pipe()
    if os.fork() == 0:
        result = contend(number)
        os.write(writing, json.dumps(result).encode())
        os._exit(0)
    os.close(writing)
    pipes.append(open(reading))
answer([json.loads(pipe.read()) for pipe in pipes])
"""
REAP_LATE = (
    "from foureyes.runs.reap import reap; answer(reap(now=now() + timedelta(hours=1)))"  # no lease lasts so long
)
CLAIMS = "answer(list(JobResult.objects.values_list('status', 'attempt').distinct()))"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Island]:
    with island(tmp_path / "data", FOUREYES_LEASE_SECONDS="6", FOUREYES_POLL_SECONDS="0.2") as made:
        yield made


def slow_run(place: Island, *, retries: int = 0) -> str:
    """A run that goes on until the file `go on` is there."""
    source = textwrap.dedent(JOBS).format(marks=str(place.folder / "marks"), go_on=str(place.folder / "go on"))
    (place.folder / "jobs" / "slow.py").write_text(source)
    run: str = place.python(DISCOVER, retries=retries)
    return run


def pids(place: Island) -> list[int]:
    """The job's process of every attempt."""
    return [int(line) for line in (place.folder / "marks").read_text().split()]


def ended(place: Island) -> dict[str, Any]:
    row: dict[str, Any] = place.until(
        "JobResult.objects.filter(completed__isnull=False).values('status', 'cause', 'attempt').first()"
    )
    return row


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_workers_that_race_never_take_the_same_run(place: Island) -> None:
    results = place.python(RACE, runs=240)
    taken = [run for runs, _most in results for run in runs]
    assert len(taken) == len(set(taken)) == 240
    assert max(most for _runs, most in results) <= 2
    assert sum(bool(runs) for runs, _most in results) > 1
    assert place.python(CLAIMS) == [["completed", 1]]


def test_killed_worker_takes_its_jobs_along_and_the_run_is_reaped(place: Island) -> None:
    slow_run(place)
    worker = place.worker()
    place.until(UNDER_WAY, lines=1)
    worker.kill()
    assert gone(pids(place)[0])
    assert place.python(REAP_LATE) == 1
    assert ended(place) == {"status": "errored", "cause": "worker_lost", "attempt": 1}
    texts = place.python("answer(list(JobLogEntry.objects.order_by('sequence').values_list('message', flat=True)))")
    assert texts[0] == "under way"
    assert texts[1].startswith("Worker lost: ")


def test_run_of_a_killed_worker_is_tried_again_where_the_job_asks_for_it(place: Island) -> None:
    slow_run(place, retries=1)
    worker = place.worker()
    place.until(UNDER_WAY, lines=1)
    worker.kill()
    worker.wait()
    place.python("JobResult.objects.update(lease_until=now())")  # as it will be some time after
    place.start("from foureyes.processes.scheduler import schedule; schedule()")
    place.worker(FOUREYES_LEASE_SECONDS="60")  # however slow the machine is, this one is not lost
    place.until(UNDER_WAY, lines=2)
    (place.folder / "go on").touch()
    assert ended(place) == {"status": "completed", "cause": "", "attempt": 2}
    assert len(pids(place)) == 2


def test_worker_that_slept_over_its_lease_ends_the_job_and_writes_nothing(place: Island) -> None:
    slow_run(place)
    worker = place.worker()
    place.until(UNDER_WAY, lines=1)
    worker.send_signal(signal.SIGSTOP)
    assert place.python(REAP_LATE) == 1
    worker.send_signal(signal.SIGCONT)
    assert gone(pids(place)[0])
    worker.terminate()
    assert worker.wait(60) == 0  # it has written whatever it had to write
    assert ended(place) == {"status": "errored", "cause": "worker_lost", "attempt": 1}
    assert place.python("answer(JobLogEntry.objects.count())") == 2


def test_stopped_worker_leaves_in_good_order(place: Island) -> None:
    slow_run(place)
    worker = place.worker()
    place.until(UNDER_WAY, lines=1)
    worker.terminate()
    assert worker.wait(60) == 0
    assert gone(pids(place)[0])
    assert ended(place)["cause"] == "worker_lost"
    assert place.python("answer(list(Worker.objects.values_list('state', flat=True)))") == ["stopped"]


def test_worker_outlives_an_absence_of_the_database(place: Island) -> None:
    run = slow_run(place)
    place.worker()
    place.until(UNDER_WAY, lines=1)
    if place.environment["FOUREYES_DATABASE_URL"]:
        place.python(
            "from django.db import connection\n"
            "with connection.cursor() as c:\n"
            " c.execute('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()')"
        )
    (place.folder / "go on").touch()
    place.until("JobResult.objects.filter(pk=run, status='completed').exists()", run=run)
