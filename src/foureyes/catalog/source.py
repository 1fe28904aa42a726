"""The source of a bundle, for people to read."""

import hashlib
import io
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foureyes.catalog.bundles import unpack
from foureyes.catalog.distributions import installed_file
from foureyes.models import SourceBundle
from foureyes.unseen import Unseen, find_unseen

KNOWN_AT_MOST = 1000  # sources whose peculiarities are remembered
LARGEST_TEXTS = 5 * 2**20  # of all files of one answer together


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file. `text` is None if it is no text, is too large, or is no longer what the bundle says.

    Of code it is what Python reads there: a file may say that its letters mean others (`# coding: utf-7`).
    """

    path: str
    size: int
    sha256: str
    text: str | None


def read_source(*, bundle: SourceBundle) -> list[SourceFile]:
    """All files of the bundle by path, with the texts of as many as fit an answer: those of code first."""
    contents = unpack(bundle) if bundle.kind == SourceBundle.Kind.FOLDER else None
    room = LARGEST_TEXTS
    texts: dict[str, str | None] = {}
    for file in sorted(bundle.files, key=lambda file: not is_code(file["path"])):
        path, text = file["path"], None
        if file["size"] <= room:
            content = contents[path] if contents is not None else _installed(bundle, path)
            text = _text(path, content, file["sha256"])
            room -= file["size"] if text is not None else 0
        texts[path] = text
    return [
        SourceFile(path=file["path"], size=file["size"], sha256=file["sha256"], text=texts[file["path"]])
        for file in bundle.files
    ]


def is_code(path: str) -> bool:
    """Does Python read this file as source?"""
    return path.endswith(".py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peculiarities:
    """What is odd about a source: characters that nobody sees, by file, and files that cannot be shown as text."""

    unseen: tuple[tuple[str, Unseen], ...] = ()
    unreadable: tuple[str, ...] = ()


_known: dict[str, Peculiarities] = {}


def are_known(digest: str) -> bool:
    """Whether the peculiarities of this source have been looked for."""
    return digest in _known


def peculiarities(*, digest: str, read: Callable[[], SourceBundle]) -> Peculiarities:
    """Those of the source with this digest, which are always the same and therefore read and looked for once."""
    if digest not in _known:
        bundle = read()
        files = read_source(bundle=bundle)
        found = Peculiarities(
            unseen=tuple((file.path, one) for file in files for one in find_unseen(file.text or "")),
            unreadable=tuple(file.path for file in files if file.text is None),
        )
        if found.unreadable and bundle.kind == SourceBundle.Kind.DISTRIBUTION:  # a file may be put back in its place
            return found
        if len(_known) >= KNOWN_AT_MOST:
            _known.clear()
        _known[digest] = found
    return _known[digest]


def _installed(bundle: SourceBundle, path: str) -> bytes:
    file: Path | None = installed_file(bundle=bundle, path=path)
    return file.read_bytes() if file and file.is_file() else b""


def _text(path: str, content: bytes, sha256: str) -> str | None:
    if hashlib.sha256(content).hexdigest() != sha256 or b"\0" in content:
        return None
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0] if is_code(path) else "utf-8-sig"
        return content.decode(encoding)
    except (SyntaxError, LookupError, ValueError):  # no such encoding, or not in it: Python does not read it either
        return None
