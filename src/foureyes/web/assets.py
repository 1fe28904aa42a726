"""Static files: named by their content, so that browsers keep them for a year, and sent compressed.

They come straight from the installed packages. Names, contents and their compressed forms are made when first needed
and kept in memory: nothing is collected, no folder has to be writable, and starting costs nothing.
"""

import gzip
import hashlib
import mimetypes
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import join, normpath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotModified
from django.utils.http import parse_etags

try:
    import brotli
except ImportError:  # not built for every machine; gzip is for every browser
    brotli = None

YEAR = 365 * 86_400
HOUR = 3_600
# Asked for by name without a digest, and looked at in the disguise of a name: nothing else reaches the file system.
NAME = re.compile(r"[A-Za-z0-9_@-][A-Za-z0-9_@.-]*(?:/[A-Za-z0-9_@-][A-Za-z0-9_@.-]*)*")
HASHED = re.compile(r"(?P<stem>.+)\.(?P<digest>[0-9a-f]{12})(?P<ending>\.[A-Za-z0-9]+)")
URL = re.compile(r"""url\((?P<quote>["']?)(?P<target>[^"')]+)(?P=quote)\)""")
# The table of the machine is not asked for these: it may lack them.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
    ".map": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = {".woff2", ".png"}
# Brotli's best takes seconds for a megabyte; the second best of these is as small within a few percent.
BEST_UP_TO = 200_000
# Redoc's bundle shows a picture from its maker's server; no page of ours loads anything from elsewhere.
ELSEWHERE = re.compile(rb"https://cdn\.redoc\.ly/[a-z0-9/._-]+\.svg")


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One file as it is sent."""

    name: str
    content: bytes
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:12]

    @cached_property
    def url_name(self) -> str:
        path = PurePosixPath(self.name)
        return str(path.with_name(f"{path.stem}.{self.digest}{path.suffix}"))

    @property
    def media_type(self) -> str:
        return TYPES.get(_ending(self.name)) or mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def _brotli(self) -> bytes:
        quality = 11 if len(self.content) <= BEST_UP_TO else 9
        return bytes(brotli.compress(self.content, quality=quality))

    @cached_property
    def _gzip(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)

    def packed(self, accepted: str) -> tuple[bytes, str]:
        """The smallest form that a client takes, and its encoding; the plain one if none."""
        if _ending(self.name) in PACKED:
            return self.content, ""
        with self._making:  # several threads at the start would all do the same work
            if brotli and _takes(accepted, "br"):
                return self._brotli, "br"
            if _takes(accepted, "gzip"):
                return self._gzip, "gzip"
        return self.content, ""


_kept: dict[str, Asset] = {}


def find(name: str) -> Asset | None:
    """The file of that name in one of the packages, if there is one."""
    if name in _kept:
        return _kept[name]
    asset = _read(name)
    if asset and not settings.DEBUG:  # what does not exist is not kept: anybody can ask for any number of it
        _kept[name] = asset
    return asset


def _read(name: str) -> Asset | None:
    try:
        found = finders.find(name) if NAME.fullmatch(name) else None
    except SuspiciousFileOperation:
        return None
    if not isinstance(found, str) or not Path(found).is_file():
        return None
    content = Path(found).read_bytes()
    if _ending(name) == ".css":
        content = URL.sub(lambda match: _pointed(match, name), content.decode()).encode()
    return Asset(name=name, content=ELSEWHERE.sub(b"data:,", content))


def _pointed(match: re.Match[str], style: str) -> str:
    target = match["target"]
    if re.match(r"[a-z]+:|/|#", target):
        return match[0]
    path, mark, rest = target.partition("#")
    asset = find(normpath(join(str(PurePosixPath(style).parent), path)))
    return f'url("{settings.STATIC_URL}{asset.url_name}{mark}{rest}")' if asset else match[0]


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix


def _takes(accepted: str, encoding: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == encoding:
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


class HashedNames(StaticFilesStorage):
    """What `{% static %}` asks for addresses."""

    def url(self, name: str | None) -> str:
        """The address with the digest; of a file that does not exist, the plain one."""
        asset = find(name) if name else None
        return f"{settings.STATIC_URL}{asset.url_name if asset else name}"


class Assets:
    """Middleware that answers everything below the address of static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _answer(request, request.path_info.removeprefix(settings.STATIC_URL))


def _answer(request: HttpRequest, wanted: str) -> HttpResponse:
    match = HASHED.fullmatch(wanted)
    asset = (match and find(match["stem"] + match["ending"])) or find(wanted)
    if asset is None:
        return HttpResponse("Not found.\n", status=404, content_type="text/plain; charset=utf-8")
    content, encoding = asset.packed(request.headers.get("Accept-Encoding", ""))
    etag = f'"{asset.digest}{encoding}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(b"" if request.method == "HEAD" else content, content_type=asset.media_type)
        answer["Content-Length"] = str(len(content))
        if encoding:
            answer["Content-Encoding"] = encoding
    answer["ETag"] = etag
    answer["Vary"] = "Accept-Encoding"
    answer["Cache-Control"] = _keeping(match["digest"] if match else "", asset)
    return answer


def _keeping(digest: str, asset: Asset) -> str:
    if digest == asset.digest:
        return f"public, max-age={YEAR}, immutable"
    # The page is older or newer than this process, as during an upgrade: it gets what there is, for this time only.
    return "no-cache" if digest else f"public, max-age={HOUR}"
