"""Turns what a job prints into lines."""

from foureyes.sandbox.protocol import MAX_MESSAGE_BYTES
from foureyes.sandbox.text import storable


class Printed:
    """Takes bytes as they arrive and gives the lines that are complete; endless ones in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete with these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > MAX_MESSAGE_BYTES:
            lines.append(self._rest[:MAX_MESSAGE_BYTES])
            self._rest = self._rest[MAX_MESSAGE_BYTES:]
        return [text for line in lines if (text := _text(line))]

    def close(self) -> list[str]:
        """What was printed last, without a line's end."""
        rest, self._rest = self._rest, b""
        return [text] if (text := _text(rest)) else []


def _text(line: bytes) -> str:
    shown = line.rstrip(b"\r").rsplit(b"\r", 1)[-1]  # of a line that was overwritten, what was seen last
    return storable(shown.decode("utf-8", "backslashreplace"))[:MAX_MESSAGE_BYTES].rstrip()
