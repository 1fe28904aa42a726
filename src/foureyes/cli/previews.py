"""What a schedule will do, shown before it is stored."""

from datetime import datetime
from typing import Any

from foureyes.cli.client import Row
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


def _cells(shown: Row) -> list[Any]:
    local = datetime.fromisoformat(shown["local"])
    utc = datetime.fromisoformat(shown["utc"])
    return [f"{local:%a}", stamp(local), f"{utc:%Y-%m-%d %H:%M:%S}"]
