"""Schedules: firing, lateness, bursts, idle cost and lists, with many other schedules in the table.

python -m bench.schedules [--others 1000000] [--without-server]

Uses SQLite, or a database of its own beside the one that FOUREYES_DATABASE_URL names. `bench/beat.py` measures
django-celery-beat on the same machine.
"""

import argparse
import contextlib
import gc
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures import Figure, machine, percentile, table
from bench.server import JOBS, Server, own_database, running

OTHERS = 1_000_000  # schedules in the table that are not due, where nothing else is asked for
FIRED = 30_000
LATE_ONES = 200
AT_ONCE = 1000
ENDED_TO_END = 100
TICKS = 2000
PAGES = 100
CRONTABS = [f"{minute}-59/{step} * * * *" for minute in range(5) for step in (5, 10, 15, 20)]
ZONES = ("UTC", "Europe/Berlin", "America/New_York")
# The real loop, which notes when each batch was committed, by the instant that its ledger lines carry.
STAMPING = """
import django, json, os, sys, time
django.setup()
from datetime import UTC, datetime
from foureyes.processes import scheduler
real = scheduler.fire_due
def stamped(*, now):
    report = real(now=now)
    if report.fired:
        print(json.dumps([now.isoformat(), datetime.now(UTC).isoformat()]), flush=True)
    return report
scheduler.fire_due = stamped
scheduler.schedule()
"""


@contextlib.contextmanager
def installation(kept: Path | None = None) -> Iterator[Path]:
    """A data folder with a database that a server has begun, which this process and its children use.

    One that is `kept` is there before and afterwards, with its database.
    """
    folder = kept.absolute() if kept else Path(tempfile.mkdtemp(prefix="foureyes-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    with own_database(kept.name if kept else None):
        os.environ |= {"FOUREYES_DATA_DIR": str(folder), "FOUREYES_JOBS_DIR": str(JOBS)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "foureyes.settings"
        import django

        django.setup()
        from django.db import connection

        try:
            with running(data_dir=folder):
                pass
            yield folder
        finally:
            connection.close()
            if not kept:
                shutil.rmtree(folder, ignore_errors=True)


class Fill:
    """Makes schedules of one enabled job."""

    def __init__(self) -> None:
        from foureyes.models import Job
        from foureyes.users.models import User

        Job.objects.update(enabled=True)
        self.job = Job.objects.get(job_class_name="Noop")
        self.user = User.objects.get(username="admin")

    def many(self, count: int, *, due: datetime | None = None, interval: str = "custom") -> None:
        """Rows that are due then, by a crontab in that minute; without an instant at any time from tomorrow on."""
        from django.db import transaction

        for start in range(0, count, 5000):
            with transaction.atomic():
                self._some(min(5000, count - start), due, interval)

    def _some(self, count: int, due: datetime | None, interval: str) -> None:
        from foureyes.models import ScheduledJob
        from foureyes.models.bulk import insert_rows
        from foureyes.users.ids import uuid7

        now = datetime.now(UTC)
        draw = random.Random(count)
        crontabs = CRONTABS
        if due and interval == "custom":  # an instant of the plan: another one would be passed over, and nothing fire
            due = due.replace(second=0, microsecond=0)
            crontabs = [f"{due.minute}-59/{step} * * * *" for step in (5, 10, 15, 20)]
        whens = [due or now + timedelta(days=1, seconds=draw.randrange(360 * 86_400)) for _ in range(count)]
        own = ("id", "name", "crontab", "time_zone", "next_run_at", "start_time")
        fresh = ScheduledJob(
            job_model=self.job, job_class=self.job.class_path, user=self.user, user_name="bench", interval=interval,
            one_off=interval == "future", decided_until=min(whens) - timedelta(seconds=1), created=now,
            date_changed=now,
        )  # fmt: skip
        insert_rows(
            ScheduledJob,
            {
                "id": [uuid7() for _ in whens],
                "name": [f"schedule {draw.randrange(10**9)}" for _ in whens],
                "crontab": [draw.choice(crontabs) if interval == "custom" else "" for _ in whens],
                "time_zone": [draw.choice(ZONES) for _ in whens],
                "next_run_at": whens,
                "start_time": [when - timedelta(days=draw.randrange(1, 99)) for when in whens]
                if interval == "custom"
                else whens,
            },
            same={
                column.name: getattr(fresh, column.attname)
                for column in ScheduledJob._meta.fields
                if column.name not in own and not column.generated
            },
        )


def fire_all(count: int) -> list[float]:
    """Fire until nothing is due, which is so many; the seconds that each batch took."""
    from foureyes.schedules.fire import fire_due

    seconds, fired, more, now = [], 0, True, datetime.now(UTC)
    while more:
        started = time.perf_counter()
        report = fire_due(now=now)
        seconds.append(time.perf_counter() - started)
        fired, more = fired + report.fired, report.more
    if fired != count:
        raise SystemExit(f"{fired} of {count} fired")
    return seconds


def idle() -> list[Figure]:
    from foureyes.schedules.fire import fire_due
    from foureyes.schedules.release import release_queued

    started = time.process_time(), time.perf_counter()
    for _ in range(TICKS):
        fire_due(now=datetime.now(UTC))
        release_queued(now=datetime.now(UTC))
    cpu, wall = time.process_time() - started[0], time.perf_counter() - started[1]
    return [
        Figure(name="idle tick", value=wall / TICKS * 1e6, unit="µs"),
        Figure(name="idle, one tick a second", value=wall / TICKS * 100, unit="% of a core", at_most=0.5),
        Figure(name="idle tick, our processor time", value=cpu / TICKS * 1e6, unit="µs"),
    ]


def forecasts(rows: int) -> list[Figure]:
    """What a calendar and a timeline ask for, as an administrator who sees every schedule."""
    from foureyes.schedules.forecast import forecast
    from foureyes.users.models import User

    admin, now = User.objects.get(username="admin"), datetime.now(UTC)
    figures = []
    for name, days in (("a day", 2), ("a month", 32)):
        times = []
        for _ in range(5):
            began = time.perf_counter()
            forecast(user=admin, since=now, until=now + timedelta(days=days))
            times.append((time.perf_counter() - began) * 1000)
        figures.append(
            Figure(name=f"forecast of {name}, {rows:,} schedules, p50", value=percentile(times, 0.5), unit="ms")
        )
    return figures


def firing(fill: Fill) -> list[Figure]:
    gc.collect()
    gc.freeze()  # as in the scheduler's process: what is loaded by now is not looked through again
    figures = []
    for name, interval in (("recurring", "custom"), ("one-off", "future")):
        fill.many(FIRED, due=datetime.now(UTC), interval=interval)
        began = time.process_time()
        seconds = fire_all(FIRED)
        cpu = time.process_time() - began
        figures += [
            Figure(name=f"firing, {name}", value=FIRED / sum(seconds), unit="/s", at_least=5000),
            Figure(name=f"firing, {name}, our processor time", value=cpu / FIRED * 1e6, unit="µs each"),
            Figure(name=f"batch, {name}, p99", value=percentile(seconds, 0.99) * 1000, unit="ms"),
        ]
    for count in (1000, 10_000):
        fill.many(count, due=datetime.now(UTC))
        seconds = fire_all(count)
        figures.append(Figure(name=f"{count:,} due at once, last stored", value=sum(seconds), unit="s", at_most=3))
    return figures


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, or for a minute: what is missing then is told by whoever looks."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)


def lateness(name: str, fill: Fill) -> list[Figure]:
    """Due instant to commit, with the real loop in a process of its own."""
    from django.db import transaction

    from foureyes.models import Occurrence, Worker
    from foureyes.runs.doorbell import ring_scheduler

    began = datetime.now(UTC)
    process = subprocess.Popen([sys.executable, "-c", STAMPING], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        wait_for(Worker.objects.filter(kind=Worker.Kind.SCHEDULER, started_at__gte=began).exists)
        first = datetime.now(UTC) + timedelta(seconds=3)
        whens = [first + timedelta(milliseconds=37.3 * place) for place in range(LATE_ONES)]
        with transaction.atomic():
            for when in whens:
                fill.many(1, due=when, interval="future")
        if datetime.now(UTC) > first:
            raise SystemExit("storing took longer than the time until the first instant")
        ring_scheduler()
        wait_for(lambda: Occurrence.objects.filter(planned_at__in=whens).count() == LATE_ONES)
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    stamps = dict(json.loads(line) for line in out.splitlines() if line.startswith(b"["))
    rows = Occurrence.objects.filter(planned_at__in=whens).values_list("planned_at", "decided_at")
    late = [(datetime.fromisoformat(stamps[at.isoformat()]) - planned).total_seconds() * 1000 for planned, at in rows]
    if len(late) != LATE_ONES:
        raise SystemExit(f"{len(late)} of {LATE_ONES} fired")
    return [
        Figure(name=f"due to stored, {name}, p50", value=percentile(late, 0.5), unit="ms"),
        Figure(name=f"due to stored, {name}, p99", value=percentile(late, 0.99), unit="ms"),
    ]


def from_due_to_started(server: Server, name: str) -> list[Figure]:
    """The same through everything: stored by the API, started by the worker."""
    job = server.enabled_job()["id"]
    starts = [datetime.now(UTC) + timedelta(seconds=6 + 0.15 * place) for place in range(ENDED_TO_END)]
    ids = [
        server.post(
            "/api/schedules/",
            {"job": job, "name": f"once {place}", "interval": "future", "start_time": start.isoformat()},
        )["id"]
        for place, start in enumerate(starts)
    ]
    time.sleep(max((starts[-1] - datetime.now(UTC)).total_seconds(), 0) + 3)
    late = []
    for key, start in zip(ids, starts, strict=True):
        line = server.get("/api/occurrences/", schedule=key)["results"][0]
        run = server.get(f"/api/runs/{line['run']}/")
        late.append((datetime.fromisoformat(run["started_at"]) - start).total_seconds() * 1000)
    return [
        Figure(name=f"due to started, {name}, p50", value=percentile(late, 0.5), unit="ms", at_most=15),
        Figure(name=f"due to started, {name}, p99", value=percentile(late, 0.99), unit="ms", at_most=80),
    ]


def burst(fill: Fill) -> list[Figure]:
    """Many that are due at the same instant, until the last of them was started by two slots."""
    from django.db.models import Count, Max

    from foureyes.models import Occurrence
    from foureyes.runs.doorbell import ring_scheduler

    due = datetime.now(UTC) + timedelta(seconds=10)
    fill.many(AT_ONCE, due=due, interval="future")
    if datetime.now(UTC) > due:
        raise SystemExit("storing took longer than the time until the instant")
    ring_scheduler()
    started = Occurrence.objects.filter(planned_at=due, job_result__started_at__isnull=False)
    wait_for(lambda: started.count() == AT_ONCE)
    last = started.aggregate(last=Max("job_result__started_at"), count=Count("pk"))
    if last["count"] != AT_ONCE:
        raise SystemExit(f"{last['count']} of {AT_ONCE} were started")
    seconds = (last["last"] - due).total_seconds()
    return [Figure(name=f"{AT_ONCE:,} due at once, last started", value=seconds, unit="s", at_most=10)]


def lists(server: Server, rows: int) -> list[Figure]:
    figures = []
    p95 = 50 if rows <= 200_000 else 150
    for path in ("/api/extras/scheduled-jobs/?limit=50", "/api/schedules/?limit=50"):
        times = []
        for _ in range(PAGES):
            started = time.perf_counter()
            server.get(path)
            times.append((time.perf_counter() - started) * 1000)
        name = f"{path.partition('?')[0]} of {rows:,}"
        figures += [
            Figure(name=f"{name}, p50", value=percentile(times, 0.5), unit="ms", at_most=25 if p95 == 50 else None),
            Figure(name=f"{name}, p95", value=percentile(times, 0.95), unit="ms", at_most=p95),
        ]
    return figures


def settle() -> None:
    """What the database does by itself some time after so many new rows: write them to their place, count them."""
    from django.db import connection

    statements = {"sqlite": ["PRAGMA wal_checkpoint(TRUNCATE)"], "postgresql": ["VACUUM ANALYZE", "CHECKPOINT"]}
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)


def served(folder: Path, rows: int, fill: Fill) -> list[Figure]:
    with running(data_dir=folder) as server:
        name = f"{rows:,} others" if rows else "alone"
        return from_due_to_started(server, name) + (lists(server, rows) if rows else burst(fill))


def measure(others: int, *, with_server: bool) -> list[Figure]:
    with installation() as folder:
        fill = Fill()
        figures = lateness("alone", fill) + (served(folder, 0, fill) if with_server else [])
        done = 0
        for rows in (min(100_000, others), others):
            fill.many(rows - done)
            done = rows
            settle()
            figures += served(folder, rows, fill) if with_server else []
        return figures + idle() + forecasts(others) + lateness(f"{others:,} others", fill) + firing(fill)


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, default=OTHERS, help="schedules in the table that are not due")
    parser.add_argument("--without-server", action="store_true", help="only the scheduler itself")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    print(machine())
    kind = "PostgreSQL" if os.environ.get("FOUREYES_DATABASE_URL") else "SQLite"
    print(table(f"Schedules, {kind}", measure(asked.others, with_server=not asked.without_server)))
