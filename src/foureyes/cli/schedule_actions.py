"""What is done to schedules, one or several at once: each has its own outcome, and one refused stops no other."""

from typing import Annotated, Any

import typer

from foureyes.cli.approval_lookup import show_waiting
from foureyes.cli.asking import confirm
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.follow import follow, leave
from foureyes.cli.lookup import is_uuid
from foureyes.cli.remote import Here, remote
from foureyes.cli.schedule_lookup import SCHEDULES, find_schedule
from foureyes.cli.screen import coloured, safe
from foureyes.cli.times import when

NAMES = Annotated[
    list[str],
    typer.Argument(metavar="SCHEDULE", help="Names or ids, or their start; one or several.", show_default=False),
]
REASON = Annotated[str, typer.Option(help="Why; whoever has to approve it reads that, and a gated job needs it.")]
MOST_AT_ONCE = 1000
DONE = {
    "pause": "is paused",
    "resume": "goes on",
    "skip-next": "skips its next instant",
    "run-now": "runs now, too",
    "cancel": "is cancelled and never runs again",
    "delete": "is deleted",
    "take-over": "is yours",
}


@remote
def pause(
    here: Here,
    schedules: NAMES,
    note: Annotated[str, typer.Option(help="Why; it stands in the ledger beside each instant that passes.")] = "",
) -> None:
    """Let the instants of schedules pass, each with a line in the ledger, until they are resumed.

    \b
    foureyes schedules pause nightly --note "disk is being replaced"
    """
    _do(here, "pause", schedules, **({"note": note} if note else {}))


@remote
def resume(here: Here, schedules: NAMES) -> None:
    """Let paused schedules go on with their next instant. What has passed in the meantime never runs."""
    _do(here, "resume", schedules)


@remote
def skip_next(here: Here, schedules: NAMES) -> None:
    """Let the next instant of schedules pass; the one after it runs."""
    _do(here, "skip-next", schedules)


@remote
def run_now(
    here: Here,
    schedules: NAMES,
    reason: REASON = "",
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Show log and progress until it ends.")] = False,
) -> None:
    """Run what schedules run, at once and as yourself. Their plans stay as they are."""
    if len(schedules) > 1:
        if follow_it:
            raise Failure("--follow shows a single run: name one schedule.", ExitCode.USAGE)
        _do(here, "run-now", schedules, **said(reason))
        return
    found = find_schedule(here.client, schedules[0])
    run = here.client.post(f"{SCHEDULES}{found['id']}/run-now/", said(reason))
    if "interval" in run:  # no run: a gated job's, put before approvers
        show_waiting(here, run["id"], run)
    elif follow_it:
        here.screen.say(f"Run {run['id']}")
        follow(here, run["id"])
    elif here.screen.as_json:
        here.screen.json(run)
    else:
        here.screen.say(f"Run {run['id']} of {safe(found['name'])} waits for a worker.")
        leave(here, run["id"])


@remote
def cancel(here: Here, schedules: NAMES) -> None:
    """End schedules for good. They stay in sight with their ledger, and what runs goes on."""
    _do(here, "cancel", schedules)


@remote
def delete(
    here: Here, schedules: NAMES, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Take schedules away. Their runs and their ledger are kept."""
    found = _named(here, schedules)
    what = _called(found[0]) if len(found) == 1 else f"{len(found)} schedules"
    confirm(f"Delete {what}?", sure=yes)
    if len(found) > 1:
        _in_bulk(here, "delete", found, {})
        return
    here.client.delete(f"{SCHEDULES}{found[0]['id']}/")
    here.screen.answer({"deleted": found[0]["id"]}, f"{_called(found[0])} {DONE['delete']}.")


@remote
def take_over(here: Here, schedules: NAMES, reason: REASON = "") -> None:
    """Become the requester of schedules whose own is gone, inactive or without the right to run their job.

    \b
    foureyes schedules list --warnings
    foureyes schedules take-over nightly
    """
    _do(here, "take-over", schedules, **said(reason))


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    for command in (pause, resume, skip_next, run_now, cancel, delete, take_over):
        app.command(command.__name__.replace("_", "-"))(command)


def said(reason: str) -> Row:
    """The reason, if one was given."""
    return {"reason": reason} if reason else {}


def _do(here: Here, action: str, names: list[str], **options: Any) -> None:
    found = _named(here, names)
    if len(found) > 1:
        _in_bulk(here, action, found, options)
        return
    changed = here.client.post(f"{SCHEDULES}{found[0]['id']}/{action}/", options)
    here.screen.answer(changed, f"{_called(changed)} {DONE[action]}. {_next(changed)}".rstrip())


def _named(here: Here, names: list[str]) -> list[Row]:
    """The schedules, each once. Ids of many are taken as they are: the server says which it does not know."""
    several = len(names) > 1
    found: dict[str, Row] = {}
    for text in names:
        row = {"id": text.lower()} if several and is_uuid(text) else find_schedule(here.client, text)
        found.setdefault(row["id"], row)
    return list(found.values())


def _in_bulk(here: Here, action: str, rows: list[Row], options: Row) -> None:
    outcomes: list[Row] = []
    for place in range(0, len(rows), MOST_AT_ONCE):
        ids = [row["id"] for row in rows[place : place + MOST_AT_ONCE]]
        answer = here.client.post(f"{SCHEDULES}bulk/", {"action": action, "ids": ids, **options})
        outcomes += answer["results"]
    refused = sum(not outcome["ok"] for outcome in outcomes)
    if here.screen.as_json:
        here.screen.json({"results": outcomes})
    else:
        _table(here, action, {row["id"]: row for row in rows}, outcomes)
    if refused:
        text = f"Refused for {refused} of {len(outcomes)} schedules; the others are done."
        raise Failure(text if refused < len(outcomes) else "Refused for all of them.", ExitCode.CONFLICT)


def _table(here: Here, action: str, rows: dict[str, Row], outcomes: list[Row]) -> None:
    cells = [
        [
            outcome["id"],
            rows[outcome["id"]].get("name", ""),
            coloured("ok" if outcome["ok"] else "refused"),
            DONE[action] if outcome["ok"] else outcome["detail"],
        ]
        for outcome in outcomes
    ]
    here.screen.table(["Id", "Name", "Outcome", "What"], cells)


def _called(row: Row) -> str:
    return f"`{safe(row['name'])}`" if row.get("name") else str(row["id"])


def _next(row: Row) -> str:
    if row["state"] == "paused" or not row.get("next_run_at"):
        return safe(row["state_reason"]) if row["state"] == "finished" else ""
    return f"Next: {when(row['next_run_at'])}."
