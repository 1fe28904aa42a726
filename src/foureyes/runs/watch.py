"""Notices what changes about runs, for the streams of this process: one poll per run, however many read along.

Polling needs no broker, and costs one indexed read of one row. It goes on only while somebody listens,
and slows down while nothing happens: workers of this machine ring when there is something to see.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import Error as DatabaseFailure
from django.db import close_old_connections, connection

from foureyes.models import JobResult
from foureyes.runs.queries import with_counts
from foureyes.runs.watchers import WatcherBell

POLL_SECONDS = 0.2  # after news; then ever longer
LONGEST_POLL_SECONDS = 1.0
LONGEST_POLL_SECONDS_OF_MANY_HOSTS = 0.5  # PostgreSQL may have workers elsewhere, whose rings do not come here
AFTER_FAILURE_SECONDS = 2.0
LINGER_SECONDS = 10.0  # without readers, before the bell is taken away
THREADS = 2  # each with a database connection of its own, kept

log = logging.getLogger("foureyes.runs")
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="streams")
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All about a run that can change while it is watched."""

    status: str
    attempt: int
    log_count: int
    change_count: int
    progress: tuple[float | None, float | None, str]
    is_cancelling: bool
    has_ended: bool


async def in_thread(work: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
    """Does what needs the database in one of a few threads, so that a waiting stream holds none."""

    def with_connection() -> Answer:
        close_old_connections()
        return work(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_pool, with_connection)


def standing_of(run_id: UUID) -> Standing | None:
    """How the run stands; None once it is deleted."""
    run = with_counts(JobResult.objects.filter(pk=run_id)).first()
    if run is None:
        return None
    return Standing(
        status=run.status,
        attempt=run.attempt,
        log_count=run.log_count,
        change_count=getattr(run, "change_count", 0),
        progress=(run.progress_done, run.progress_total, run.progress_text),
        is_cancelling=run.cancel_requested_at is not None,
        has_ended=run.completed is not None,
    )


class Watch:
    """One run, polled while it has listeners."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        self.listeners = 0
        self.standing: Standing | None = None
        self.version = 0  # how often something changed; 0: not read yet
        self._news = asyncio.Condition()
        self._rung = asyncio.Event()
        self._poll = asyncio.create_task(self._keep_polling())

    async def news_after(self, version: int, *, seconds: float) -> bool:
        """Waits for something newer than `version`, and for no longer than that. Tells whether there is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.version > version)
        return self.version > version

    def ring(self) -> None:
        """Look now."""
        self._rung.set()

    def stop(self) -> None:
        """Nobody listens any more."""
        self._poll.cancel()

    async def _keep_polling(self) -> None:
        pause = POLL_SECONDS
        while True:
            self._rung.clear()  # before looking: what is committed while we look rings again
            try:
                pause = POLL_SECONDS if await self._look() else min(pause * 1.5, _longest_pause())
                await self._pause(pause)
            except DatabaseFailure:
                log.warning("run.watch_failed", exc_info=True, extra={"job_result": str(self.run_id)})
                await asyncio.sleep(AFTER_FAILURE_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()

    async def _look(self) -> bool:
        found = await in_thread(standing_of, self.run_id)
        if found == self.standing and self.version:
            return False
        async with self._news:
            self.standing = found
            self.version += 1
            self._news.notify_all()
        return True


def _longest_pause() -> float:
    return LONGEST_POLL_SECONDS_OF_MANY_HOSTS if connection.vendor == "postgresql" else LONGEST_POLL_SECONDS


class _Bell:
    """The bell of this process, on the event loop of its streams. Kept a while for the next reader."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = WatcherBell(str(os.getpid()))
        self._loop.add_reader(self._bell.fileno(), self._hear)
        self.wanted_at = time.monotonic()

    @property
    def is_of_this_loop(self) -> bool:
        return self._loop is asyncio.get_running_loop()

    def close(self) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(self._bell.fileno())
        self._bell.close()

    def _hear(self) -> None:
        for run_id in self._bell.heard():
            if watch := _watches.get(run_id):
                watch.ring()
        if not _watches and time.monotonic() - self.wanted_at > LINGER_SECONDS:
            _put_away_bell()


_watches: dict[UUID, Watch] = {}
_bells: list[_Bell] = []  # one, or none


def _have_bell() -> None:
    if _bells and not _bells[0].is_of_this_loop:
        _put_away_bell()
    if not _bells:
        try:
            _bells.append(_Bell())
        except OSError:
            log.warning("run.watch_without_bell", exc_info=True)
            return
    _bells[0].wanted_at = time.monotonic()


def _put_away_bell() -> None:
    _bells.pop().close()


@contextlib.asynccontextmanager
async def watching(run_id: UUID) -> AsyncIterator[Watch]:
    """The watch of a run, shared with whoever watches it in this process. All of this happens on one event loop."""
    _have_bell()  # before the first look, so that nothing falls between the two
    watch = _watches.get(run_id) or _watches.setdefault(run_id, Watch(run_id))
    watch.listeners += 1
    try:
        yield watch
    finally:
        watch.listeners -= 1
        if _bells:
            _bells[0].wanted_at = time.monotonic()
        if not watch.listeners:
            watch.stop()
            _watches.pop(run_id, None)
