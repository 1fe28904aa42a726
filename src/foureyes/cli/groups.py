"""`foureyes groups`: named sets of accounts. Who is in one is set with `foureyes users edit`."""

from typing import Annotated

import typer

from foureyes.cli.lookup import find_named
from foureyes.cli.named import delete
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.users import GROUPS, USERS

app = typer.Typer(no_args_is_help=True, help="List, create, rename and delete groups of accounts.")
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the group.")]


@app.command("list")
@remote
def list_groups(here: Here) -> None:
    """List groups."""
    rows = list(here.client.rows(GROUPS))
    here.screen.rows(rows, ["Name", "Members", "Id"], lambda row: [row["name"], row["user_count"], row["id"]])


@app.command("members")
@remote
def list_members(here: Here, name: NAME) -> None:
    """List the accounts in a group."""
    found = find_named(here.client, GROUPS, name, what="group")
    rows = list(here.client.rows(USERS, group_id=found["id"]))
    titles = ["Name", "E-mail", "Active"]
    empty = "Nobody is in this group."
    here.screen.rows(rows, titles, lambda row: [row["username"], row["email"], row["is_active"]], empty=empty)


@app.command("create")
@remote
def create_group(here: Here, name: NAME) -> None:
    """Create a group."""
    row = here.client.post(GROUPS, {"name": name}, labels={"name": "NAME"})
    here.screen.answer(row, f"The group {safe(row['name'])} is created.")


@app.command("rename")
@remote
def rename_group(here: Here, name: NAME, to: Annotated[str, typer.Argument(help="New name.")]) -> None:
    """Rename a group."""
    found = find_named(here.client, GROUPS, name, what="group")
    row = here.client.patch(f"{GROUPS}{found['id']}/", {"name": to}, labels={"name": "TO"})
    here.screen.answer(row, f"The group is now {safe(row['name'])}.")


@app.command("delete")
@remote
def delete_group(
    here: Here, name: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a group; its members stay."""
    delete(here, GROUPS, name, what="group", sure=yes)
