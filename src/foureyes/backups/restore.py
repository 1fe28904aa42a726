"""Puts a backup into a data folder. What that makes void is in `restored.py`, and is void before anything can run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from foureyes.backups.archive import CONTENTS, DATABASE, Manifest, unpack
from foureyes.conf import Conf
from foureyes.errors import Conflict, Unavailable

KEPT = "before-restore-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An unpacked backup beside the place that it is for."""

    folder: Path
    manifest: Manifest

    @property
    def has_database(self) -> bool:
        """Are the rows in it? Those of PostgreSQL are not."""
        return (self.folder / DATABASE).exists()


@contextmanager
def drafted(*, file: Path, conf: Conf) -> Iterator[Draft]:
    """The backup, unpacked and checked, in the data folder but not in its place; nothing is left of it afterwards.

    Refuses a damaged backup, one of a newer version, and one with rows where the settings name another database.
    """
    folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=conf.data_dir))
    try:
        try:
            manifest = unpack(file, into=folder)
        except OSError as error:
            raise Unavailable(f"{file} cannot be unpacked: {error.strerror or error}", code="backup_io") from error
        draft = Draft(folder=folder, manifest=manifest)
        if draft.has_database and conf.database_url:
            raise Conflict(
                "This backup has its rows in it, but FOUREYES_DATABASE_URL names another database. Unset it.",
                code="backup_other_database",
            )
        yield draft
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def demand_known_schema(manifest: Manifest) -> None:
    """Refuses rows that a newer version wrote."""
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})
    newer = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if newer:
        raise Conflict(
            f"This backup was made by Foureyes {manifest.made_by}, which is newer (it has {newer[0]})."
            " Restore it with that version.",
            code="backup_newer",
        )


def demand_room(*, conf: Conf, replace: bool) -> None:
    """Refuses a data folder with something in it, unless that is to be put aside."""
    if not replace and _occupants(conf):
        raise Conflict(
            f"There is an installation in {conf.data_dir}. Name another folder with --data,"
            " or put it aside with --replace.",
            code="data_folder_occupied",
        )


def put_in_place(*, draft: Draft, conf: Conf, now: datetime) -> Path | None:
    """Move the parts to where they belong, the database last. What was there is put aside; gives where."""
    aside = None
    if occupants := _occupants(conf):
        aside = Path(tempfile.mkdtemp(prefix=f"{KEPT}{now:%Y%m%dT%H%M%SZ}-", dir=conf.data_dir))
        for path in occupants:
            path.rename(aside / path.name)
    for path in sorted(_parts(draft.folder, conf), key=lambda path: path.name == DATABASE):
        if path.name == CONTENTS:
            _seal(path)
        path.rename(conf.data_dir / path.name)
    _sync(conf.data_dir)
    return aside


def _occupants(conf: Conf) -> list[Path]:
    return [path for path in _parts(conf.data_dir, conf) if not path.name.startswith((KEPT, ".restore-"))]


def _parts(folder: Path, conf: Conf) -> list[Path]:
    """What counts in a data folder: neither sockets nor empty folders, which every start makes."""
    found = [path for path in folder.iterdir() if path.name != conf.run_folder.name]
    return [path for path in found if not path.is_dir() or any(path.iterdir())]


def _seal(contents: Path) -> None:
    for path in contents.glob("*/*"):
        path.chmod(0o400)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
