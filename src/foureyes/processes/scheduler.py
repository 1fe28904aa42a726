"""The scheduler process: looks after what nobody else is woken for. Any number of them may run at the same time."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import Error, connection

from foureyes.catalog.discover import Discovery
from foureyes.conf import get_conf
from foureyes.models import Worker
from foureyes.processes.stop_signals import StopSignals
from foureyes.runs import files
from foureyes.runs.claim import announce_waiting
from foureyes.runs.reap import reap
from foureyes.runs.workers import heartbeat, leave, register

log = structlog.get_logger("foureyes.scheduler")
HEARTBEAT_SECONDS = 10.0
REAP_SECONDS = 2.0
ANNOUNCE_SECONDS = 5.0
SWEEP_SECONDS = 600.0
GLANCE_SECONDS = 0.05  # between looks at processes that import job files


@dataclass(slots=True)
class Duty:
    """Something to do again and again. It gives the seconds after which it wants to come sooner than usual, or None."""

    name: str
    act: Callable[[datetime], float | None]
    every_seconds: float
    due: float = 0.0  # on the stopwatch


class Scheduler:
    """All duties of one process. `step` does those that are due and gives the seconds to the next."""

    def __init__(self, *, name: str, discovery: Discovery | None = None, now: datetime) -> None:
        self.row = register(kind=Worker.Kind.SCHEDULER, name=name, now=now)
        self._discovery = discovery or Discovery()
        self._duties = [
            Duty("heartbeat", self._beat, HEARTBEAT_SECONDS),
            Duty("discover", self._discover, get_conf().discover_seconds),
            Duty("reap", self._reap, REAP_SECONDS),
            Duty("announce", self._announce, ANNOUNCE_SECONDS),
            Duty("sweep", self._sweep, SWEEP_SECONDS),
        ]

    def step(self, *, now: datetime) -> float:
        """One duty that fails does not keep the others from being done."""
        for duty in self._duties:
            if time.monotonic() >= duty.due:
                self._do(duty, now)
        return max(0.0, min(duty.due for duty in self._duties) - time.monotonic())

    def leave(self, *, now: datetime) -> None:
        """End what is under way and say goodbye."""
        self._discovery.close()
        leave(worker=self.row, now=now)

    def _do(self, duty: Duty, now: datetime) -> None:
        sooner = None
        try:
            sooner = duty.act(now)
        except Error as error:
            log.warning("scheduler.database_error", duty=duty.name, error=str(error).strip())
            connection.close()
        except Exception:
            log.exception("scheduler.duty_failed", duty=duty.name)
        duty.due = time.monotonic() + (duty.every_seconds if sooner is None else sooner)

    def _beat(self, now: datetime) -> None:
        heartbeat(worker=self.row, now=now)

    def _discover(self, now: datetime) -> float | None:
        report = self._discovery.step(now=now)
        for path in report.changed:
            log.info("job.changed", job=path)
        return GLANCE_SECONDS if report.busy else None

    def _reap(self, now: datetime) -> None:
        if ended := reap(now=now):
            log.warning("runs.reaped", runs=ended)

    def _announce(self, now: datetime) -> None:
        announce_waiting(now=now)

    def _sweep(self, now: datetime) -> None:
        files.sweep(now=now)


def schedule(*, discovery: Discovery | None = None) -> None:
    """Do all duties until SIGTERM or SIGINT. A `discovery` that has looked before looks only at what has changed."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    with StopSignals() as stop:
        scheduler = Scheduler(name=name, discovery=discovery, now=_now())
        log.info("scheduler.started", scheduler=name)
        while not stop.asked:
            stop.wait(scheduler.step(now=_now()))
        scheduler.leave(now=_now())
    log.info("scheduler.stopped", scheduler=name)


def _now() -> datetime:
    return datetime.now(UTC)
