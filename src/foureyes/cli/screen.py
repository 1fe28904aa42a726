"""What a command shows: JSON for programs, tables and colours on a terminal, plain aligned text in a pipe.

Text from the server may come from jobs and is never trusted: control characters are shown, not sent to the terminal,
and so are those that turn the order of letters round.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from foureyes.unseen import JOINERS, spelled

STYLES = {
    "completed": "green",
    "active": "green",
    "fired": "green",
    "success": "green",
    "ok": "green",
    "yes": "green",
    "running": "cyan",
    "info": "cyan",
    "pending": "dim",
    "draining": "yellow",
    "paused": "yellow",
    "skipped": "yellow",
    "high": "red",
    "medium": "yellow",
    "missed": "red",
    "refused": "red",
    "warning": "yellow",
    "failed": "red",
    "errored": "red",
    "failure": "red",
    "error": "bold red",
    "stopped": "dim",
}


class Screen:
    """Standard output, in the form that its reader takes."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="replace")  # a letter that the terminal lacks is no reason to fail

    @cached_property
    def console(self) -> Console:
        """The terminal. Rich honours NO_COLOR."""
        return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Does a person watch, rather than a program?"""
        return not self.as_json and self.console.is_terminal

    def json(self, value: Any) -> None:
        """A document for programs."""
        print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)

    def json_line(self, value: Any) -> None:
        """One document of a stream of documents, on one line."""
        print(json.dumps(value, ensure_ascii=False), flush=True)

    def say(self, text: str | Text = "") -> None:
        """A line for people; nothing where programs read."""
        if not self.as_json:
            self.print(text)

    def print(self, text: str | Text) -> None:
        """A line, coloured on a terminal alone."""
        if self.console.is_terminal:
            self.console.print(text)
        else:
            print(str(text), flush=True)

    def answer(self, value: Any, sentence: str) -> None:
        """What was done: to programs what the server answered, to people a sentence."""
        if self.as_json:
            self.json(value)
        self.say(sentence)

    def rows(
        self,
        rows: Sequence[dict[str, Any]],
        titles: Sequence[str],
        cells: Callable[[dict[str, Any]], Sequence[Any]],
        *,
        empty: str = "Nothing found.",
    ) -> None:
        """A list: to programs the rows as they are, to people a table of their cells."""
        if self.as_json:
            self.json(rows)
        else:
            self.table(titles, map(cells, rows), empty=empty)

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "Nothing found.") -> None:
        """Rows under their titles."""
        cells = [[cell_of(value) for value in row] for row in rows]
        if not cells:
            print(empty, file=sys.stderr)
        elif self.console.is_terminal:
            self._rich_table(titles, cells)
        else:
            for line in aligned([[Text(title.upper()) for title in titles], *cells]):
                print(line)

    def record(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """One thing: its named values, those that are empty left out."""
        filled = [(name, cell_of(value)) for name, value in pairs if value not in (None, "", [], {})]
        width = max((len(name) for name, _ in filled), default=0)
        for name, value in filled:
            lines = value.split("\n", allow_blank=True)
            self.print(Text.assemble((f"{name:<{width}}  ", "dim"), lines[0]))
            for line in lines[1:]:
                self.print(Text(" " * (width + 2)) + line)

    def _rich_table(self, titles: Sequence[str], cells: list[list[Text]]) -> None:
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for position, title in enumerate(titles):
            table.add_column(title, overflow="fold", no_wrap=position == 0)  # names and ids stay whole, to be copied
        for row in cells:
            table.add_row(*row)
        self.console.print(table, soft_wrap=False)


def aligned(rows: list[list[Text]]) -> list[str]:
    """Columns with two blanks between them, each as wide as its longest cell, no blanks at the end of a line."""
    texts = [[cell.plain.replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def cell_of(value: Any) -> Text:
    """A value as a person reads it."""
    if isinstance(value, Text):
        return value
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return Text(safe(str(value)))


def safe(text: str) -> str:
    """The text with characters spelled out that a terminal obeys or that nobody would see, but for tabs and line ends.

    Those that join letters of some scripts stay: without them such words could not be read.
    """
    return spelled(text.replace("\r\n", "\n"), but=JOINERS)


def coloured(word: str) -> Text:
    """A state or level in the colour it has everywhere."""
    return Text(safe(word), STYLES.get(word, ""))


def size(count: int) -> str:
    """A number of bytes: `812 B`, `1.4 MB`."""
    number = float(count)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
