"""The scheduler process: fires what is due, and looks after what nobody else is woken for.

Any number of them may run at the same time, without a leader.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import Error, connection

from foureyes.approvals.steps import close_orphaned, expire, open_gate_requests, reopen_held
from foureyes.catalog.discover import Discovery
from foureyes.conf import get_conf
from foureyes.models import Worker
from foureyes.people.sessions import forget_sessions
from foureyes.processes.stop_signals import StopSignals
from foureyes.runs import files
from foureyes.runs.claim import announce_waiting
from foureyes.runs.doorbell import SCHEDULERS, Doorbell
from foureyes.runs.reap import reap
from foureyes.runs.workers import heartbeat, leave, register
from foureyes.schedules.fire import fire_due
from foureyes.schedules.release import release_queued
from foureyes.schedules.zone_rules import ZoneRules
from foureyes.submission.once import forget_sendings

log = structlog.get_logger("foureyes.scheduler")
HEARTBEAT_SECONDS = 10.0
REAP_SECONDS = 2.0
ANNOUNCE_SECONDS = 5.0
SWEEP_SECONDS = 600.0
GLANCE_SECONDS = 0.05  # between looks at processes that import job files
ZONES_SECONDS = 60.0
APPROVALS_SECONDS = 5.0
BREATH_SECONDS = 0.002  # between batches: who waits to write to SQLite tries again about then
OTHERS_SECONDS = 0.02  # what is due and not to be had is in the hands of another scheduler


@dataclass(slots=True)
class Duty:
    """Something to do again and again. It gives the seconds after which it wants to come sooner than usual, or None."""

    name: str
    act: Callable[[datetime], float | None]
    every_seconds: float
    due: float = 0.0  # on the stopwatch


class Scheduler:
    """All duties of one process. `step` does those that are due and gives the seconds to the next.

    Firing comes before and between all others, so that none of them delays it by more than itself.
    """

    def __init__(self, *, name: str, discovery: Discovery | None = None, now: datetime) -> None:
        self.row = register(kind=Worker.Kind.SCHEDULER, name=name, now=now)
        self._discovery = discovery or Discovery()
        self._zones = ZoneRules()
        self._began = time.monotonic()
        self._firing = Duty("fire", self._fire, get_conf().poll_seconds)
        self._others = [
            Duty("heartbeat", self._beat, HEARTBEAT_SECONDS),
            Duty("discover", self._discover, get_conf().discover_seconds),
            Duty("reap", self._reap, REAP_SECONDS),
            Duty("announce", self._announce, ANNOUNCE_SECONDS),
            Duty("release", self._release, get_conf().poll_seconds),
            Duty("reopen", self._reopen, APPROVALS_SECONDS),
            Duty("approvals", self._look_after_requests, APPROVALS_SECONDS),
            Duty("zones", self._follow_zones, ZONES_SECONDS),
            Duty("sweep", self._sweep, SWEEP_SECONDS),
        ]

    def step(self, *, now: datetime) -> float:
        """Fire if something may be due, do the one other duty that waits longest, and give the seconds to the next.

        A duty that fails does not keep the others from being done.
        """
        if time.monotonic() >= self._firing.due:
            self._do(self._firing, now)
        longest = min(self._others, key=lambda duty: duty.due)
        if time.monotonic() >= longest.due:
            self._do(longest, now)
        return max(0.0, min(duty.due for duty in (self._firing, *self._others)) - time.monotonic())

    def look(self) -> None:
        """Somebody rang: look for due schedules at the next step."""
        self._firing.due = 0.0

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
        duty.due = self._next_round(duty.every_seconds) if sooner is None else time.monotonic() + sooner

    def _next_round(self, seconds: float) -> float:
        """When so many seconds are over again since the beginning: so duties come together, not each with a wake-up."""
        rounds = (time.monotonic() - self._began) // seconds
        return self._began + (rounds + 1) * seconds

    def _fire(self, now: datetime) -> float | None:
        report = fire_due(now=now)
        if report.fired or report.skipped or report.refused:
            log.info("schedules.decided", fired=report.fired, skipped=report.skipped, refused=report.refused)
            if report.more:
                return BREATH_SECONDS
        if report.next_due_at is None:
            return None
        seconds = (report.next_due_at - _now()).total_seconds()
        soon = max(seconds, 0.0 if report.next_due_at > now else OTHERS_SECONDS)
        return soon if soon < self._firing.every_seconds else None

    def _release(self, now: datetime) -> None:
        release_queued(now=now)

    def _reopen(self, now: datetime) -> None:
        if asked := reopen_held(now=now):
            log.info("approvals.asked", requests=asked)

    def _look_after_requests(self, now: datetime) -> None:
        expire(now=now)
        close_orphaned(now=now)
        open_gate_requests(now=now)

    def _follow_zones(self, now: datetime) -> float | None:
        return BREATH_SECONDS if self._zones.step(now=now) else None

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
        forget_sendings(now=now)
        forget_sessions(now=now)


def schedule(*, discovery: Discovery | None = None) -> None:
    """Do all duties until SIGTERM or SIGINT. A `discovery` that has looked before looks only at what has changed."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    with StopSignals() as stop, Doorbell(f"{SCHEDULERS}{os.getpid()}") as bell:
        scheduler = Scheduler(name=name, discovery=discovery, now=_now())
        log.info("scheduler.started", scheduler=name)
        while not stop.asked:
            stop.wait(scheduler.step(now=_now()), bell.fileno())
            if bell.drain():
                scheduler.look()
        scheduler.leave(now=_now())
    log.info("scheduler.stopped", scheduler=name)


def _now() -> datetime:
    return datetime.now(UTC)
