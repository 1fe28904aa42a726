"""Lists as CSV, row by row."""

from typing import Any


class Echo:
    """A file that gives back what is written to it, for the csv module."""

    def write(self, text: str) -> str:
        """The text."""
        return text


def harmless(cell: Any) -> Any:
    """Spreadsheets take a text that begins so for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
