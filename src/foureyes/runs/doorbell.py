"""Wakes loops at once when there is something for them. A hint only: whoever misses it finds the row by polling.

Every loop that wants to be woken binds a datagram socket `<data>/run/<name>.bell`; ringing sends one byte to each. On
PostgreSQL a notification wakes the loops of other machines too.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS, Error, connection, connections

from foureyes.conf import get_conf

SUFFIX = ".bell"
SCHEDULERS = "scheduler-"  # how the names of their bells begin
LISTEN_AGAIN_SECONDS = 5.0


def ring() -> None:
    """Wake every loop that executes runs. Never blocks and never fails."""
    _ring(schedulers=False)


def ring_scheduler() -> None:
    """Wake every loop that looks after schedules, because one is due earlier than it knows."""
    _ring(schedulers=True)


def _ring(*, schedulers: bool) -> None:
    with contextlib.suppress(OSError), open_folder() as folder, bell_socket() as sender:
        for name in os.listdir(folder):  # noqa: PTH208 - of an open folder
            if name.endswith(SUFFIX) and name.startswith(SCHEDULERS) == schedulers:
                ring_one(sender, address_in(folder, name))
    _notify(_channel(SCHEDULERS if schedulers else ""))


def _notify(channel: str) -> None:
    # After the commit and not within it: a transaction that notifies keeps all others from committing meanwhile.
    if connection.vendor == "postgresql" and not connection.needs_rollback:
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {channel}")


def _channel(name: str) -> str:
    return "foureyes_schedulers" if name.startswith(SCHEDULERS) else "foureyes_workers"


def ring_one(sender: socket.socket, address: str, word: bytes = b"!") -> None:
    """Send one datagram; the socket of a dead process is taken away."""
    try:
        sender.sendto(word, address)
    except ConnectionRefusedError:  # its owner is gone without a goodbye
        with contextlib.suppress(OSError):
            Path(address).unlink()
    except OSError:
        pass  # a full buffer: its owner has been rung already


class Doorbell:
    """A bell to select on. Entering binds it, leaving takes it away. Those of schedulers have their own names."""

    def __init__(self, name: str) -> None:
        self._file = f"{name}{SUFFIX}"
        self._socket = bell_socket()
        self._listener = _Listener(_channel(name))
        self._both = select.epoll()  # readable when one of the two is

    def __enter__(self) -> Self:
        get_conf().run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_folder() as folder:
            address = address_in(folder, self._file)
            Path(address).unlink(missing_ok=True)
            self._socket.bind(address)
        self._both.register(self._socket, select.EPOLLIN)
        self._listener.open(self._both)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._both.close()
        self._listener.close()
        self._socket.close()
        (get_conf().run_folder / self._file).unlink(missing_ok=True)

    def fileno(self) -> int:
        """For `select`: readable once rung."""
        return self._both.fileno()

    def drain(self) -> bool:
        """Forget the rings so far; says whether there were any."""
        rung = self._listener.drain(self._both)
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(1):
                rung = True
        return rung


class _Listener:
    """A connection of its own to PostgreSQL that hears notifications; on SQLite nothing. Lost ones are replaced."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._wrapper: Any = None
        self._number = -1  # of its socket: a lost connection does not tell it any more
        self._try_at = 0.0

    def open(self, both: select.epoll) -> None:
        """Listen, if there is something to listen to; else try again some seconds later."""
        if connection.vendor != "postgresql" or time.monotonic() < self._try_at:
            return
        self._try_at = time.monotonic() + LISTEN_AGAIN_SECONDS
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        try:
            with wrapper.cursor() as cursor:
                cursor.execute(f"LISTEN {self._channel}")
        except Error:  # the database is away, which the loop itself finds out too
            wrapper.close()
            return
        self._wrapper = wrapper
        self._number = wrapper.connection.fileno()
        both.register(self._number, select.EPOLLIN)

    def drain(self, both: select.epoll) -> bool:
        """Forget what was heard; says whether there was something, which a lost connection may have been."""
        if self._wrapper is None:
            self.open(both)
            return False
        try:
            return self._hear(self._wrapper.connection.pgconn)
        except self._wrapper.Database.Error:
            with contextlib.suppress(OSError):
                both.unregister(self._number)
            self.close()
            return True

    def _hear(self, link: Any) -> bool:
        # Below the connection's own `notifies`, which waits a moment and does not tell that the server hung up.
        link.consume_input()
        heard = False
        while link.notifies():
            heard = True
        return heard

    def close(self) -> None:
        """Hang up."""
        if self._wrapper is not None:
            with contextlib.suppress(Exception):
                self._wrapper.close()
        self._wrapper = None


def bell_socket() -> socket.socket:
    """A datagram socket that never blocks."""
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bell.setblocking(False)
    return bell


@contextlib.contextmanager
def open_folder() -> Iterator[int]:
    """The folder of the sockets, for `address_in`."""
    folder = os.open(get_conf().run_folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        os.close(folder)


def address_in(folder: int, name: str) -> str:
    """Where a socket of the open folder lies."""
    # Socket addresses hold 107 bytes, fewer than many data folders have: go through the open folder.
    return f"/proc/self/fd/{folder}/{name}"
