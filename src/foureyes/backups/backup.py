"""Takes a backup of an installation while it runs. Nobody has to stop, and nobody waits.

The rows are a snapshot of one moment. Files are content under its hash: written before the row that names it, and
removed at the earliest an hour after it was written, when no row names it. So what is pinned before the snapshot,
together with what was written since, is everything that the snapshot names.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from foureyes import __version__
from foureyes.backups.archive import CONTENTS, DATABASE, Writer, writing
from foureyes.conf import Conf
from foureyes.errors import Conflict, Unavailable
from foureyes.events import Kind, append
from foureyes.models import InputFile, OutputFile, SystemValue

SMALL_FILES = ("foureyes.toml", "secret_key", "demo-credentials.json")
JOBS = "jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """What is in a backup, and what should be in it and is not."""

    database: str
    contents: int
    job_files: int
    jobs_elsewhere: Path | None  # the jobs folder is not below the data folder, so it is not in the backup
    missing: tuple[str, ...]  # hashes of contents that rows name and that are gone or damaged


def back_up(*, conf: Conf, to: Path, now: datetime) -> BackedUp:
    """Write the rows (with SQLite), the files of runs, the signing key, the settings and the job files to one file.

    Records the fact. Refuses a file that exists, and says so where the disk is full or a place cannot be written.
    """
    try:
        done = _write(conf, to, now)
    except OSError as error:
        raise Unavailable(f"The backup {to} cannot be written: {error.strerror or error}", code="backup_io") from error
    with transaction.atomic():
        subject = (SystemValue._meta.label_lower, "backup", to.name)
        data = {"contents": done.contents, "missing": len(done.missing), "database": done.database}
        append(kind=Kind.INSTALLATION_BACKED_UP, at=now, subject=subject, data=data)
    return done


def _write(conf: Conf, to: Path, now: datetime) -> BackedUp:
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=to.parent) as work, _pinned(conf) as pins:
        snapshot = _snapshot(Path(work)) if connection.vendor == "sqlite" else None
        migrations = _migrations(snapshot)
        wanted = _named(snapshot) if snapshot else sorted(path.name for path in _contents(conf.data_dir / CONTENTS))
        about = {"made_at": now, "made_by": __version__, "database": connection.vendor, "migrations": migrations}
        with writing(to, about=about) as out:
            if snapshot:
                with snapshot.open("rb") as stream:
                    out.add(DATABASE, stream, snapshot.stat().st_size)
            missing = [sha256 for sha256 in wanted if not _add_content(out, sha256, pins, conf.data_dir / CONTENTS)]
            for name in SMALL_FILES:
                if (conf.data_dir / name).is_file():
                    out.add_bytes(name, (conf.data_dir / name).read_bytes())
            inside = conf.jobs_folder == conf.data_dir / JOBS
            job_files = _add_job_files(out, conf.jobs_folder) if inside else 0
    return BackedUp(
        database=connection.vendor,
        contents=len(wanted) - len(missing),
        job_files=job_files,
        jobs_elsewhere=None if inside else conf.jobs_folder,
        missing=tuple(missing),
    )


@contextmanager
def _pinned(conf: Conf) -> Iterator[Path]:
    """A folder with a second name for all content that is there now, so that none of it goes meanwhile."""
    root = conf.data_dir / CONTENTS
    pins = Path(tempfile.mkdtemp(prefix="backup-", dir=conf.run_folder))
    try:
        for path in _contents(root):
            try:
                os.link(path, pins / path.name)
            except FileNotFoundError:  # it went at this moment: no row of the snapshot names it
                continue
        yield pins
    finally:
        shutil.rmtree(pins)


def _contents(root: Path) -> Iterator[Path]:
    for shard in root.glob("[0-9a-f][0-9a-f]"):
        yield from (path for path in shard.iterdir() if path.name.startswith(shard.name))


def _snapshot(folder: Path) -> Path:
    """The rows as they are at one moment, in a file of their own, read once through by the database itself."""
    copy = folder / DATABASE
    source = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(copy)) as target:
        live.backup(target)  # all pages in one step: one moment, and in WAL mode no writer waits for it
        target.execute("PRAGMA journal_mode=DELETE")
        [verdict] = target.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise Conflict(f"The database {source} is damaged: {verdict}", code="database_damaged")
    return copy


def _migrations(snapshot: Path | None) -> list[list[str]]:
    if snapshot is None:
        return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())
    with closing(sqlite3.connect(snapshot)) as rows:
        return sorted(list(row) for row in rows.execute("SELECT app, name FROM django_migrations"))


def _named(snapshot: Path) -> list[str]:
    """The content that rows of the snapshot name."""
    tables = [model._meta.db_table for model in (InputFile, OutputFile)]
    with closing(sqlite3.connect(snapshot)) as rows:
        found = [rows.execute(f'SELECT sha256 FROM "{table}"').fetchall() for table in tables]  # noqa: S608 - own names
    return sorted({sha256 for hashes in found for (sha256,) in hashes})


def _add_content(out: Writer, sha256: str, pins: Path, root: Path) -> bool:
    """Add one content, unless it is gone or is not what its name says any more; says whether it is good."""
    for path in (pins / sha256, root / sha256[:2] / sha256):
        try:
            with path.open("rb") as stream:
                return out.add(f"{CONTENTS}/{sha256[:2]}/{sha256}", stream, os.fstat(stream.fileno()).st_size) == sha256
        except FileNotFoundError:
            continue
    return False


def _add_job_files(out: Writer, folder: Path) -> int:
    """Job files as they are; links are left out, because they may lead anywhere."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    wanted = [path for path in files if "__pycache__" not in path.parts]
    for path in wanted:
        out.add_bytes(f"{JOBS}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    return len(wanted)
