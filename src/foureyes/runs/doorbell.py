"""Wakes loops at once when there is something for them. A hint only: whoever misses it finds the row by polling.

Every loop that wants to be woken binds a datagram socket `<data>/run/<name>.bell`; ringing sends one byte to each.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from foureyes.conf import get_conf

SUFFIX = ".bell"


def ring() -> None:
    """Wake every listening loop of this installation. Never blocks and never fails."""
    with contextlib.suppress(OSError), _folder() as folder, _socket() as sender:
        for name in os.listdir(folder):  # noqa: PTH208 - of an open folder
            if name.endswith(SUFFIX):
                _ring_one(sender, _address(folder, name))


def _ring_one(sender: socket.socket, address: str) -> None:
    try:
        sender.sendto(b"!", address)
    except ConnectionRefusedError:  # its owner is gone without a goodbye
        with contextlib.suppress(OSError):
            Path(address).unlink()
    except OSError:
        pass  # a full buffer: its owner has been rung already


class Doorbell:
    """A bell to select on. Entering binds it, leaving takes it away."""

    def __init__(self, name: str) -> None:
        self._file = f"{name}{SUFFIX}"
        self._socket = _socket()

    def __enter__(self) -> Self:
        get_conf().run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _folder() as folder:
            address = _address(folder, self._file)
            Path(address).unlink(missing_ok=True)
            self._socket.bind(address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        (get_conf().run_folder / self._file).unlink(missing_ok=True)

    def fileno(self) -> int:
        """For `select`: readable once rung."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Forget the rings so far; says whether there were any."""
        rung = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(1):
                rung = True
        return rung


def _socket() -> socket.socket:
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bell.setblocking(False)
    return bell


@contextlib.contextmanager
def _folder() -> Iterator[int]:
    folder = os.open(get_conf().run_folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        os.close(folder)


def _address(folder: int, name: str) -> str:
    # Socket addresses hold 107 bytes, fewer than many data folders have: go through the open folder.
    return f"/proc/self/fd/{folder}/{name}"
