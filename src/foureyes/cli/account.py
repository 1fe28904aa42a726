"""`login`, `logout` and `whoami`: as whom the command line acts."""

import platform
import sys
from typing import Annotated, Any

import typer

from foureyes.cli.client import Client, Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.places import Place, config_file, find_place, forget, store
from foureyes.cli.remote import Here, answering, remote
from foureyes.cli.times import when


def login(
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of the server; default: the local one.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(metavar="KEY", help="API token; `-` reads it from standard input.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="User name, to have a token made.")] = None,
    password: Annotated[
        str | None, typer.Option(help="Password of --user; asked for when left out, `-` reads standard input.")
    ] = None,
) -> None:
    """Sign in: keep address and token for later commands, readable by you alone.

    \b
    foureyes login --url https://jobs.example.org             asks for a token
    foureyes login --user alice                               asks for the password and makes a token
    """
    with answering():
        place = find_place(url=url)
        if user:
            key = _made_token(place, user, _secret(password, f"Password of {user}"))
        else:
            key = _secret(token, f"Token for {place.url}")
        signed_in = Place(url=place.url, url_from=place.url_from, token=key, token_from="the sign-in")  # noqa: S106
        Client(signed_in).get("/api/status/")  # refuses a wrong token
        file = store(url=place.url, token=key)
        print(f"Signed in at {place.url}. Address and token are kept in {file}.", file=sys.stderr)


def logout() -> None:
    """Forget the kept address and token. The token itself stays valid: `foureyes tokens delete` ends it."""
    there = forget()
    print(f"{config_file()} is removed." if there else "You were not signed in.", file=sys.stderr)


@remote
def whoami(here: Here) -> None:
    """Show as whom you are signed in, and by which token."""
    if not here.client.place.token:
        raise Failure(
            f"You are not signed in at {here.client.place.url}.",
            ExitCode.NOT_ALLOWED,
            hint="Sign in with `foureyes login`, or give a token with --token or FOUREYES_TOKEN.",
        )
    me = here.client.get("/api/whoami/")
    if here.screen.as_json:
        here.screen.json(me)
        return
    here.screen.record([*_person(me["user"]), *_token(me.get("token") or {}), *_place(here.client.place)])


def _person(user: Row) -> list[tuple[str, Any]]:
    full_name = f"{user['first_name']} {user['last_name']}".strip()
    administrator = "administrator: may do everything" if user["is_superuser"] else ""
    return [
        ("User", user["username"]),
        ("Name", full_name),
        ("E-mail", user["email"]),
        ("Groups", user["groups"]),
        ("Rights", administrator),
    ]


def _token(token: Row) -> list[tuple[str, Any]]:
    if not token:
        return []
    limits = "" if token["write_enabled"] else " (reads only)"
    limits += "" if token["may_decide"] else " (may not approve)"
    return [("Token", f"ends in {token['hint']}{limits}"), ("Token expires", when(token["expires"]))]


def _place(place: Place) -> list[tuple[str, Any]]:
    return [("Server", place.url), ("Address from", place.url_from), ("Token from", place.token_from)]


def _made_token(place: Place, user: str, password: str) -> str:
    """A new token for the person, made by the server against the password."""
    with_password = Client(place, basic=(user, password))
    row = with_password.post("/api/users/tokens/", {"description": f"foureyes login on {platform.node()}"})
    return str(row["key"])


def _secret(given: str | None, question: str) -> str:
    """The secret from the option, from standard input, or from the terminal without showing it."""
    if given == "-":
        return sys.stdin.readline().strip()
    if given:
        return given
    if not sys.stdin.isatty():
        raise Failure(f"{question} is missing, and no terminal to ask on.", ExitCode.USAGE, hint="Give it as `-`.")
    return str(typer.prompt(question, hide_input=True, err=True)).strip()
