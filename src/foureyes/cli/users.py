"""`foureyes users`: accounts."""

import sys
from typing import Annotated, Any

import typer

from foureyes.cli.asking import confirm
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import find_named
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.times import when

USERS = "/api/users/users/"
GROUPS = "/api/users/groups/"
LABELS = {"username": "NAME", "is_staff": "--staff", "is_active": "--active", "groups": "--group"}

app = typer.Typer(no_args_is_help=True, help="List, create, change and delete accounts.")
NAME = Annotated[str, typer.Argument(metavar="NAME", help="User name.")]
PASSWORD = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]
EMAIL = Annotated[str | None, typer.Option(help="E-mail address.")]
FIRST = Annotated[str | None, typer.Option(help="First name.")]
LAST = Annotated[str | None, typer.Option(help="Last name.")]
STAFF = Annotated[bool | None, typer.Option("--staff/--no-staff", help="Member of the staff.")]


@app.command("list")
@remote
def list_users(here: Here, search: Annotated[str | None, typer.Argument(help="Only names like this.")] = None) -> None:
    """List accounts."""
    rows = list(here.client.rows(USERS, q=search))
    titles = ["Name", "Full name", "E-mail", "Groups", "Staff", "Active", "Joined"]
    here.screen.rows(rows, titles, _cells)


@app.command("create")
@remote
def create_user(
    here: Here,
    name: NAME,
    email: EMAIL = None,
    first_name: FIRST = None,
    last_name: LAST = None,
    staff: STAFF = None,
    group: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Group to be in; repeatable.")] = None,
    password_stdin: PASSWORD = False,
) -> None:
    """Create an account; the password is asked for.

    \b
    foureyes users create alice --email alice@example.org --group operators
    pass show alice | foureyes users create alice --password-stdin
    """
    given: Row = {"email": email, "first_name": first_name, "last_name": last_name, "is_staff": staff}
    fields: Row = {"username": name, **{key: value for key, value in given.items() if value is not None}}
    groups = [find_named(here.client, GROUPS, text, what="group")["id"] for text in group or []]
    fields |= {"groups": groups, "password": _password(name, from_stdin=password_stdin)}
    _show(here, here.client.post(USERS, fields, labels=LABELS), "is created")


@app.command("edit")
@remote
def edit_user(
    here: Here,
    user: NAME,
    name: Annotated[str | None, typer.Option(help="New user name.")] = None,
    email: EMAIL = None,
    first_name: FIRST = None,
    last_name: LAST = None,
    staff: STAFF = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="May sign in.")] = None,
    group: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Put into this group; repeatable.")] = None,
    not_group: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Take out of this group; repeatable.")
    ] = None,
) -> None:
    """Change an account.

    \b
    foureyes users edit alice --group approvers --not-group operators
    foureyes users edit alice --inactive
    """
    given: Row = {"username": name, "email": email, "first_name": first_name, "last_name": last_name}
    given |= {"is_staff": staff, "is_active": active}
    changes: Row = {key: value for key, value in given.items() if value is not None}
    found = find_user(here, user)
    if group or not_group:
        into = {find_named(here.client, GROUPS, text, what="group")["id"] for text in group or []}
        out_of = {find_named(here.client, GROUPS, text, what="group")["id"] for text in not_group or []}
        changes["groups"] = sorted({one["id"] for one in found["groups"]} - out_of | into)
    if not changes:
        raise Failure("Nothing to change was given.", ExitCode.USAGE, hint="See `foureyes users edit --help`.")
    _show(here, here.client.patch(f"{USERS}{found['id']}/", changes, labels=LABELS), "is changed")


@app.command("password")
@remote
def change_password(here: Here, name: NAME, password_stdin: PASSWORD = False) -> None:
    """Set the password of an account; it is asked for."""
    found = find_user(here, name)
    secret = _password(found["username"], from_stdin=password_stdin)
    _show(here, here.client.patch(f"{USERS}{found['id']}/", {"password": secret}), "has a new password")


@app.command("delete")
@remote
def delete_user(
    here: Here, name: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete an account. What it did stays on record under its name."""
    found = find_user(here, name)
    confirm(f"Delete the account {found['username']}?", sure=yes)
    here.client.delete(f"{USERS}{found['id']}/")
    here.screen.answer({"deleted": found["id"]}, f"{safe(found['username'])} is deleted.")


def find_user(here: Here, text: str) -> Row:
    """The account with this name or id."""
    return find_named(here.client, USERS, text, what="user", key="username")


def _password(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Failure("No terminal to ask for the password on: give --password-stdin.", ExitCode.USAGE)
    return str(typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True))


def _show(here: Here, user: Row, what: str) -> None:
    here.screen.answer(user, f"{safe(user['username'])} {what}.")


def _cells(user: Row) -> list[Any]:
    full_name = f"{user['first_name']} {user['last_name']}".strip()
    groups = [group["name"] for group in user["groups"]]
    joined = when(user["date_joined"])
    return [user["username"], full_name, user["email"], groups, user["is_staff"], user["is_active"], joined]
