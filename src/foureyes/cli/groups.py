"""`foureyes groups`: named sets of accounts. Who is in one is set with `foureyes users edit`."""

from typing import Annotated

import typer

from foureyes.cli.lookup import find_named
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.users import GROUPS, USERS, confirm

app = typer.Typer(no_args_is_help=True, help="List, create, rename and delete groups of accounts.")
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the group.")]


@app.command("list")
@remote
def list_groups(here: Here) -> None:
    """List groups."""
    rows = list(here.client.rows(GROUPS))
    if here.screen.as_json:
        here.screen.json(rows)
        return
    here.screen.table(["Name", "Members", "Id"], [[row["name"], row["user_count"], row["id"]] for row in rows])


@app.command("members")
@remote
def list_members(here: Here, name: NAME) -> None:
    """List the accounts in a group."""
    found = find_named(here.client, GROUPS, name, what="group")
    rows = list(here.client.rows(USERS, group_id=found["id"]))
    if here.screen.as_json:
        here.screen.json(rows)
        return
    cells = [[row["username"], row["email"], row["is_active"]] for row in rows]
    here.screen.table(["Name", "E-mail", "Active"], cells, empty="Nobody is in this group.")


@app.command("create")
@remote
def create_group(here: Here, name: NAME) -> None:
    """Create a group."""
    row = here.client.post(GROUPS, {"name": name}, labels={"name": "NAME"})
    if here.screen.as_json:
        here.screen.json(row)
    here.screen.say(f"The group {safe(row['name'])} is created.")


@app.command("rename")
@remote
def rename_group(here: Here, name: NAME, to: Annotated[str, typer.Argument(help="New name.")]) -> None:
    """Rename a group."""
    found = find_named(here.client, GROUPS, name, what="group")
    row = here.client.patch(f"{GROUPS}{found['id']}/", {"name": to}, labels={"name": "TO"})
    if here.screen.as_json:
        here.screen.json(row)
    here.screen.say(f"The group is now {safe(row['name'])}.")


@app.command("delete")
@remote
def delete_group(
    here: Here, name: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a group; its members stay."""
    found = find_named(here.client, GROUPS, name, what="group")
    confirm(f"Delete the group {found['name']}?", sure=yes)
    here.client.delete(f"{GROUPS}{found['id']}/")
    if here.screen.as_json:
        here.screen.json({"deleted": found["id"]})
    here.screen.say(f"The group {safe(found['name'])} is deleted.")
