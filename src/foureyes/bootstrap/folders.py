"""The data folder: made, checked, and held by one server at a time."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foureyes.conf import Conf
from foureyes.errors import Conflict, Invalid

LEFTOVERS_SECONDS = 10.0
SAMPLES = Path(__file__).parent.parent / "samples"


def prepare(conf: Conf) -> None:
    """Make the folders that are missing: the data folder for this account alone. Refuses one that cannot be written."""
    for folder, mode in ((conf.data_dir, 0o700), (conf.run_folder, 0o700), (conf.jobs_folder, 0o755)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=mode)
        except OSError as error:
            raise Invalid(
                f"The folder {folder} cannot be made: {error.strerror}. Name another one with --data or --jobs.",
                code="folder_not_made",
            ) from error
    if not os.access(conf.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise Invalid(
            f"The data folder {conf.data_dir} cannot be written by this account. Name another one with --data.",
            code="data_folder_not_writable",
        )


def hold(conf: Conf) -> int:
    """Hold the data folder until this process and the ones forked from it have ended; the descriptor that does so.

    Refuses while another server holds it. The children of one that was killed have a few seconds to end.
    """
    descriptor = os.open(conf.run_folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LEFTOVERS_SECONDS
    while not _lock(descriptor):
        owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        if _lives(owner) or time.monotonic() > deadline:
            os.close(descriptor)
            raise Conflict(
                f"The data folder {conf.data_dir} is in use by another `foureyes up` (process {owner})."
                " Stop it, or name another folder with --data.",
                code="data_folder_in_use",
            )
        time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def use(conf: Conf) -> int:
    """Tell that a process works with the data folder, as long as the descriptor is open; any number may."""
    descriptor = _open_use(conf)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Conflict(
            f"A backup is being restored into {conf.data_dir}. Wait until that is done.", code="data_folder_restored"
        ) from None
    return descriptor


def use_alone(conf: Conf) -> int:
    """The same without any other: refuses while a server, a role of it, or a backup works with the data folder."""
    descriptor = _open_use(conf)
    if not _lock(descriptor):
        os.close(descriptor)
        raise Conflict(
            f"The data folder {conf.data_dir} is in use. Stop `foureyes up` and every role that runs alone.",
            code="data_folder_in_use",
        )
    return descriptor


def _open_use(conf: Conf) -> int:
    return os.open(conf.run_folder / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _lives(process: str) -> bool:
    """Is the process still there? One that was killed stays listed as a zombie until its parent has noticed."""
    try:
        return Path("/proc", process or "unknown", "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(file: Path, content: Mapping[str, Any]) -> None:
    """Write JSON that only this account can read; a reader sees the old file or the whole new one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(content, out, indent=2)
        out.write("\n")
    draft.replace(file)


def read(file: Path) -> dict[str, Any]:
    """A JSON object from a file; empty if there is none."""
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def install_samples(conf: Conf) -> bool:
    """Copy the sample jobs into the jobs folder, unless something is in there already; tells whether it did."""
    if any(not entry.name.startswith((".", "__pycache__")) for entry in conf.jobs_folder.iterdir()):
        return False
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(SAMPLES, conf.jobs_folder, dirs_exist_ok=True, ignore=ignored)
    return True
