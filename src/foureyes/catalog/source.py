"""The source of a bundle, for people to read."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from foureyes.catalog.bundles import unpack
from foureyes.catalog.distributions import installed_file
from foureyes.models import SourceBundle

LARGEST_TEXTS = 5 * 2**20  # of all files of one answer together


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file. `text` is None if it is no text, is too large, or is no longer what the bundle says."""

    path: str
    size: int
    sha256: str
    text: str | None


def read_source(*, bundle: SourceBundle) -> list[SourceFile]:
    """All files of the bundle by path, with the texts of as many as fit an answer."""
    contents = unpack(bundle) if bundle.kind == SourceBundle.Kind.FOLDER else None
    room = LARGEST_TEXTS
    files = []
    for file in bundle.files:
        text = None
        if file["size"] <= room:
            content = contents[file["path"]] if contents is not None else _installed(bundle, file["path"])
            text = _text(content, file["sha256"])
            room -= file["size"] if text is not None else 0
        files.append(SourceFile(path=file["path"], size=file["size"], sha256=file["sha256"], text=text))
    return files


def _installed(bundle: SourceBundle, path: str) -> bytes:
    file: Path | None = installed_file(bundle=bundle, path=path)
    return file.read_bytes() if file and file.is_file() else b""


def _text(content: bytes, sha256: str) -> str | None:
    if hashlib.sha256(content).hexdigest() != sha256 or b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
