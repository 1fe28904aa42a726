"""Keeps runs, one after the other: forks the job's process, passes signals on, and tells when the run is over.

A run is over when everything that the job started is gone. The keeper adopts orphans, so whatever a job forks, however
often and into whatever session, stays below it. Its own death kills the job (by the kernel's word to the child), and
the fork server's death makes it clean up and end.
"""

import contextlib
import os
import pwd
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn

from foureyes.sandbox import child
from foureyes.sandbox.launch import RUN_MARK
from foureyes.sandbox.linux import adopt_orphans, descendants, end_with, kill
from foureyes.sandbox.protocol import StartRun, receive_control

END = signal.SIGUSR2  # kill everything
PASSED_ON = {signal.SIGUSR1, signal.SIGTERM}
SIGNALS = {signal.SIGCHLD, END, *PASSED_ON}  # blocked before the keeper is forked, so that none is lost
START_FAILED = 71  # exit code; EX_OSERR
NEXT = b"next"
READY = b"ready"
END_BYTES = 4
GIVE_UP_SECONDS = 10  # a process in uninterruptible sleep cannot be killed
OOM_SCORE = "500"  # when memory runs out, jobs go before the worker


def keep(server: int, cradle: socket.socket) -> NoReturn:
    """The life of a keeper, in the process that the fork server (process `server`) forked for it.

    A job's process is forked before there is a run for it; `cradle` is where it hears of the run, and where the keeper
    then tells how it ended. The answer to that, `NEXT`, asks for another; with `READY` it can be given one, and signals
    that come from then on are for that one.
    """
    os.setsid()
    end_with(server, END)
    adopt_orphans()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    keeper = os.getpid()
    while True:
        job = os.fork()
        if job == 0:
            _become_job(keeper, cradle)
        status = _watch(job)
        is_clean = _end_all()
        with contextlib.suppress(OSError):  # the fork server has gone: what is read next says so too
            cradle.send(encode_end(status))
        if not is_clean or cradle.recv(len(NEXT)) != NEXT:
            os._exit(0)
        _forget_signals()
        with contextlib.suppress(OSError):
            cradle.send(READY)


def _watch(job: int) -> int:
    """Wait for the end of the job's process; its wait status."""
    while True:
        number = signal.sigwait(SIGNALS)
        if number in PASSED_ON:
            os.kill(job, number)
        elif number == END:
            os.kill(job, signal.SIGKILL)
        elif (status := _reap(job)) is not None:
            return status


def _reap(job: int) -> int | None:
    """Collect children that have ended; the wait status if the job's process is among them."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == job:
            return status
        if pid == 0:
            return None


def _end_all() -> bool:
    """Kill what the job left, generation by generation, until nothing is left. False if something cannot be killed."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    try:
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                kill(descendants(os.getpid()))
                time.sleep(0.001)
    except ChildProcessError:
        return True
    return False


def _forget_signals() -> None:
    """Those that were sent for the last run: the fork server knew that it was over before it asked for the next."""
    while signal.sigtimedwait(SIGNALS, 0):
        pass


def encode_end(status: int) -> bytes:
    """What a keeper tells of the end of a job's process: its exit code, or minus the signal's number."""
    return os.waitstatus_to_exitcode(status).to_bytes(END_BYTES, "big", signed=True)


def decode_end(told: bytes) -> int:
    """The exit code of `encode_end`."""
    return int.from_bytes(told, "big", signed=True)


def _become_job(keeper: int, cradle: socket.socket) -> NoReturn:
    try:
        os.setsid()
        _reset_signals()
        end_with(keeper, signal.SIGKILL)
        received = receive_control(cradle)
        cradle.close()
        if received is None:
            os._exit(0)
        start, (report_fd, output_fd) = received
        assert isinstance(start, StartRun)  # noqa: S101 - nothing else comes through a cradle
        _redirect(output_fd)
        if start.user is not None:
            _become_user(start.user)
            end_with(keeper, signal.SIGKILL)  # the change of user has forgotten it
        os.environ[RUN_MARK] = start.run
        child.main(report_fd)
    except BaseException:  # the product's own fault: there is no worker's code to tell, so it goes to the run's output
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(START_FAILED)


def _redirect(output_fd: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)
    os.close(nothing)
    os.close(output_fd)


def _reset_signals() -> None:
    """As in a fresh process. SIGUSR1 and SIGTERM stay blocked until somebody listens to them."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, END})


def _become_user(name: str) -> None:
    account = pwd.getpwnam(name)
    os.initgroups(name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.environ.update(HOME=account.pw_dir, USER=name, LOGNAME=name)
