"""Content-addressed copies of job source: gathered from the jobs folder, stored in a row, written out for the child.

A bundle is what an approver sees and what a run executes: the job's module, what it imports from the folder, and its
data files (gate G3).
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import transaction

from foureyes.catalog.imports import files_of_import, module_file, needed_files
from foureyes.errors import Conflict, Invalid
from foureyes.models import SourceBundle

LARGEST_BUNDLE = 50 * 2**20
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest instant a zip file can name; equal content makes an equal archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source of one module, read from disk once: what is hashed is what is stored."""

    kind: SourceBundle.Kind
    module_name: str
    digest: str
    files: list[dict[str, Any]]  # [{"path", "size", "sha256"}], by path
    contents: Mapping[str, bytes]
    distribution: str = ""


def collect(*, folder: Path, module: str, loaded_files: Iterable[str] = (), data_globs: Iterable[str] = ()) -> Source:
    """Read a module of the folder and everything of the folder that it needs.

    `loaded_files` are paths that its import was seen to load, `data_globs` are relative to the module's own file.
    Nothing outside of the folder is read, by `..` and links neither. Refuses a module whose files are too large.
    """
    root = folder.resolve()
    start = module_file(root, module)
    if start is None:
        raise Invalid(f"There is no file of {module}.", code="source_missing")
    if not _is_inside(root, start):
        raise Invalid(f"The file of {module} is a link to outside of the jobs folder.", code="source_outside_folder")
    waiting = {path for path in files_of_import(root, module) if _is_inside(root, path)}
    waiting |= {*_seen_loaded(root, loaded_files), *_matching(root, start.parent, data_globs)}
    contents: dict[str, bytes] = {}
    room = LARGEST_BUNDLE
    while waiting:
        path = waiting.pop()
        source = contents[_text(path)] = (root / path).read_bytes()
        room -= len(source)
        if room < 0:
            raise Invalid(
                f"The files of {module} are too large: over {LARGEST_BUNDLE:,} bytes.", code="source_too_large"
            )
        if path.suffix == ".py":
            needed = needed_files(folder=root, file=path, source=source)
            waiting |= {other for other in needed if str(other) not in contents and _is_inside(root, other)}
    return of_contents(module=module, contents=contents)


def of_contents(*, module: str, contents: Mapping[str, bytes]) -> Source:
    """The source that consists of these files."""
    files = [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(contents.items())
    ]
    return Source(
        kind=SourceBundle.Kind.FOLDER, module_name=module, digest=digest_of(files), files=files, contents=contents
    )


def digest_of(files: list[dict[str, Any]]) -> str:
    """SHA-256 over path, size and hash of each file, by path."""
    ordered = sorted(files, key=lambda file: file["path"])
    text = json.dumps(ordered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def store(*, source: Source, now: datetime) -> SourceBundle:
    """The row of this source; equal source has one row, whoever stores it first."""
    bundle, _ = SourceBundle.objects.get_or_create(
        digest=source.digest,
        defaults={
            "kind": source.kind,
            "module_name": source.module_name,
            "distribution": source.distribution,
            "files": source.files,
            "archive": _pack(source.contents) if source.kind == SourceBundle.Kind.FOLDER else b"",
            "created": now,
        },
    )
    return bundle


def unpack(bundle: SourceBundle) -> dict[str, bytes]:
    """The files of a folder bundle, each checked against its hash, and all against the digest."""
    with zipfile.ZipFile(io.BytesIO(bytes(bundle.archive))) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    if of_contents(module=bundle.module_name, contents=contents).digest != bundle.digest:
        raise Conflict(f"The stored source {bundle.digest[:12]} does not fit its digest.", code="source_damaged")
    return contents


def folder_of_bundles(data_dir: Path) -> Path:
    """Where bundles are written out for the processes that import them."""
    return data_dir / "bundles"


def materialise(*, bundle: SourceBundle, root: Path) -> Path:
    """`<root>/<digest>` with exactly the bundle's files, read-only.

    Another writer at the same time is harmless: a folder appears under its name when it is complete. One that was
    tampered with, or holds anything more, is put aside and written again.
    """
    folder = root / bundle.digest
    if folder.is_dir():
        if _holds_exactly(folder, bundle.files):
            return folder
        _put_aside(folder)
    root.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".", dir=root))
    try:
        _write_read_only(draft, unpack(bundle))
        _publish(draft, folder)
    finally:
        if draft.exists():
            _remove(draft)
    return folder


def _is_inside(root: Path, path: PurePosixPath) -> bool:
    """No link leads out of the folder: the server may read more than an author may."""
    return (root / path).resolve().is_relative_to(root)


def _seen_loaded(root: Path, files: Iterable[str]) -> Iterator[PurePosixPath]:
    for name in files:
        file = Path(os.path.normpath(root / name))
        if file.is_relative_to(root) and file.is_file():
            path = PurePosixPath(file.relative_to(root))
            if _is_inside(root, path):
                yield path


def _matching(root: Path, start: PurePosixPath, globs: Iterable[str]) -> Iterator[PurePosixPath]:
    for pattern in globs:
        if not pattern or pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
            raise Invalid(f'The data files "{pattern}" are not in the jobs folder.', code="source_outside_folder")
        for file in (root / start).glob(pattern):
            path = PurePosixPath(file.relative_to(root))
            if file.is_file() and _is_inside(root, path) and "__pycache__" not in path.parts:
                yield path


def _text(path: PurePosixPath) -> str:
    text = str(path)
    if not text.isprintable():  # also: bytes that are no UTF-8
        raise Invalid(f"The file name {text!a} cannot be stored; rename the file.", code="source_file_name")
    return text


def _pack(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(path, date_time=EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o444 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _holds_exactly(folder: Path, files: list[dict[str, Any]]) -> bool:
    """A file more could stand before the right one on the import path, so extra files count as tampering."""
    present = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )
    if present != sorted(file["path"] for file in files):
        return False
    return all(_hash(folder / file["path"]) == file["sha256"] for file in files)


def _hash(path: Path) -> str:
    return "" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()


def _write_read_only(folder: Path, contents: Mapping[str, bytes]) -> None:
    for path, content in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o444)
    for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        inner.chmod(0o555)


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first, with the same content
            raise


def _put_aside(folder: Path) -> None:
    """Out of the way by one rename; a run that reads it at this moment keeps its open files."""
    aside = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    folder.chmod(0o755)
    folder.rename(aside / "tampered")
    _remove(aside)


def _remove(folder: Path) -> None:
    for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]:
        inner.chmod(0o755)
    shutil.rmtree(folder)
