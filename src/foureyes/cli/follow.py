"""Shows a run live until it ends: log, progress, changes and the outcome. A lost connection is taken up again where it
broke, so that no line is lost or shown twice.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.event_stream import StreamEvent, events_of
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import RUNS
from foureyes.cli.remote import Here
from foureyes.cli.views import view_for

SILENCE_SECONDS = 45  # the server sends a comment every 15
GIVE_UP_SECONDS = 60
LONGEST_PAUSE_SECONDS = 5


def follow(here: Here, run_id: str) -> None:
    """Show the run until it ends. Ends with exit code 1 unless the run completed, and 130 when interrupted."""
    try:
        with view_for(here.screen) as view:
            final = None
            for event in events(here, run_id):
                document = json.loads(event.data)
                view.show(event.name, document)
                final = document if event.name == "end" else final
    except KeyboardInterrupt:
        here.screen.say("\nThe run goes on.")
        leave(here, run_id)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if not final or final["status"] != "completed":
        raise typer.Exit(ExitCode.RUN_FAILED)


def leave(here: Here, run_id: str) -> None:
    """Say how to go on with a run that goes on by itself."""
    here.screen.say(f"Follow it:  foureyes results logs {run_id} --follow")
    here.screen.say(f"Cancel it:  foureyes results cancel {run_id}")


def events(here: Here, run_id: str) -> Iterator[StreamEvent]:
    """The run's events up to its end, each once, over as many connections as it takes."""
    path = f"{RUNS}{run_id}/events/"
    seen = _Seen()
    heard_at = time.monotonic()
    pause = 0.2
    while True:
        try:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": seen.last} if seen.last else {})
            with here.client.stream(path, headers, read_seconds=SILENCE_SECONDS, live=True) as pieces:
                heard_at, pause = time.monotonic(), 0.2
                for event in events_of(pieces):
                    heard_at = time.monotonic()
                    if seen.is_new(event):
                        yield event
                    if event.name == "end":
                        return
        except ConnectionError:
            pass  # taken up again below
        except Failure as failure:
            if failure.exit_code != ExitCode.UNREACHABLE or time.monotonic() - heard_at > GIVE_UP_SECONDS:
                raise
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


class _Seen:
    """What was shown already: a resumed stream may begin with the last line, and repeats changes and states."""

    def __init__(self) -> None:
        self.last: str | None = None
        self._sequence = -1
        self._others: dict[str, Any] = {}
        self._changes = -1

    def is_new(self, event: StreamEvent) -> bool:
        """Has this not been shown? Remembers it as shown."""
        self.last = event.id or self.last
        document: Row = json.loads(event.data)
        if event.name == "log":
            new = bool(document["sequence"] > self._sequence)
            self._sequence = max(self._sequence, document["sequence"])
        elif event.name == "change" and "sequence" in document:
            new = bool(document["sequence"] > self._changes)
            self._changes = max(self._changes, document["sequence"])
        else:
            new = self._others.get(event.name) != document
            self._others[event.name] = document
        return new
