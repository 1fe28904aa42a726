"""Which server a command talks to and as whom: options, environment, the person's own file, the local server.

A stored token is only ever sent to the server that it was stored for.
"""

import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foureyes.cli.exits import ExitCode, Failure
from foureyes.conf import default_data_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server's address and the token for it, each with the place it was read from, for error messages."""

    url: str
    url_from: str
    token: str = ""
    token_from: str = ""

    @property
    def is_loopback(self) -> bool:
        """On this machine, where no proxy has any business."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


def find_place(*, url: str | None = None, token: str | None = None) -> Place:
    """The first of option, environment, stored sign-in and local server that names a server, and its token."""
    address, url_from = _address(url)
    key, token_from = _token(token, address)
    return Place(url=address, url_from=url_from, token=key, token_from=token_from)


def _address(option: str | None) -> tuple[str, str]:
    candidates = (
        (option, "--url"),
        (os.environ.get("FOUREYES_URL"), "FOUREYES_URL"),
        (stored().get("url"), str(config_file())),
        (_local_url(), str(_server_file())),
    )
    for address, source in candidates:
        if address:
            return checked_url(address), source
    raise Failure(
        "No server is named, and no local server is running.",
        ExitCode.UNREACHABLE,
        hint="Start one with `foureyes up`, or name one with --url, FOUREYES_URL or `foureyes login --url URL`."
        " A server with its data elsewhere is found through FOUREYES_DATA_DIR.",
    )


def _token(option: str | None, address: str) -> tuple[str, str]:
    kept = stored()
    candidates = (
        (option, "--token"),
        (os.environ.get("FOUREYES_TOKEN"), "FOUREYES_TOKEN"),
        (kept.get("token") if kept.get("url") == address else None, str(config_file())),
        (_demo_token() if address == _local_url() else None, str(_demo_file())),
    )
    return next(((key.strip(), source) for key, source in candidates if key), ("", ""))


def checked_url(address: str) -> str:
    """The address without a trailing slash. Refuses what is no http or https address."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Failure(f"`{address}` is not the address of a server, such as http://127.0.0.1:8000.", ExitCode.USAGE)
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def config_file() -> Path:
    """Where `foureyes login` keeps address and token: the person's own configuration folder (XDG)."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "foureyes" / "cli.json"


def stored() -> dict[str, str]:
    """What `foureyes login` has kept; empty without a sign-in."""
    return {key: value for key, value in _read(config_file()).items() if isinstance(value, str)}


def store(*, url: str, token: str) -> Path:
    """Keep address and token so that nobody else on this machine can read them."""
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({"url": url, "token": token}, out, indent=2)
    draft.replace(file)
    return file


def forget() -> bool:
    """Remove what `store` kept; tells whether there was anything."""
    file = config_file()
    there = file.exists()
    file.unlink(missing_ok=True)
    return there


def _server_file() -> Path:
    return default_data_dir() / "run" / "server.json"


def _demo_file() -> Path:
    return default_data_dir() / "demo-credentials.json"


def _local_url() -> str | None:
    url = _read(_server_file()).get("url")
    return url.rstrip("/") if isinstance(url, str) else None


def _demo_token() -> str | None:
    """The administrator's token of a demo installation: of `admin`, else of the first account named."""
    users = _read(_demo_file()).get("users")
    if not isinstance(users, dict) or not users:
        return None
    account = users.get("admin") or next(iter(users.values()))
    return account.get("token") if isinstance(account, dict) else None


def _read(file: Path) -> dict[str, Any]:
    """A JSON object from a file; an absent or unreadable file is an empty one."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
