"""Real schedulers that race, are killed at any moment, and fire at the instant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes.island import Island, island

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

JOB = """
from foureyes.jobs import Job

class Noop(Job):
    class Meta:
        has_sensitive_variables = False

    def run(self, data, commit):
        pass
"""
PREPARE = """
from foureyes.catalog.discover import Discovery
Discovery().scan(now=now())
Job.objects.update(enabled=True)
User.objects.create(username="alice", is_superuser=True)
"""
# Thousands of schedules that were due in the past minutes, several times each, under every policy.
FILL = """
from django.db import connection, transaction
from foureyes.models.bulk import insert_rows
from foureyes.users.ids import uuid7
job, user, start = Job.objects.get(), User.objects.get(), now().replace(second=0, microsecond=0) - timedelta(minutes=7)
for misfire in ("all", "latest"):
    fresh = ScheduledJob(job_model=job, job_class=job.class_path, user=user, user_name="alice", interval="custom",
        crontab="* * * * *", misfire=misfire, start_time=start, decided_until=start, created=start, date_changed=start,
        next_run_at=start + timedelta(minutes=1), max_runs=5 if misfire == "all" else None)
    same = {c.name: getattr(fresh, c.attname) for c in ScheduledJob._meta.fields
            if not c.generated and c.name not in ("id", "name")}
    with transaction.atomic():
        insert_rows(ScheduledJob, {"id": [uuid7() for _ in range(count)], "name": [str(n) for n in range(count)]},
            same=same)
answer(start.isoformat())
"""
SCHEDULE = "from foureyes.processes.scheduler import schedule; schedule()"
COUNTS = """
from django.db.models import Count, F, Max
fired = Occurrence.objects.filter(fate="fired")
runs = JobResult.objects.filter(occurrence__isnull=False)
lines = Occurrence.objects.values("scheduled_job").annotate(n=Count("id"), last=Max("planned_at"))
lacking = sum(one["n"] != round((one["last"] - datetime.fromisoformat(start)).total_seconds() / 60) for one in lines)
counts = dict(JobResult.objects.values_list("schedule").annotate(n=Count("id")))
wrong = sum(total != counts.get(key, 0) for key, total in ScheduledJob.objects.values_list("id", "total_run_count"))
facts = Event.objects.filter(kind="run.created")
answer({
    "fired": fired.count(),
    "runs": runs.count(),
    "runs of other instants": runs.exclude(occurrence__fate="fired").count(),
    "runs of other schedules": runs.exclude(occurrence__scheduled_job=F("schedule")).count(),
    "facts": facts.count(),
    "facts of runs": facts.values("subject_id").distinct().count(),
    "schedules with holes in the ledger": lacking,
    "wrong counters": wrong,
    "more than it may": sum(n > 5 for n in counts.values()) if full else 0,
    "finished": ScheduledJob.objects.filter(state="finished").count(),
    "errored": ScheduledJob.objects.filter(state="errored").count(),
})
"""
# Schedulers forked from a loaded process, so that a killed one is replaced in milliseconds. Gives the kills while
# something was due.
CHAOS = """
import random, signal
from django.db import connection, connections
from foureyes.catalog.discover import Discovery
from foureyes.processes.scheduler import schedule
draw, discovery = random.Random(seed), Discovery()
discovery.scan(now=now())
def start():
    connections.close_all()
    if pid := os.fork():
        return pid
    try:
        schedule(discovery=discovery)
    finally:
        os._exit(0)
def due():
    return ScheduledJob.objects.filter(state="active", next_run_at__lte=now() - timedelta(seconds=5)).exists()
running = [start() for _ in range(3)]
kills, deadline = 0, time.monotonic() + patience
while due() and kills < most:  # then they may come to their end, however slow they are
    assert time.monotonic() < deadline, "the schedulers do not come to an end"
    time.sleep(draw.uniform(0.01, 0.25))
    victim = draw.randrange(3)
    kills += due()
    os.kill(running[victim], signal.SIGKILL)
    os.waitpid(running[victim], 0)
    running[victim] = start()
while due():
    assert time.monotonic() < deadline, "the schedulers do not come to an end"
    time.sleep(0.1)
for pid in running:
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == 0
answer(kills)
"""
LEFT = "not ScheduledJob.objects.filter(state='active', next_run_at__lte=now() - timedelta(seconds=5)).exists()"
ONE_OFFS = """
from foureyes.schedules.create import Plan, create
asked_at = now()
first = asked_at + timedelta(seconds=1)
for place in range(count):
    create(job=Job.objects.get(), by=User.objects.get(), values={}, commit=True, name=str(place), now=asked_at,
        plan=Plan(interval="future", start_time=first + timedelta(milliseconds=31 * place)))
"""
LATENESS = """
rows = Occurrence.objects.filter(fate="fired").values_list("planned_at", "decided_at")
answer(sorted((decided - planned).total_seconds() for planned, decided in rows))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Island]:
    with island(tmp_path / "data", FOUREYES_LOG_FORMAT="json") as made:
        (made.folder / "jobs" / "noop.py").write_text(JOB)
        made.python(PREPARE)
        yield made


def counted(place: Island, start: str, *, full: bool) -> dict[str, Any]:
    found: dict[str, Any] = place.python(COUNTS, start=start, full=full)
    return found


def test_killed_schedulers_lose_no_instant_and_double_none(place: Island) -> None:  # P17, P19, P23, P26
    """20,000 runs and more, by three schedulers of which one is killed again and again while they are made."""
    start = place.python(FILL, count=4000)
    kills = place.python(CHAOS, seed=7, most=80, patience=100)
    assert kills >= 5, "they were killed too rarely while they had something to do"
    found = counted(place, start, full=True)
    assert found["fired"] == found["runs"] == found["facts"] == found["facts of runs"] >= 20_000
    faults = {name: number for name, number in found.items() if name not in ("fired", "runs", "facts", "facts of runs")}
    assert faults == {
        "runs of other instants": 0,
        "runs of other schedules": 0,
        "schedules with holes in the ledger": 0,
        "wrong counters": 0,
        "more than it may": 0,
        "finished": 4000,
        "errored": 0,
    }


def test_one_offs_of_other_processes_fire_at_their_instant_and_never_before(place: Island) -> None:  # P06
    """The loop polls once an hour here: a doorbell tells of new ones, and it waits for exactly their instants."""
    place.start(SCHEDULE, FOUREYES_POLL_SECONDS="3600", FOUREYES_DISCOVER_SECONDS="3600")
    for made in (1, 2, 42):
        place.python(ONE_OFFS, count=made - place.python("answer(JobResult.objects.count())"))
        place.until("JobResult.objects.count() == made", made=made)
    late = place.python(LATENESS)
    assert len(late) == 42
    assert late[0] >= 0


def test_schedulers_that_race_never_fire_the_same(place: Island) -> None:
    start = place.python(FILL, count=400)
    running = [place.start(SCHEDULE) for _ in range(4)]
    place.until(LEFT)
    for process in running:
        process.terminate()
        process.wait(60)
    found = counted(place, start, full=True)
    assert found["fired"] == found["runs"]
    assert found["schedules with holes in the ledger"] == found["wrong counters"] == 0
