"""`foureyes approvals`: requests that wait for a second person, and what became of them."""

from typing import Annotated, Any

import typer

from foureyes.cli import approval_actions, approval_suggestions
from foureyes.cli.approval_actions import REQUEST
from foureyes.cli.approval_lookup import APPROVALS, find_request
from foureyes.cli.approval_screen import job_name, read_review, show_files, show_review, starts
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import find_job
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured
from foureyes.cli.times import when

app = typer.Typer(no_args_is_help=True, help="List, read and decide requests, and talk about them.")


@app.command("list")
@remote
def list_requests(
    here: Here,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you asked for or edited.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="The decided ones, too, whoever may decide.")] = False,
    job: Annotated[str | None, typer.Option(help="Only requests of this job.")] = None,
    state: Annotated[
        str | None,
        typer.Option(help="Only open, granted, denied, withdrawn, expired or superseded ones, whoever may decide."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
) -> None:
    """List the requests that wait for your decision, the most urgent first.

    \b
    foureyes approvals list
    foureyes approvals list --mine
    foureyes approvals list --state denied --job purge-old-files
    """
    if mine and everything:
        raise Failure("--mine and --all exclude each other.", ExitCode.USAGE)
    query: Row = {
        "waits_for": None if mine or everything or state else "me",
        "mine": "true" if mine else None,
        "job": find_job(here.client, job)["id"] if job else None,
        "state": state,
    }
    rows = list(here.client.rows(APPROVALS, most=limit, **query))
    titles = ["Number", "State", "Risk", "Job", "Asked for by", "Runs", "Asked", "Reason"]
    empty = "There are no such requests." if query["waits_for"] is None else "Nothing waits for your decision."
    here.screen.rows(rows, titles, _cells, empty=empty)


@app.command("show")
@remote
def show(
    here: Here,
    request: REQUEST,
    source: Annotated[bool, typer.Option("--source", help="The source that runs if it is approved, whole.")] = False,
) -> None:
    """Show everything about a request: inputs, what has changed, what was tried, who may decide, and why not you.

    \b
    foureyes approvals show 12
    foureyes approvals show 12 --source
    """
    found = find_request(here.client, request)
    if source:
        files = here.client.get(f"{APPROVALS}{found['id']}/source/")
        here.screen.json(files) if here.screen.as_json else show_files(here.screen, files)
        return
    review = read_review(here.client, found)
    if here.screen.as_json:
        here.screen.json(found | {"deciders": review.deciders, "dry_run_changes": review.changes})
    else:
        show_review(here.screen, review)


def _cells(row: Row) -> list[Any]:
    stands = [row["number"], coloured(row["state"]), coloured(row["risk"]["level"])]
    return [*stands, job_name(row), row["requester"], starts(row), when(row["created"]), row["reason"]]


approval_actions.add_to(app)
approval_suggestions.add_to(app)
