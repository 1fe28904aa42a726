"""The worker process: the loop around `execution`, with the clock, the signals, and patience with the database."""

import gc
import os
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from django.db import Error, connection

from foureyes.conf import get_conf
from foureyes.execution.executor import Executor
from foureyes.processes.children import is_orphaned
from foureyes.processes.prepared import prepare_statements
from foureyes.processes.stop_signals import StopSignals

log = structlog.get_logger("foureyes.worker")
AFTER_ERROR_SECONDS = 1.0
ORPHAN_SECONDS = 1.5  # somebody who kills the parent wants all of it gone; runs that do not end in time are lost ones
STOP_SECONDS = 3.0  # for the ends of killed runs to be stored, after the grace of cancelled ones


def work(*, queues: Sequence[str] | None = None, slots: int | None = None) -> None:
    """Execute runs until SIGTERM or SIGINT; then end those that run, with the grace of cancelled ones, and leave."""
    conf = get_conf()
    prepare_statements()
    name = f"{socket.gethostname()}:{os.getpid()}"
    with (
        StopSignals() as stop,
        Executor(
            conf=conf, name=name, queues=queues or conf.queues, slots=slots or conf.workers, now=_now()
        ) as executor,
    ):
        gc.collect()
        gc.freeze()  # what is loaded by now stays: collections need not look through it for every few runs
        log.info("worker.started", worker=name)
        while not stop.asked:
            executor.wait(_step(executor), also=stop.fileno())
        executor.stop(now=_now())
        patience = ORPHAN_SECONDS if is_orphaned() else conf.cancel_grace_seconds + STOP_SECONDS
        deadline = time.monotonic() + patience
        while executor.busy and time.monotonic() < deadline:
            stop.drain()
            executor.wait(_step(executor), also=stop.fileno())
        executor.leave(now=_now())
    log.info("worker.stopped", worker=name)


def _step(executor: Executor) -> float:
    """Never fails: a database that is away for a while costs time and nothing else."""
    try:
        return executor.step(now=_now())
    except Error as error:
        log.warning("worker.database_error", error=str(error).strip())
        connection.close()
    except Exception:
        log.exception("worker.step_failed")
    time.sleep(AFTER_ERROR_SECONDS)
    return 0.0


def _now() -> datetime:
    return datetime.now(UTC)
