"""`foureyes hooks`: which receiver is started by which change."""

from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.lookup import JOBS, find_job, find_named
from foureyes.cli.named import delete, switch
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe

app = typer.Typer(no_args_is_help=True, help="List, create, switch and delete job hooks.")
HOOKS = "/api/extras/job-hooks/"
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the hook.")]
TYPES = Annotated[
    list[str], typer.Option("--type", metavar="APP.MODEL", help="What it watches, auth.group say; repeatable.")
]
ON = Annotated[list[str], typer.Option("--on", metavar="ACTION", help="When: create, update or delete; repeatable.")]
ACTIONS = ("create", "update", "delete")


@app.command("list")
@remote
def list_hooks(here: Here) -> None:
    """List job hooks."""
    rows = list(here.client.rows(HOOKS))
    if here.screen.as_json:
        here.screen.json(rows)
        return
    jobs = {job["id"]: job["name"] for job in here.client.rows(JOBS, brief=1)} if rows else {}
    cells = [[row["name"], watched(row), jobs.get(row["job"], row["job"]), row["enabled"]] for row in rows]
    here.screen.table(["Name", "Watches", "Starts", "Enabled"], cells, empty="There are no job hooks.")


@app.command("show")
@remote
def show_hook(here: Here, name: NAME) -> None:
    """Show one job hook."""
    here.screen.json(find_named(here.client, HOOKS, name, what="job hook"))


@app.command("create")
@remote
def create_hook(
    here: Here,
    name: NAME,
    job: Annotated[str, typer.Option("--job", metavar="JOB", help="The receiver to start.")],
    types: TYPES,
    on: ON,
) -> None:
    """Create a job hook. It watches from now on."""
    receiver = find_job(here.client, job)
    body = {"name": name, "job": receiver["id"], "content_types": types, **actions(on)}
    row = here.client.post(HOOKS, body, labels=LABELS | {"job": "--job"})
    here.screen.answer(row, f"The job hook {safe(row['name'])} is created; it starts {safe(receiver['name'])}.")


@app.command("enable")
@remote
def enable_hook(here: Here, name: NAME) -> None:
    """Let a hook watch again, from now on."""
    switch(here, HOOKS, name, what="job hook", enabled=True)


@app.command("disable")
@remote
def disable_hook(here: Here, name: NAME) -> None:
    """Let a hook start nothing any more."""
    switch(here, HOOKS, name, what="job hook", enabled=False)


@app.command("delete")
@remote
def delete_hook(
    here: Here, name: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a job hook; its runs stay."""
    delete(here, HOOKS, name, what="job hook", sure=yes)


LABELS = {
    "name": "NAME",
    "content_types": "--type",
    "type_create": "--on",
    "type_update": "--on",
    "type_delete": "--on",
    "__all__": "--on",
}


def watched(row: Row) -> str:
    """`auth.group: create, update`."""
    on = [action for action in ACTIONS if row[f"type_{action}"]]
    return f"{', '.join(row['content_types'])}: {', '.join(on)}"


def actions(on: list[str]) -> dict[str, Any]:
    """The three switches of a body."""
    if wrong := [action for action in on if action not in ACTIONS]:
        raise typer.BadParameter(f"{wrong[0]} is none of {', '.join(ACTIONS)}.", param_hint="--on")
    return {f"type_{action}": action in on for action in ACTIONS}
