"""The notifier process: starts what changes are waited for with, and delivers messages.

Any number of them may run at the same time: rows decide who has what. Requests are sent from threads that have no
database; this one thread has it, and no transaction is open while they wait.
"""

import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.db import Error, connection

from foureyes.conf import Conf, get_conf
from foureyes.hooks.dispatch import dispatch
from foureyes.models import Worker
from foureyes.notifications.deliver import Taken, forget_old, record, take_due
from foureyes.notifications.send import Answer, Message, send
from foureyes.processes.stop_signals import StopSignals
from foureyes.runs.workers import heartbeat, leave, register

log = structlog.get_logger("foureyes.notifier")
AT_A_TIME = 8
BREATH_SECONDS = 0.005
GLANCE_SECONDS = 0.05  # between looks at requests that are under way
HEARTBEAT_SECONDS = 10.0
SWEEP_SECONDS = 600.0
CLOSE_SECONDS = 3.0
Send = Callable[[Message], Answer]


class Notifier:
    """All duties of one process. `step` does what can be done now and gives the seconds to the next."""

    def __init__(self, conf: Conf, *, name: str, now: datetime) -> None:
        self.row = register(kind=Worker.Kind.NOTIFIER, name=name, now=now)
        self._conf = conf
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="webhook")
        self._under_way: dict[Future[Answer], Taken] = {}
        self._sweep_at = self._beat_at = 0.0

    @property
    def busy(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

    def step(self, *, now: datetime) -> float:
        """Dispatch, record and send. An error of the database is told, and the next step goes on."""
        more, started = False, time.monotonic()
        for duty in (self._beat, self._dispatch, self._record, self._take, self._sweep):
            try:
                more = duty(now) or more
            except Error as error:
                log.warning("notifier.database_error", error=str(error).strip())
                connection.close()
            except Exception:
                log.exception("notifier.duty_failed", duty=duty.__name__)
        if more:  # a pause as long as the batch: other writers of SQLite try again only now and then
            return max(BREATH_SECONDS, time.monotonic() - started)
        return GLANCE_SECONDS if self._under_way else self._conf.poll_seconds

    def close(self, *, now: datetime) -> None:
        """Give what is under way a moment, and record it. The rest is sent again when its lease is over."""
        wait(self._under_way, timeout=CLOSE_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._record(now)

    def leave(self, *, now: datetime) -> None:
        """Say goodbye."""
        leave(worker=self.row, now=now)

    def _beat(self, now: datetime) -> bool:
        if time.monotonic() >= self._beat_at:
            heartbeat(worker=self.row, now=now)
            self._beat_at = time.monotonic() + HEARTBEAT_SECONDS
        return False

    def _dispatch(self, now: datetime) -> bool:
        done = dispatch(now=now)
        if done.runs or done.messages or done.refused:
            log.info("hooks.dispatched", runs=done.runs, messages=done.messages, refused=done.refused)
        # Facts that nobody waits for are no reason to hurry: while runs go by, the next look has many of them at once.
        return bool(done.runs or done.messages or done.refused)

    def _record(self, now: datetime) -> bool:
        """What stays unrecorded because of an error is sent again when its lease is over."""
        for future in [future for future in self._under_way if future.done()]:
            taken = self._under_way.pop(future)
            if future.cancelled():
                continue
            answer = future.result()
            record(taken=taken, answer=answer, now=now)
            log.info("webhook.sent", delivery=str(taken.delivery_id), attempt=taken.attempt, status=answer.status)
        return False

    def _take(self, now: datetime) -> bool:
        free = AT_A_TIME - len(self._under_way)
        in_hand: Counter[UUID] = Counter(taken.webhook_id for taken in self._under_way.values())
        for taken in take_due(limit=free, in_hand=in_hand, now=now) if free else ():
            self._under_way[self._threads.submit(self._send, taken.message)] = taken
        return False

    def _send(self, message: Message) -> Answer:
        trusted = {host.lower() for host in self._conf.webhook_trusted_hosts}
        return send(message, trusted=trusted, seconds=self._conf.webhook_timeout_seconds)

    def _sweep(self, now: datetime) -> bool:
        if time.monotonic() < self._sweep_at:
            return False
        gone = forget_old(before=now - timedelta(days=self._conf.webhook_delivery_days))
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        return bool(gone)


def notify() -> None:
    """Do all duties until SIGTERM or SIGINT."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    with StopSignals() as stop:
        notifier = Notifier(get_conf(), name=name, now=_now())
        log.info("notifier.started", notifier=name)
        while not stop.asked:
            stop.wait(notifier.step(now=_now()))
        notifier.close(now=_now())
        notifier.leave(now=_now())
    log.info("notifier.stopped", notifier=name)


def _now() -> datetime:
    return datetime.now(UTC)
