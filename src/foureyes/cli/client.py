"""HTTP to a server, by address and token. Every failure becomes a `Failure`; nothing of `requests` leaves this module.

Redirects are not followed: they would turn a POST into a GET, or carry the token elsewhere.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from foureyes.cli.answers import failure_of
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.places import Place

ACCEPT = "application/json; version=1.6"
CONNECT_SECONDS = 5
READ_SECONDS = 60
PIECE_BYTES = 2**18

Row = dict[str, Any]


class Client:
    """The server at one place. Paths begin with a slash and are relative to the server's address."""

    def __init__(
        self, place: Place, *, read_seconds: float = READ_SECONDS, basic: tuple[str, str] | None = None
    ) -> None:
        self.place = place
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._session = requests.Session()
        self._session.trust_env = not place.is_loopback  # no proxy between us and our own machine
        self._session.auth = requests.auth.HTTPBasicAuth(*basic) if basic else _Authorization(place.token)
        self._session.headers["Accept"] = ACCEPT

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path. Query values of None are left out."""
        return self._json(self._send("GET", path, params=query))

    def post(self, path: str, body: Any = None, *, labels: Mapping[str, str] | None = None) -> Any:
        """Send JSON; `labels` says how fields that are refused are called on the command line."""
        return self._json(self._send("POST", path, json={} if body is None else body, labels=labels))

    def post_form(self, path: str, fields: Any, files: Any, *, labels: Mapping[str, str] | None = None) -> Any:
        """Send fields and files as a form."""
        return self._json(self._send("POST", path, data=fields, files=files, labels=labels))

    def patch(self, path: str, body: Any, *, labels: Mapping[str, str] | None = None) -> Any:
        """Change fields of a thing."""
        return self._json(self._send("PATCH", path, json=body, labels=labels))

    def delete(self, path: str) -> None:
        """Delete a thing."""
        self._send("DELETE", path)

    def rows(self, path: str, *, most: int | None = None, **query: Any) -> Iterator[Row]:
        """The rows of a list over all its pages, or the first `most` of them."""
        query.setdefault("limit", min(most or 1000, 1000))
        page = self.get(path, **query)
        left = most
        while True:
            rows = page if isinstance(page, list) else page["results"]
            yield from rows[:left]
            left = None if left is None else left - len(rows)
            following = None if isinstance(page, list) else page.get("next")
            if not following or (left is not None and left <= 0):
                return
            page = self._json(self._send("GET", self._own_path(following)))

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], *, read_seconds: float = READ_SECONDS, live: bool = False
    ) -> Iterator[Iterator[bytes]]:
        """The body in pieces; of a live one, as they arrive. A lost connection and silence are a `ConnectionError`."""
        timeout = (CONNECT_SECONDS, read_seconds)
        with self._send("GET", path, headers=headers, stream=True, timeout=timeout) as response:
            yield _pieces(response, None if live else PIECE_BYTES)

    def _own_path(self, url: str) -> str:
        """The path of a page's link, without the host: behind a proxy the server may know another name of itself."""
        parts = urlsplit(url)
        path = parts.path.removeprefix(urlsplit(self.place.url).path)
        return f"{path}?{parts.query}" if parts.query else path

    def _send(
        self, method: str, path: str, *, labels: Mapping[str, str] | None = None, **options: Any
    ) -> requests.Response:
        options.setdefault("timeout", self._timeout)
        try:
            response = self._session.request(method, self.place.url + path, allow_redirects=False, **options)
        except requests.exceptions.SSLError as error:
            raise self._unreachable("The server's certificate is not accepted", error) from error
        except requests.Timeout as error:
            raise self._unreachable("The server does not answer in time", error) from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise self._unreachable("No server answers", error) from error
        except (requests.RequestException, UnicodeError) as error:
            raise self._unreachable(f"No request can be sent ({type(error).__name__})", error) from error
        if response.status_code >= 300:
            raise failure_of(response, place=self.place, labels=labels or {})
        return response

    def _json(self, response: requests.Response) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise Failure(
                f"What answers at {self.place.url} is not a Foureyes server: it did not send JSON.",
                ExitCode.UNREACHABLE,
                hint=f"The address came from {self.place.url_from}.",
            ) from error

    def _unreachable(self, what: str, error: Exception) -> Failure:
        details = f" ({error})" if isinstance(error, requests.exceptions.SSLError) else ""
        return Failure(
            f"{what} at {self.place.url}{details}.",
            ExitCode.UNREACHABLE,
            hint=f"The address came from {self.place.url_from}."
            " Start a server with `foureyes up`, or name another one with --url or FOUREYES_URL.",
        )


def _pieces(response: requests.Response, chunk_bytes: int | None) -> Iterator[bytes]:
    try:
        yield from response.iter_content(chunk_size=chunk_bytes)
    except requests.RequestException as error:
        raise ConnectionError(str(error)) from error


class _Authorization(requests.auth.AuthBase):
    """The token's header. As `auth` and not as a header, because a `.netrc` entry would replace that."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Token {self.token}"
        return request
