"""From what a person types to the schedule that is meant: by id, by the start of an id, or by name.

A name may have been used again: among several, the one that is not over is meant.
"""

from typing import Annotated

import typer

from foureyes.cli.client import Client, Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import SHORTEST_PART, demand_said, is_uuid
from foureyes.cli.screen import safe

SCHEDULES = "/api/schedules/"
SCHEDULE = Annotated[
    str, typer.Argument(metavar="SCHEDULE", help="Name or id of the schedule, or the start of one.", show_default=False)
]
RECENT = 1000  # how far back the start of an id is looked for
MOST_SHOWN = 20
GOING = frozenset({"pending", "active", "paused", "errored"})


def find_schedule(client: Client, text: str) -> Row:
    """The schedule that `text` names."""
    demand_said(text, "schedule")
    if is_uuid(text):
        return _by_id(client, text)
    named = list(client.rows(SCHEDULES, most=MOST_SHOWN + 1, name__ie=text))
    fitting = named or _by_start(client, text) or list(client.rows(SCHEDULES, most=MOST_SHOWN + 1, name__isw=text))
    going = [row for row in fitting if row["state"] in GOING]
    if len(fitting) == 1 or len(going) == 1:
        return (going or fitting)[0]
    if fitting:
        raise _ambiguous(text, fitting)
    raise _unknown(text)


def schedule_id(client: Client, text: str) -> str:
    """Its id. A whole id is taken as it is: a deleted schedule has one, too, and a ledger."""
    return text.lower() if is_uuid(text) else str(find_schedule(client, text)["id"])


def _by_id(client: Client, text: str) -> Row:
    try:
        return dict(client.get(f"{SCHEDULES}{text}/"))
    except Failure as failure:
        if failure.exit_code == ExitCode.NOT_FOUND:
            raise _unknown(text) from None
        raise


def _by_start(client: Client, text: str) -> list[Row]:
    part = text.lower()
    if len(part) < SHORTEST_PART or not set(part) <= set("0123456789abcdef-"):
        return []
    return [row for row in client.rows(SCHEDULES, most=RECENT) if row["id"].startswith(part)]


def _ambiguous(text: str, rows: list[Row]) -> Failure:
    lines = [f"  {row['id']}  {safe(row['name'])}  {row['state']}" for row in rows[:MOST_SHOWN]]
    more = ["  and more"] if len(rows) > MOST_SHOWN else []
    return Failure("\n".join([f"`{text}` may mean more than one schedule:", *lines, *more]), ExitCode.USAGE)


def _unknown(text: str) -> Failure:
    return Failure(
        f"There is no schedule `{text}` that you may see.",
        ExitCode.NOT_FOUND,
        hint="List schedules with `foureyes schedules list`.",
    )
