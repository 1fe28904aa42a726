"""Jobs written for a test, and a real worker loop with real processes to run them."""

import os
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foureyes.catalog.discover import Discovery
from foureyes.conf import get_conf
from foureyes.execution.executor import Executor
from foureyes.models import Job, JobResult
from foureyes.runs.enqueue import enqueue
from foureyes.users.models import User

PATIENCE_SECONDS = 60
HEAD = """
import os, signal, subprocess, sys, time
from foureyes.jobs import *

def wait_for(file):
    while not os.path.exists(file):
        time.sleep(0.01)
"""

Jobs = Callable[[str], dict[str, Job]]
Ask = Callable[..., JobResult]


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def jobs(transactional_db: None, tmp_path: Path) -> Jobs:
    """Write a module of jobs and get their enabled rows by class name."""
    folder = tmp_path / "jobs"
    folder.mkdir()

    def write(source: str) -> dict[str, Job]:
        (folder / "written.py").write_text(HEAD + textwrap.dedent(source))
        report = Discovery(folder=folder).scan(now=clock())
        assert not report.broken
        Job.objects.update(enabled=True)
        return {job.job_class_name: job for job in Job.objects.all()}

    return write


@pytest.fixture
def ask(transactional_db: None, alice: User) -> Ask:
    """Store a run."""

    def store(job: Job, **values: Any) -> JobResult:
        return enqueue(job=job, user=alice, values=values, commit=True, now=clock())

    return store


class Bench:
    """Turns the worker's loop by hand."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._quiet, self._never = os.pipe()

    def settings(self, **changed: Any) -> None:
        """Change settings of this worker."""
        self.executor._conf = self.executor._conf.model_copy(update=changed)

    def grace(self, seconds: float) -> None:
        """Give cancelled runs so long; also those that run already."""
        self.settings(cancel_grace_seconds=seconds)
        for running in self.executor._running.values():
            running.conf = self.executor._conf
            running.limits.grace_seconds = seconds

    def expire(self) -> None:
        """Let the hard limit of all that runs be over now."""
        for running in self.executor._running.values():
            running.limits.hard_at = 0.0

    def turn(self, seconds: float = 0.2) -> None:
        self.executor.wait(min(self.executor.step(now=clock()), seconds), also=self._quiet)

    def until(self, reached: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "it did not come to that"
            self.turn()

    def finish(self, *runs: JobResult) -> None:
        """Turn until these runs have ended."""
        ids = [run.pk for run in runs]
        self.until(lambda: not JobResult.objects.filter(pk__in=ids, completed__isnull=True).exists())
        for run in runs:
            run.refresh_from_db()


@pytest.fixture
def bench(transactional_db: None) -> Iterator[Bench]:
    """A worker with two slots."""
    with Executor(conf=get_conf(), name="test:1", queues=["default"], slots=2, now=clock()) as executor:
        yield Bench(executor)
