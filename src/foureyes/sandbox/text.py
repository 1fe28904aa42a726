"""Turns whatever author code hands over into text and JSON that both databases can store."""

import datetime
import enum
import math
from collections.abc import Mapping, Set
from typing import Any

MAX_DEPTH = 64  # deeper structures are shown as text; also what ends a structure that contains itself
MAX_INT_BITS = 8192  # Python refuses to print integers of more than 4,300 digits


def storable(text: str) -> str:
    """The text with NUL and lone surrogates spelled out: PostgreSQL stores neither."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def shown(value: object) -> str:
    """`str(value)`; of objects whose `__str__` fails their `repr`, else the name of their class."""
    for show in (str, repr):
        try:
            return storable(show(value))
        except Exception:  # noqa: S112 - author's code; the next way of showing it is the answer
            continue
    return f"<{type(value).__name__} that cannot be shown>"


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of the text as UTF-8, with a note that says how many are missing."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    kept = encoded[: limit - 60].decode(errors="ignore")
    return f"{kept}… ({len(encoded) - len(kept.encode()):,} bytes left out)"


def jsonable(value: object, depth: int = 0) -> Any:
    """The nearest JSON value: mappings and collections by element, instants as ISO 8601, anything else as text.

    NaN and infinities become text, because JSON has no word for them.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return storable(str.__str__(value))
    if isinstance(value, int):
        return int(value) if value.bit_length() <= MAX_INT_BITS else f"(integer of {value.bit_length()} bits)"
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity"}.get(str(value), "-Infinity")
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {shown(key): jsonable(item, depth + 1) for key, item in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple | Set):
        return [jsonable(item, depth + 1) for item in value]
    return _text_of(value)


def _text_of(value: object) -> Any:
    if isinstance(value, enum.Enum):
        return jsonable(value.value, MAX_DEPTH)
    if isinstance(value, bytes | bytearray):
        return storable(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return shown(value)
