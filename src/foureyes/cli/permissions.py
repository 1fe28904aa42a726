"""`foureyes permissions`: who may do what with which objects."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.inputs import json_value
from foureyes.cli.lookup import find_named
from foureyes.cli.named import delete
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.users import GROUPS, find_user

PERMISSIONS = "/api/users/permissions/"
LABELS = {"name": "NAME", "object_types": "--type", "actions": "--action", "users": "--user", "groups": "--group"}

app = typer.Typer(no_args_is_help=True, help="List, create, change and delete object permissions.")
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the permission.")]
TYPE = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="Type of object, as extras.job; repeatable.")
]
ACTION = Annotated[
    list[str] | None,
    typer.Option("--action", metavar="ACTION", help="view, add, change, delete, run or approve; repeatable."),
]
USER = Annotated[list[str] | None, typer.Option("--user", metavar="NAME", help="Account that has it; repeatable.")]
GROUP = Annotated[
    list[str] | None, typer.Option("--group", metavar="NAME", help="Group whose members have it; repeatable.")
]
CONSTRAINTS = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="Only objects with these values, as JSON or @FILE; `null` for all objects."),
]
ENABLED = Annotated[bool | None, typer.Option("--enabled/--disabled", help="It counts.")]
DESCRIPTION = Annotated[str | None, typer.Option(help="What it is for.")]


@app.command("list")
@remote
def list_permissions(
    here: Here,
    user: Annotated[str | None, typer.Option(help="Only those given to this account itself.")] = None,
    group: Annotated[str | None, typer.Option(help="Only those given to this group.")] = None,
    search: Annotated[str | None, typer.Argument(help="Only names like this.")] = None,
) -> None:
    """List permissions."""
    rows = list(here.client.rows(PERMISSIONS, q=search, user=user, group=group))
    titles = ["Name", "Actions", "Types", "Users", "Groups", "Constraints", "Enabled"]
    here.screen.rows(rows, titles, _cells)


@app.command("create")
@remote
def create_permission(
    here: Here,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the permission.")],
    types: TYPE = None,
    actions: ACTION = None,
    users: USER = None,
    groups: GROUP = None,
    constraints: CONSTRAINTS = None,
    enabled: ENABLED = None,
    description: DESCRIPTION = None,
) -> None:
    """Create a permission.

    \b
    foureyes permissions create run-net-jobs --type extras.job --action view --action run \\
        --group operators --constraints '{"grouping": "Network"}'
    """
    fields = _fields(here, types, actions, users, groups, constraints, enabled, description)
    if not types or not actions:
        raise Failure("A permission wants at least one --type and one --action.", ExitCode.USAGE)
    _show(here, here.client.post(PERMISSIONS, {"name": name, **fields}, labels=LABELS), "is created")


@app.command("edit")
@remote
def edit_permission(
    here: Here,
    permission: NAME,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    types: TYPE = None,
    actions: ACTION = None,
    users: USER = None,
    groups: GROUP = None,
    constraints: CONSTRAINTS = None,
    enabled: ENABLED = None,
    description: DESCRIPTION = None,
    no_users: Annotated[bool, typer.Option("--no-users", help="Take it from all accounts.")] = False,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Take it from all groups.")] = False,
) -> None:
    """Change a permission. An option that is given replaces what was there.

    \b
    foureyes permissions edit run-net-jobs --user alice --user bob
    foureyes permissions edit run-net-jobs --disabled
    """
    fields = _fields(here, types, actions, users, groups, constraints, enabled, description)
    fields |= ({"users": []} if no_users else {}) | ({"groups": []} if no_groups else {})
    fields |= {"name": name} if name else {}
    if not fields:
        raise Failure("Nothing to change was given.", ExitCode.USAGE, hint="See `foureyes permissions edit --help`.")
    found = find_named(here.client, PERMISSIONS, permission, what="permission")
    _show(here, here.client.patch(f"{PERMISSIONS}{found['id']}/", fields, labels=LABELS), "is changed")


@app.command("delete")
@remote
def delete_permission(
    here: Here, permission: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a permission."""
    delete(here, PERMISSIONS, permission, what="permission", sure=yes)


def _fields(
    here: Here,
    types: list[str] | None,
    actions: list[str] | None,
    users: list[str] | None,
    groups: list[str] | None,
    constraints: str | None,
    enabled: bool | None,
    description: str | None,
) -> Row:
    """The fields that were given, names resolved to ids."""
    given: Row = {
        "object_types": types or None,
        "actions": actions or None,
        "users": [find_user(here, text)["id"] for text in users or []] or None,
        "groups": [find_named(here.client, GROUPS, text, what="group")["id"] for text in groups or []] or None,
        "enabled": enabled,
        "description": description,
    }
    fields = {key: value for key, value in given.items() if value is not None}
    return fields | ({"constraints": json_value(constraints, "--constraints")} if constraints else {})


def _show(here: Here, row: Row, what: str) -> None:
    here.screen.answer(row, f"The permission {safe(row['name'])} {what}.")


def _cells(row: Row) -> list[Any]:
    users, groups = _names(row["users"], "username"), _names(row["groups"], "name")
    constraints = "" if row["constraints"] is None else json.dumps(row["constraints"])
    return [row["name"], row["actions"], row["object_types"], users, groups, constraints, row["enabled"]]


def _names(rows: Iterable[Any], key: str) -> list[str]:
    return [str(row[key]) if isinstance(row, dict) else str(row) for row in rows]
