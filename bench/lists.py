"""Lists over many results: time per page of 50 with one client.

python -m bench.lists
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, machine, percentile, table
from bench.server import environment, own_database, running

ROWS = 100_000
PAGES = 100
PATHS = {
    "job results": "/api/extras/job-results/?limit=50",
    "job results, completed only": "/api/extras/job-results/?limit=50&status=completed",
    "job results, page in the middle": f"/api/extras/job-results/?limit=50&offset={ROWS // 2}",
    "runs (own path)": "/api/runs/?limit=50",
}
FILL = """
import django; django.setup()
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from foureyes.models import Job, JobResult
from foureyes.users.models import User
job, user, now = Job.objects.first(), User.objects.first(), timezone.now()
common = dict(job_model=job, name=job.class_path, status="completed", completed=now, available_at=now, user=user,
              user_name=user.username, queue="default", soft_limit_seconds=300, time_limit_seconds=600,
              bundle=job.bundle, data={{"output": ""}},
              job_kwargs={{"data": {{}}, "commit": True, "task_queue": None}})
for start in range(0, {rows}, 5000):
    with transaction.atomic():
        JobResult.objects.bulk_create([JobResult(created=now - timedelta(seconds={rows} - n), **common)
                                       for n in range(start, start + 5000)])
"""


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="foureyes-bench-"))
    try:
        with own_database():
            return _measured(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path) -> list[Figure]:
    with running(data_dir=folder):
        pass
    settings = environment(folder) | {"DJANGO_SETTINGS_MODULE": "foureyes.settings"}
    subprocess.run([sys.executable, "-c", FILL.format(rows=ROWS)], env=os.environ | settings, check=True)
    figures = []
    with running(data_dir=folder) as server:
        for name, path in PATHS.items():
            times = []
            for _ in range(PAGES):
                started = time.perf_counter()
                server.get(path)
                times.append((time.perf_counter() - started) * 1000)
            figures += [
                Figure(name=f"{name}, p50", value=percentile(times, 0.5), unit="ms", at_most=25),
                Figure(name=f"{name}, p95", value=percentile(times, 0.95), unit="ms", at_most=50),
            ]
    return figures


if __name__ == "__main__":
    print(machine())
    print(table(f"Lists over {ROWS:,} results", measure()))
