"""Server-sent events: the lines of a stream put together to events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One event of a stream: its name, its text, and the id to resume after, if it has one."""

    name: str
    data: str
    id: str | None = None


def events_of(pieces: Iterable[bytes]) -> Iterator[StreamEvent]:
    """The complete events in a stream of bytes; one that the end cuts off is dropped, and comments are skipped."""
    fields: dict[str, list[str]] = {}
    for line in _lines(pieces):
        if line:
            name, _, value = line.partition(":")
            if name:
                fields.setdefault(name, []).append(value.removeprefix(" "))
            continue
        if "data" in fields:
            yield StreamEvent(
                name=fields.get("event", ["message"])[-1],
                data="\n".join(fields["data"]),
                id=fields["id"][-1] if "id" in fields else None,
            )
        fields = {}


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Whole lines only: a letter or a line end may be split between two pieces."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
