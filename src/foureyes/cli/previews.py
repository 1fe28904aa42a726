"""What a schedule will do, shown before it is stored, and the question whether to go on."""

import sys
from datetime import datetime
from typing import Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.remote import Here
from foureyes.cli.screen import safe
from foureyes.cli.times import stamp

PREVIEW = "/api/schedules/preview/"


def show_preview(here: Here, preview: Row) -> None:
    """The sentence, the next instants on the clock of the zone and in UTC, and the notes."""
    here.screen.print(f"{safe(preview['sentence'])}.")
    if preview["instants"]:
        here.screen.print("")
        here.screen.table(["Day", "Local time", "UTC"], [_cells(shown) for shown in preview["instants"]])
    for note in preview["notes"]:
        here.screen.print(f"\nNote: {safe(note['text'])}")


def ask(here: Here, question: str, *, sure: bool) -> None:
    """Ask a person who watches, unless `--yes` was given; programs are never asked."""
    if sure or not (sys.stdin.isatty() and here.screen.is_terminal):
        return
    here.screen.print("")
    if not typer.confirm(question, err=True):
        raise Failure("Nothing was stored.", ExitCode.USAGE)


def _cells(shown: Row) -> list[Any]:
    local = datetime.fromisoformat(shown["local"])
    utc = datetime.fromisoformat(shown["utc"])
    return [f"{local:%a}", stamp(local), f"{utc:%Y-%m-%d %H:%M:%S}"]
