"""The content of input and output files: one file per SHA-256 in the data folder, and the rows that name it.

Content is written before the row that names it and removed only when nothing names it and it is old, so that no row can
lose its content to a removal that runs at the same time.
"""

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import InputFile, JobResult, OutputFile
from foureyes.runs.masking import Masker
from foureyes.runs.reports import MadeFile
from foureyes.sentences import size_in_words
from foureyes.users.models import User

NAME_LENGTH = 255
MEDIA_TYPE_LENGTH = 100
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;\s*charset=[\w-]+)?")
ANY_CONTENT = "application/octet-stream"
CHUNK = 1 << 20
UNNAMED_FOR = timedelta(hours=1)  # content that nothing names may belong to a row that is not committed yet


@dataclass(frozen=True, slots=True)
class Stored:
    """Content that lies in the store."""

    sha256: str
    size: int


def put(chunks: Iterable[bytes], *, most_bytes: int) -> Stored:
    """Keep content. Refuses as invalid what is larger than `most_bytes`, and keeps nothing of it."""
    root = _root()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=root, prefix=".draft-", delete=False) as draft:
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > most_bytes:
                    most = size_in_words(most_bytes)
                    raise Invalid(f"The file is larger than {most}, the most allowed.", code="file_too_large")
                digest.update(chunk)
                draft.write(chunk)
            draft.flush()
            os.fsync(draft.fileno())
            _install(Path(draft.name), content_path(digest.hexdigest()))
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return Stored(sha256=digest.hexdigest(), size=size)


def content_path(sha256: str) -> Path:
    """Where content lies."""
    return _root() / sha256[:2] / sha256


def draft_input(*, name: str, chunks: Iterable[bytes], user: User | None, now: datetime) -> InputFile:
    """Keep an uploaded file and give the row for it. `enqueue` saves the row; unsaved, its content goes by itself."""
    stored = put(chunks, most_bytes=get_conf().max_upload_bytes)
    return InputFile(name=_file_name(name), sha256=stored.sha256, size=stored.size, user=user, created=now)


def write_files(*, run: JobResult, made: Sequence[MadeFile], masker: Masker, now: datetime) -> None:
    """Insert output files in the transaction of the caller; a later file of the same name replaces the earlier."""
    for file in made:
        OutputFile.objects.update_or_create(
            job_result=run,
            name=_file_name(masker.text(file.name)),
            defaults={
                "sha256": file.sha256,
                "size": file.size,
                "media_type": _media_type(file.media_type),
                "created": now,
            },
        )


def sweep(*, now: datetime) -> int:
    """Remove content that no row names and that was not touched for an hour; gives how much there was."""
    removed = 0
    for shard in sorted(_root().glob("[0-9a-f][0-9a-f]")):
        old = {path.name: path for path in shard.iterdir() if _age(path, now) > UNNAMED_FOR}
        for name in old.keys() - _named(old):
            old[name].unlink(missing_ok=True)
            removed += 1
    for draft in _root().glob(".draft-*"):
        if _age(draft, now) > UNNAMED_FOR:
            draft.unlink(missing_ok=True)
    return removed


def _install(draft: Path, path: Path) -> None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    draft.chmod(0o400)
    draft.replace(path)  # replacing equal content also makes it young again, which keeps a sweep away from it


def _named(names: Iterable[str]) -> set[str]:
    wanted = list(names)
    rows = (
        model.objects.filter(sha256__in=wanted).values_list("sha256", flat=True) for model in (InputFile, OutputFile)
    )
    return {name for found in rows for name in found}


def _age(path: Path, now: datetime) -> timedelta:
    with contextlib.suppress(FileNotFoundError):
        return timedelta(seconds=now.timestamp() - path.stat().st_mtime)
    return timedelta(0)


def _root() -> Path:
    return get_conf().data_dir / "files"


def _file_name(name: str) -> str:
    plain = "".join(char for char in name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable())
    return plain[-NAME_LENGTH:] if plain not in ("", ".", "..") else "file"


def _media_type(text: str) -> str:
    return text if len(text) <= MEDIA_TYPE_LENGTH and MEDIA_TYPE.fullmatch(text) else ANY_CONTENT
