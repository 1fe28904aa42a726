"""What a job's imports from outside of the jobs folder resolve to: this Python and its installed distributions."""

import functools
import hashlib
import importlib
import platform
import sys
from importlib import metadata
from pathlib import Path

Stamp = tuple[tuple[str, int], ...]


def fingerprint() -> str:
    """SHA-256 over the version of Python and name and version of every installed distribution.

    Frozen on every run, so it is asked often: read again only when something was installed or removed.
    """
    return _fingerprint_at(import_path_stamp())


def import_path_stamp() -> Stamp:
    """The folders of the import path and when they changed: installing, upgrading and removing changes it."""
    return tuple((entry, _changed_at(Path(entry))) for entry in sys.path if entry)


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=1)
def _fingerprint_at(_stamp: Stamp) -> str:
    importlib.invalidate_caches()
    lines = {f"{_normal(dist.name)}=={dist.version}" for dist in metadata.distributions() if dist.name}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return hashlib.sha256("\n".join([python, *sorted(lines)]).encode()).hexdigest()


def _normal(name: str) -> str:
    """Names of distributions differ in spelling between tools."""
    return name.lower().replace("_", "-").replace(".", "-")
