"""Tells who watches a run that there is news of it. A hint only, within one machine: whoever misses it sees by polling.

A process that watches binds a datagram socket `<data>/run/<name>.watch`; ringing sends the id of the run to each. Where
nobody watches, ringing is a look at a short memory of the folder.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from foureyes.conf import get_conf
from foureyes.runs.doorbell import address_in, bell_socket, open_folder, ring_one

SUFFIX = ".watch"
REMEMBERED_SECONDS = 0.1
MOST_AT_ONCE = 1000  # rings heard in one go
ID_BYTES = 16


class _Names:
    """The names of the watchers' sockets, remembered for a moment."""

    def __init__(self) -> None:
        self._folder = Path()
        self._names: Sequence[str] = ()
        self._until = 0.0

    def get(self, folder: Path) -> Sequence[str]:
        tick = time.monotonic()
        if tick >= self._until or folder != self._folder:
            self._folder, self._names, self._until = folder, _listed(folder), tick + REMEMBERED_SECONDS
        return self._names


_names = _Names()


def tell_watchers(*runs: UUID) -> None:
    """Tell that something was committed about these runs. Never blocks and never fails."""
    names = _names.get(get_conf().run_folder)
    if not names:
        return
    with contextlib.suppress(OSError), open_folder() as folder, bell_socket() as sender:
        for name in names:
            for run in runs:
                ring_one(sender, address_in(folder, name), run.bytes)


def _listed(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(SUFFIX)]  # noqa: PTH208 - a third of the time
    except OSError:
        return []


class WatcherBell:
    """A watcher's socket, bound until closed; readable when there is news."""

    def __init__(self, name: str) -> None:
        self._file = f"{name}{SUFFIX}"
        self._socket = bell_socket()
        get_conf().run_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_folder() as folder:
            address = address_in(folder, self._file)
            Path(address).unlink(missing_ok=True)
            self._socket.bind(address)

    def fileno(self) -> int:
        """For an event loop."""
        return self._socket.fileno()

    def heard(self) -> set[UUID]:
        """The runs of which there is news since the last time."""
        runs = set()
        with contextlib.suppress(BlockingIOError):
            for _ in range(MOST_AT_ONCE):
                data = self._socket.recv(ID_BYTES)
                if len(data) == ID_BYTES:
                    runs.add(UUID(bytes=data))
        return runs

    def close(self) -> None:
        """Take it away."""
        self._socket.close()
        (get_conf().run_folder / self._file).unlink(missing_ok=True)
