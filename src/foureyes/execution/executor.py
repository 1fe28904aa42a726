"""The worker's loop: claims runs, starts their processes, stores what they report, enforces limits and ends them.

Single-threaded, over sockets. `step` does everything that can be done now, `wait` sleeps until there is more. Nothing
is lost by an error of the database: what was not stored is kept, and the next step goes on where this one stopped.
"""

import os
import select
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog
from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from foureyes.conf import Conf
from foureyes.errors import Conflict
from foureyes.execution import folders
from foureyes.execution.forkserver import ForkServer
from foureyes.execution.limits import Limits, Measure, Why, warning_about
from foureyes.execution.outcome import death_text, errored, outcome_of
from foureyes.execution.running import Running
from foureyes.execution.start import NotStarted, Prepared, prepare
from foureyes.models import JobResult, Worker
from foureyes.runs.claim import claim, renew
from foureyes.runs.doorbell import Doorbell
from foureyes.runs.finish import End, Outcome, finish
from foureyes.runs.masking import Masker
from foureyes.runs.record import record
from foureyes.runs.reports import INITIALIZATION, Level, LogLine, Report
from foureyes.runs.statements import asked_to_cancel
from foureyes.runs.turn import turn
from foureyes.runs.workers import heartbeat, leave, register
from foureyes.sandbox.linux import kill, marked
from foureyes.sandbox.protocol import Control, Ended, Failed, encode_start

log = structlog.get_logger()
HEARTBEAT_SECONDS = 10.0
LEAST_PAUSE_SECONDS = 0.005


class Executor:
    """Executes runs, up to `slots` at a time. A context; leaving it ends the fork server, and so every process."""

    def __init__(self, *, conf: Conf, name: str, queues: Sequence[str], slots: int, now: datetime) -> None:
        self.worker = register(kind=Worker.Kind.WORKER, name=name, queues=queues, slots=slots, now=now)
        self._conf = conf
        self._bell = Doorbell(f"worker-{os.getpid()}")
        self._forkserver = ForkServer()
        self._taken: list[JobResult] = []  # claimed, and not yet started
        self._running: dict[str, Running] = {}
        self._stopping = False
        # The stopwatch when each of these is due again: a clock that is set moves none of them.
        self._look_at = self._beat_at = self._renew_at = self._batch_at = 0.0

    def __enter__(self) -> Self:
        self._bell.__enter__()
        self._forkserver.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forkserver.stop()
        for running in self._running.values():
            running.release()
        self._bell.__exit__(kind, error, trace)

    @property
    def busy(self) -> int:
        """How many runs are in hand."""
        return len(self._taken) + len(self._running)

    def step(self, *, now: datetime) -> float:
        """Do what can be done now. Gives the seconds after which there is something to do even if nobody rings."""
        tick = time.monotonic()
        if self._bell.drain():
            self._look_at = 0.0
        self._hear_forkserver(now, tick)
        self._keep_alive(now, tick)
        over = [running for running in list(self._running.values()) if self._serve(running, now, tick)]
        if over or self._taken or tick >= self._look_at:
            self._look(over, now, tick)
        return self._seconds_to_next(time.monotonic())

    def wait(self, seconds: float, *, also: int) -> None:
        """Sleep until a run, the fork server, the doorbell or the descriptor `also` has something, at most so long."""
        poll = select.poll()
        poll.register(also, select.POLLIN)
        poll.register(self._bell.fileno(), select.POLLIN)
        if self._forkserver.alive:
            poll.register(self._forkserver.fileno(), select.POLLIN)
        for running in self._running.values():
            for number, events in running.watched():
                poll.register(number, events)
        poll.poll(seconds * 1000)

    def stop(self, *, now: datetime) -> None:
        """Take nothing new and end what runs. Go on with `step` until `busy` is 0, then `leave`."""
        self._stopping = True
        for running in self._running.values():
            self._end(running, Why.STOPPED, now, time.monotonic())

    def leave(self, *, now: datetime) -> None:
        """Say goodbye."""
        leave(worker=self.worker, now=now)

    # Claiming and starting

    def _look(self, over: list[Running], now: datetime, tick: float) -> None:
        """For runs to take, in place of those that are over, and for runs of ours that somebody wants cancelled."""
        if tick >= self._look_at:
            self._look_at = tick + self._conf.poll_seconds
            self._see_cancelled(now, tick)
        self._taken += self._store_ends(over, now)
        for running in over:
            folders.remove_work_folder(self._conf, running.run.pk)
            del self._running[running.key]
        while self._taken:
            run = self._taken.pop(0)
            try:
                self._start(run, now, tick)
            except (OperationalError, InterfaceError):  # says nothing of the run: a later step starts it
                self._taken.insert(0, run)
                raise

    def _see_cancelled(self, now: datetime, tick: float) -> None:
        if self._running:
            for run_id, by in asked_to_cancel(worker_id=self.worker.pk):
                self._cancel(str(run_id), by, now, tick)

    def _store_ends(self, over: list[Running], now: datetime) -> list[JobResult]:
        """End runs and take as many as there are slots free then, if possible in one commit."""
        ends = [_end_of(running) for running in over if not running.is_lost]
        free = self._free(over)
        queues = self.worker.queues
        if not ends:
            return claim(worker=self.worker, queues=queues, limit=free, now=now)
        try:
            return turn(ends=ends, worker=self.worker, queues=queues, limit=free, now=now)
        except (Conflict, DataError, IntegrityError):  # one of them spoils it for the others
            for end in ends:
                self._finish(end, now)
        return claim(worker=self.worker, queues=queues, limit=free, now=now)

    def _free(self, over: list[Running]) -> int:
        if self._stopping or not self._forkserver.ready:
            return 0
        if any(running.is_lost for running in self._running.values() if running not in over):
            return 0  # what dies there may wait for its next attempt, which must not start beside it
        return max(0, self.worker.slots - self.busy + len(over))

    def _start(self, run: JobResult, now: datetime, tick: float) -> None:
        try:
            prepared = prepare(run=run, conf=self._conf)
        except NotStarted as refusal:
            self._finish_unstarted(run, refusal.message, refusal.cause, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception as error:  # one bad row must not stop the others
            log.exception("run.not_prepared", job_result=str(run.pk))
            self._finish_unstarted(run, f"The run could not be prepared: {error}", JobResult.Cause.REFUSED, now)
        else:
            self._hand_over(run, prepared, now, tick)

    def _hand_over(self, run: JobResult, prepared: Prepared, now: datetime, tick: float) -> None:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        ours.setblocking(False)
        os.set_blocking(reading, False)
        running = Running(
            run=run,
            conf=self._conf,
            masker=prepared.masker,
            limits=Limits.of(run, grace_seconds=self._conf.cancel_grace_seconds, tick=tick),
            report=ours,
            output=reading,
            unsent=memoryview(encode_start(prepared.start)),
        )
        self._running[running.key] = running
        with theirs:
            user = self._conf.run_as_user or None
            self._forkserver.start_run(running.key, user=user, report=theirs, output=writing)
        os.close(writing)
        running.write()
        if warning := warning_about(run):
            running.say(warning, Level.WARNING, now=now, tick=tick)
        if self._stopping:  # taken before it was asked to stop, and started only now
            self._end(running, Why.STOPPED, now, tick)

    def _finish_unstarted(self, run: JobResult, message: str, cause: JobResult.Cause, now: datetime) -> None:
        line = LogLine(at=now, level=Level.FAILURE, grouping=INITIALIZATION, message=message)
        folders.remove_work_folder(self._conf, run.pk)
        end = End(run=run, outcome=errored(cause), report=Report(lines=[line]), masker=Masker())
        self._finish_with(end, end.outcome, end.report, now)
        self._look_at = 0.0

    # What the fork server says

    def _hear_forkserver(self, now: datetime, tick: float) -> None:
        for message in self._forkserver.receive():
            self._hear(message, now, tick)
        if not self._forkserver.alive:
            self._replace_forkserver()

    def _hear(self, message: Control, now: datetime, tick: float) -> None:
        match message:
            case Ended(run=key, status=status) if key in self._running:
                self._running[key].is_dead, self._running[key].status = True, status
            case Failed(run=key, error=error) if key in self._running:
                self._running[key].is_dead, self._running[key].failure = True, error

    def _replace_forkserver(self) -> None:
        """It has gone, and with it every process that it started: each dies with its parent, and strays are killed."""
        log.error("forkserver.lost", runs=list(self._running))
        for running in self._running.values():
            kill(marked(running.key))
            running.is_dead = True
        self._forkserver.stop()
        self._forkserver.start()

    # One run

    def _serve(self, running: Running, now: datetime, tick: float) -> bool:
        """Do what can be done for it now. True when it is over and only its end is left to store."""
        if running.unsent:
            running.write()
        more = running.may_read and running.read(now=now, tick=tick)
        if not running.is_dead:
            self._enforce(running, now, tick)
        if running.pending.is_full:
            self._store_batch(running, now, tick)
        elif running.is_dead and not more:
            return self._conclude(running, now, tick)
        elif (running.pending.due or tick) < tick:
            self._store(running, now, tick)
        return False

    def _enforce(self, running: Running, now: datetime, tick: float) -> None:
        match running.limits.due(tick):
            case Measure.SOFT:
                self._forkserver.signal_run(running.key, "soft")
            case Measure.KILL:
                running.say_kill(now=now, tick=tick)
                self._forkserver.sweep_run(running.key)

    def _cancel(self, key: str, by: str, now: datetime, tick: float) -> None:
        if running := self._running.get(key):
            running.run.cancelled_by_name = by
            self._end(running, Why.CANCELLED, now, tick)

    def _end(self, running: Running, why: Why, now: datetime, tick: float) -> None:
        if running.limits.end(why, tick=tick):
            running.say_end(why, now=now, tick=tick)
            self._forkserver.signal_run(running.key, "cancel")

    def _lose(self, running: Running) -> None:
        """Its lease was over, somebody else has the run: end it, and write nothing more of it."""
        log.error("run.lost", job_result=running.key)
        running.is_lost = True
        self._forkserver.sweep_run(running.key)

    def _store_batch(self, running: Running, now: datetime, tick: float) -> None:
        """A full commit, and then a pause as long: other writers of SQLite try again only now and then."""
        started = time.monotonic()
        if started >= self._batch_at:
            self._store(running, now, tick)
            ended = time.monotonic()
            self._batch_at = ended + max(LEAST_PAUSE_SECONDS, ended - started)

    def _store(self, running: Running, now: datetime, tick: float) -> None:
        report = running.pending.next_report()
        try:
            if not running.is_lost:
                record(run=running.run, report=report, masker=running.masker, now=now)
        except Conflict:
            self._lose(running)
        except (DataError, IntegrityError):
            log.exception("run.report_not_stored", job_result=running.key)
            running.say("Some of the log could not be stored.", Level.WARNING, now=now, tick=tick)
        running.pending.stored(report, tick=tick)

    def _conclude(self, running: Running, now: datetime, tick: float) -> bool:
        """Its processes are gone, all they left was read. False while the rest is too much for one commit."""
        if running.output >= 0:
            running.close(now=now, tick=tick)
            self._say_how_it_died(running, now, tick)
        return not running.pending.is_full

    def _say_how_it_died(self, running: Running, now: datetime, tick: float) -> None:
        if running.failure:
            text = f"The job's process could not be started: {running.failure}"
        elif running.result is None and running.limits.why is None:
            text = death_text(running.status)
        else:
            return
        running.say(text, Level.FAILURE, now=now, tick=tick)

    def _finish(self, end: End, now: datetime) -> None:
        """One end alone, in a commit of its own."""
        try:
            self._finish_with(end, end.outcome, end.report, now)
        except (DataError, IntegrityError):
            log.exception("run.result_not_stored", job_result=str(end.run.pk))
            line = LogLine(at=now, level=Level.FAILURE, message="The result of the job could not be stored.")
            self._finish_with(end, errored(JobResult.Cause.EXCEPTION), Report(lines=[line]), now)

    def _finish_with(self, end: End, outcome: Outcome, report: Report, now: datetime) -> None:
        try:
            finish(run=end.run, outcome=outcome, report=report, masker=end.masker, now=now)
        except Conflict:
            log.error("run.lost", job_result=str(end.run.pk))

    # The worker itself

    def _keep_alive(self, now: datetime, tick: float) -> None:
        """Before anything is claimed: a worker that slept too long must first learn which runs it has lost."""
        if tick >= self._beat_at:
            heartbeat(worker=self.worker, now=now)
            self._beat_at = tick + HEARTBEAT_SECONDS
        if self.busy and tick >= self._renew_at:
            runs = [running.run for running in self._running.values() if not running.is_lost]
            held = renew(worker=self.worker, runs=runs + self._taken, now=now)
            self._taken = [run for run in self._taken if run.pk in held]
            for running in self._running.values():
                if running.run.pk not in held and not running.is_lost:
                    self._lose(running)
            self._renew_at = tick + self._conf.lease_seconds / 3

    def _seconds_to_next(self, tick: float) -> float:
        dues = [self._look_at, self._beat_at]
        if self._running:
            dues.append(self._renew_at)
        for running in self._running.values():
            dues.append(running.limits.next_at)
            if running.pending.is_full:
                dues.append(self._batch_at)
            elif running.pending.due is not None:
                dues.append(running.pending.due)
        return max(0.0, min(dues) - tick)


def _end_of(running: Running) -> End:
    return End(
        run=running.run,
        outcome=outcome_of(running.result, running.limits.why),
        report=running.pending.next_report(),
        masker=running.masker,
    )
