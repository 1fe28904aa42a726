"""`foureyes workers`: the processes that execute runs."""

from typing import Annotated

import typer

from foureyes.cli.client import Row
from foureyes.cli.lookup import find_named
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured
from foureyes.cli.times import when

WORKERS = "/api/workers/"

app = typer.Typer(no_args_is_help=True, help="List workers, let them finish and take no new runs, and let them go on.")
NAMES = Annotated[
    list[str] | None, typer.Argument(metavar="WORKER", help="Names or ids of workers; default: all of them.")
]


@app.command("list")
@remote
def list_workers(here: Here) -> None:
    """List the processes that were heard of within a day: workers, scheduler and notifier."""
    rows = list(here.client.rows(WORKERS))
    if here.screen.as_json:
        here.screen.json(rows)
        return
    _table(here, rows)


@app.command("drain")
@remote
def drain_workers(here: Here, workers: NAMES = None) -> None:
    """Let workers finish what they run and take nothing new, before maintenance say.

    \b
    foureyes workers drain
    """
    _ask(here, "drain", workers or [])


@app.command("resume")
@remote
def resume_workers(here: Here, workers: NAMES = None) -> None:
    """Let drained workers take runs again."""
    _ask(here, "resume", workers or [])


def _ask(here: Here, verb: str, names: list[str]) -> None:
    ids = [find_named(here.client, WORKERS, name, what="worker")["id"] for name in names]
    answer = here.client.post(f"{WORKERS}{verb}/", {"ids": ids} if ids else {})
    if here.screen.as_json:
        here.screen.json(answer)
    else:
        _table(here, list(here.client.rows(WORKERS)))


def _table(here: Here, rows: list[Row]) -> None:
    titles = ["Name", "Kind", "State", "Busy", "Queues", "Started", "Last heard of"]
    cells = [
        [
            row["name"],
            row["kind"],
            coloured(row["state"] if row["alive"] else "stopped"),
            f"{row['busy']} of {row['slots']}" if row["kind"] == "worker" else "",
            row["queues"],
            when(row["started_at"]),
            when(row["heartbeat_at"]),
        ]
        for row in rows
    ]
    here.screen.table(titles, cells, empty="No worker has been heard of. Start one with `foureyes worker`.")
