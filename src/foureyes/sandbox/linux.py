"""What Linux offers for keeping hold of processes."""

import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from foureyes.sandbox.launch import RUN_MARK

PARENT_HAS_GONE = 71  # exit code; EX_OSERR
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def end_with(parent: int, number: signal.Signals) -> None:
    """Let the kernel signal this process when its parent ends; exit if it has ended before that was arranged."""
    _prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(PARENT_HAS_GONE)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, instead of init."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _processes() -> Iterator[tuple[int, int]]:
    """Every process that is no zombie, with its parent."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            yield int(folder.name), int(parent)


def descendants(ancestor: int) -> set[int]:
    """Children, their children, and so on."""
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    open_ends = [ancestor]
    while open_ends:
        fresh = set(children.get(open_ends.pop(), ())) - found
        found |= fresh
        open_ends.extend(fresh)
    return found


def marked(run: str) -> set[int]:
    """Processes that a job of this run started with an environment of their own, wherever they hang now."""
    mark = f"{RUN_MARK}={run}".encode()
    return {pid for pid, _parent in _processes() if mark in _environment(pid)}


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile, or is somebody else's
        return []


def kill(pids: set[int]) -> None:
    """SIGKILL to each that still exists."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
