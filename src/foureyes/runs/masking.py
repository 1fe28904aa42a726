"""Takes secrets out of everything that a run leaves behind: log, output, data, tracebacks, progress and changes.

Two sources of secrets: the values of sensitive inputs, in the forms in which programs write them, and what looks like a
secret whoever wrote it (`scheme://user:password@host`, `password=...`).
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"
SHORTEST_SENSITIVE = 3  # a shorter value would mask half of the log, and is no secret
SHORTEST_OF_SENSITIVE_JOB = 4  # where every input counts as sensitive
SHORTEST_INSIDE_BASE64 = 6

URL_USER = re.compile(r"(?<=://)[^\s/@:]*(?::[^\s/@]*)?@")
ASSIGNED = re.compile(
    r"""(?ix) \b ( (?:\w*_)? (?:password|passwd|pwd|passphrase|secret|token|api_?key) ) ( ["']? \s* [=:] \s* ["']? )
        (?! ["'\s] ) [^\s"',;&)}\]]+"""
)


class Masker:
    """Masks texts and JSON values; the default one knows no values and masks only what looks like a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)  # the longest first: it may contain the others
        self._values = re.compile("|".join(map(re.escape, self._forms)))

    def text(self, text: str) -> str:
        """The text without secrets."""
        # Cheap questions first: a million lines pass through here, and hardly one holds a secret.
        if any(form in text for form in self._forms):
            text = self._values.sub(MASK, text)
        if "@" in text:
            text = URL_USER.sub(f"{MASK}@", text)
        if "=" in text or ":" in text:
            text = ASSIGNED.sub(rf"\1\2{MASK}", text)
        return text

    def json(self, value: Any) -> Any:
        """The same for every text inside a JSON value, names of keys included."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self._named(str(key), item) for key, item in value.items()}
            case list() | tuple():
                return [self.json(item) for item in value]
            case bool() | None:
                return value
            case int() | float() if str(value) in self._forms:
                return MASK
        return value

    def _named(self, key: str, item: Any) -> Any:
        if isinstance(item, str) and ASSIGNED.fullmatch(f"{key}=x"):
            return MASK if item else item
        return self.json(item)


def masker_for(*, variables: Sequence[Mapping[str, Any]], values: Mapping[str, Any], all_sensitive: bool) -> Masker:
    """The masker of one run: the values of variables declared sensitive, or of all of them."""
    declared = {spec["name"] for spec in variables if spec.get("sensitive")}
    secrets: list[str] = []
    for name, value in values.items():
        if name in declared:
            secrets += (text for text in _leaves(value, numbers=True) if len(text) >= SHORTEST_SENSITIVE)
        elif all_sensitive:
            secrets += (text for text in _leaves(value, numbers=False) if len(text) >= SHORTEST_OF_SENSITIVE_JOB)
    return Masker(secrets)


def _leaves(value: Any, *, numbers: bool) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _leaves(item, numbers=numbers)
        case list() | tuple():
            for item in value:
                yield from _leaves(item, numbers=numbers)
        case bool() | None:
            return
        case int() | float() if numbers:
            yield str(value)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield from (line for line in secret.splitlines() if len(line) >= SHORTEST_OF_SENSITIVE_JOB)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from _base64_forms(secret.encode("utf-8", "replace"))


def _base64_forms(secret: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret).decode()
        yield encode(secret).decode().rstrip("=")
        if len(secret) >= SHORTEST_INSIDE_BASE64:
            yield from _inside_base64(secret, encode)


def _inside_base64(secret: bytes, encode: Any) -> Iterator[str]:
    # Inside a longer text, as in `Authorization: Basic`, the secret starts at one of three positions of a group of
    # bytes; the characters at its edges mix with its neighbours and stay.
    for lead in range(3):
        text = encode(b"\0" * lead + secret).decode().rstrip("=")
        first = -(-lead * 8 // 6)
        last = (lead + len(secret)) * 8 // 6
        yield text[first:last]
