"""One backup as a file: a tar with the parts and, last, a manifest with the size and hash of each.

Nothing of it is believed before all of it was compared with the manifest. The manifest is no signature: whoever can
write the file can write another one.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from foureyes.errors import Conflict, Invalid

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "foureyes.sqlite3"
CONTENTS = "files"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is of, and its parts: name to size and SHA-256."""

    made_at: datetime
    made_by: str  # version
    database: str  # `sqlite`: it is in here; `postgresql`: it is not
    migrations: list[list[str]]  # app and name of every change of the schema that was made
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)


class Writer:
    """Adds parts to a backup."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.parts: dict[str, dict[str, Any]] = {}

    def add(self, name: str, content: IO[bytes], size: int) -> str:
        """Add one part from a stream of that size; its SHA-256."""
        reader = _Hashing(content)
        self._archive.addfile(_member(name, size), reader)
        sha256 = reader.hash.hexdigest()
        self.parts[name] = {"size": size, "sha256": sha256}
        return sha256

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add one small part, which may change on disk meanwhile."""
        self.add(name, io.BytesIO(content), len(content))


@contextmanager
def writing(file: Path, *, about: Mapping[str, Any]) -> Iterator[Writer]:
    """A new backup, readable for this account alone. It appears under its name when it is complete and on disk.

    Refuses a name that is taken. `about` are the facts of the manifest.
    """
    if file.exists():
        raise Conflict(f"{file} exists; name another file, backups are not overwritten.", code="backup_exists")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                writer = Writer(archive)
                yield writer
                manifest = {"format": FORMAT, **asdict(Manifest(**about, parts=writer.parts))}
                writer.add_bytes(MANIFEST, json.dumps(manifest, default=datetime.isoformat, indent=1).encode())
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # unlike a rename it never replaces what appeared under that name meanwhile
    finally:
        draft.unlink(missing_ok=True)


def unpack(file: Path, *, into: Path) -> Manifest:
    """Write all parts below the folder `into`; the manifest.

    Refuses what is no backup, what is damaged or incomplete, and what a newer version wrote in another form.
    """
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(file, mode="r:") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is None or not _is_safe(member.name):
                    raise Invalid(f"{file} is no backup: it holds {member.name!a}.", code="backup_damaged")
                if member.name == MANIFEST:
                    return _checked(file, json.loads(stream.read()), found)
                found[member.name] = _write(stream, into / member.name)
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
        raise Invalid(f"{file} is no backup, or it is damaged: {error}", code="backup_damaged") from error
    raise Invalid(f"{file} is incomplete: its end is missing.", code="backup_damaged")


def _checked(file: Path, told: dict[str, Any], found: dict[str, dict[str, Any]]) -> Manifest:
    if told.pop("format") != FORMAT:
        raise Conflict(f"{file} was made by a newer version of Foureyes. Use that one.", code="backup_newer")
    manifest = Manifest(**{**told, "made_at": datetime.fromisoformat(told["made_at"])})
    wrong = sorted(name for name in {*manifest.parts, *found} if manifest.parts.get(name) != found.get(name))
    if wrong:
        raise Invalid(f"{file} is damaged: {wrong[0]} is not what was saved.", code="backup_damaged")
    return manifest


def _write(stream: IO[bytes], path: Path) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += out.write(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and bool(path.parts) and not {"..", "."} & set(path.parts)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class _Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.hash.update(chunk)
        return chunk
