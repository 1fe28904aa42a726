"""A throw-away installation: `foureyes up` with the sample jobs, and this process on the same data."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

JOBS = Path(__file__).parent / "jobs"
PASSWORD = "quiet-lantern-4711"
ADMINISTRATOR = "mara"
PATIENCE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it answers, and the folder that its jobs are read from."""

    url: str
    jobs: Path


def until(condition: Callable[[], object], *, what: str) -> None:
    """Wait until it holds; ends the program if that never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {PATIENCE_SECONDS} seconds")
        time.sleep(0.1)


@contextlib.contextmanager
def installation() -> Iterator[Installation]:
    """Start it, let this process use its database, end it with everything it has."""
    folder = Path(tempfile.mkdtemp(prefix="foureyes-shots-"))
    jobs, data, ready = folder / "jobs", folder / "data", folder / "ready.json"
    shutil.copytree(JOBS, jobs, ignore=shutil.ignore_patterns("__pycache__"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOUREYES_")}
    own = {"FOUREYES_DATA_DIR": str(data), "FOUREYES_JOBS_DIR": str(jobs), "FOUREYES_ENVIRONMENT_LABEL": "Staging"}
    first = {"FOUREYES_SUPERUSER_NAME": ADMINISTRATOR, "FOUREYES_SUPERUSER_PASSWORD": PASSWORD}
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "foureyes", "up", "--port", "0", "--workers", "2", "--ready-file", str(ready)],
            env=kept | own | first,
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: ready.exists() or process.poll() is not None, what="the start")
        if process.poll() is not None:
            raise SystemExit((folder / "up.log").read_text())
        os.environ |= own | {"DJANGO_SETTINGS_MODULE": "foureyes.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
        import django

        django.setup()
        yield Installation(url=json.loads(ready.read_text())["url"], jobs=jobs)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
