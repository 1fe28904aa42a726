"""How bodies are read: JSON and forms, refused with a 400 where they hold what no database or answer could keep.

Those are null characters, halves of surrogate pairs, numbers that are none, the same key twice, and endless nesting.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, MultiPartParser

MAX_DEPTH = 100  # far from where Python's own recursion ends, in reading, checking, storing and showing
NULL = "A text has a null character, which cannot be stored."
HALF = "A text has half of a surrogate pair, which is no character."
DEEP = f"The JSON is nested more than {MAX_DEPTH} levels deep."
NO_UTF8 = "The request is not encoded in UTF-8."


class WireJSONParser(JSONParser):
    """JSON as RFC 8259 has it, and no more: every reader would understand it alike."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The document."""
        try:
            text = stream.read().decode("utf-8")
            document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number)
        except UnicodeDecodeError:
            raise ParseError(NO_UTF8) from None
        except RecursionError:
            raise ParseError(DEEP) from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        if fault := _fault(document):
            raise ParseError(fault)
        return document


class WireMultiPartParser(MultiPartParser):
    """A form; its names and values are texts like any other."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The fields and files."""
        found: Any = super().parse(stream, media_type, parser_context)
        texts = [(name, value) for name, values in found.data.lists() for value in values]
        names = [(name, upload.name or "") for name, upload in found.files.items()]
        if fault := _fault(texts + names):
            raise ParseError(fault)
        return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # the first or the last? What was approved must not be read in two ways
        twice = next(key for index, (key, _) in enumerate(pairs) if any(key == other for other, _ in pairs[:index]))
        raise ValueError(f"the key {twice[:100]!r} occurs twice in one object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:100]} is too large a number")
    return number


def _fault(document: Any) -> str | None:
    """What is wrong with any part of it. Level by level, not by recursion."""
    level, depth = [document], 0
    while level:
        if depth > MAX_DEPTH:
            return DEEP
        for part in level:
            if isinstance(part, str) and (fault := _fault_of_text(part)):
                return fault
        level = [inner for part in level for inner in _inner(part)]
        depth += 1
    return None


def _inner(part: Any) -> list[Any]:
    if isinstance(part, Mapping):
        return [*part.keys(), *part.values()]
    return list(part) if isinstance(part, list | tuple) else []


def _fault_of_text(text: str) -> str | None:
    if text.isascii():
        return NULL if "\x00" in text else None
    if "\x00" in text:
        return NULL
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF
    return None
