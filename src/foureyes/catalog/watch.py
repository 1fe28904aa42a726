"""When does source have to be read again: the paths to look at, and what they look like without being opened."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from foureyes.catalog.bundles import Source
from foureyes.catalog.distributions import files_to_watch

Stats = tuple[tuple[int, int, int, int] | None, ...]


def stats_of(paths: Iterable[Path]) -> Stats:
    """What changes when a path is written, replaced, made or removed; of a folder: when its entries change."""
    return tuple(_stat(path) for path in paths)


def watched_in_folder(*, folder: Path, source: Source | None) -> tuple[Path, ...]:
    """The files of the source and every folder above them: a new file may be what an import had missed."""
    root = folder.resolve()
    files = [root / file["path"] for file in source.files] if source else []
    folders = {parent for file in files for parent in file.parents if parent.is_relative_to(root)}
    return (*sorted({root, *folders}), *files)


def watched_of_package(source: Source | None) -> tuple[Path, ...]:
    """The package's own record, and the folders where packages are installed."""
    return (*import_folders(), *(files_to_watch(source) if source else ()))


def import_folders() -> tuple[Path, ...]:
    """The folders of the import path: what an import had missed may be installed there."""
    return tuple(Path(entry) for entry in sys.path if entry)


def _stat(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every watched file every two seconds
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
