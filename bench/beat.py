"""django-celery-beat with many periodic tasks, beside `bench.schedules`: firing, bursts and idle ticks.

Needs a Python with django-celery-beat, which is no dependency of ours: in a virtual environment of its own install
`django django-celery-beat psycopg` and run `python bench/beat.py [--tasks 10000]` there. Messages go to a broker in
memory, so nothing but the scheduler is measured. SQLite, or the database that BEAT_DATABASE_URL names.
"""

import argparse
import os
import platform
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 60.0
TICKS = 200


def database(folder: Path) -> dict[str, Any]:
    url = urlsplit(os.environ.get("BEAT_DATABASE_URL", ""))
    if not url.scheme:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "beat.sqlite3"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.strip("/"),
        "HOST": url.hostname,
        "PORT": url.port or 5432,
        "USER": url.username,
        "PASSWORD": url.password or "",
    }


def set_up(folder: Path) -> Any:
    """Django with the tables of beat, and an application whose messages go nowhere."""
    import django
    from celery import Celery
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django_celery_beat"],
        DATABASES={"default": database(folder)},
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    call_command("migrate", verbosity=0)
    return Celery("bench", broker="memory://", set_as_current=True)


def fill(count: int) -> None:
    """Tasks with twenty crontabs, all of which were due in the past hour and will be again in the next one."""
    from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

    PeriodicTask.objects.all().delete()
    crontabs = [CrontabSchedule.objects.create(minute=f"*/{step}") for step in range(1, 21)]
    before = datetime.now(UTC) - timedelta(hours=1)
    rows = [
        PeriodicTask(name=f"task {place}", task="noop", crontab=crontabs[place % 20], last_run_at=before)
        for place in range(count)
    ]
    PeriodicTask.objects.bulk_create(rows, batch_size=500)
    PeriodicTasks.update_changed()


def measure(application: Any, count: int) -> None:
    from django_celery_beat.schedulers import DatabaseScheduler

    fill(count)
    started = time.perf_counter()
    scheduler = DatabaseScheduler(application)
    sent = [0]
    send = scheduler.apply_async

    def counted(*arguments: Any, **options: Any) -> Any:
        sent[0] += 1
        return send(*arguments, **options)

    scheduler.apply_async = counted
    scheduler.tick()
    loaded = time.perf_counter() - started
    sent[0], started = 0, time.perf_counter()
    while sent[0] < count and time.perf_counter() - started < PATIENCE_SECONDS:
        scheduler.tick()
    seconds = time.perf_counter() - started
    show(f"{count:,} tasks: firing", sent[0] / seconds, "/s")
    show(f"{count:,} tasks: {sent[0]:,} of them sent after", seconds, "s")
    show(f"{count:,} tasks: loaded after", loaded, "s")
    started = time.perf_counter()
    for _ in range(TICKS):
        scheduler.tick()
    show(f"{count:,} tasks: one more tick", (time.perf_counter() - started) / TICKS * 1e6, "µs")


def show(name: str, value: float, unit: str) -> None:
    print(f"| {name} | {value:,.1f} {unit} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    asked = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="beat-bench-"))
    print(f"django-celery-beat, Python {platform.python_version()}\n\n| Figure | Measured |\n| --- | --- |")
    try:
        app = set_up(place)
        for size in (1000, asked.tasks):
            measure(app, size)
    finally:
        shutil.rmtree(place, ignore_errors=True)
