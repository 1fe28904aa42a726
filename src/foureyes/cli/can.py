"""`foureyes can`: may this person do that, and by which permission."""

from typing import Annotated

import typer

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import find_job, find_named, find_run
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured, safe
from foureyes.cli.users import GROUPS, find_user


@remote
def can(
    here: Here,
    who: Annotated[str, typer.Argument(help="User name; `me` for yourself.")],
    action: Annotated[str, typer.Argument(help="view, add, change, delete, run or approve.")],
    target: Annotated[
        str, typer.Argument(metavar="OBJECT", help="A job; or a type, as extras.jobresult; or TYPE:ID or TYPE:NAME.")
    ],
) -> None:
    """Tell whether a person may do something, and by which permissions. The exit code is 0 for yes and 1 for no.

    \b
    foureyes can alice run purge-old-files
    foureyes can me view extras.jobresult:last
    foureyes can bob add users.token
    """
    object_type, object_id = _object(here, target)
    user = None if who == "me" else who
    query = {"action": action, "object_type": object_type, "object_id": object_id, "user": user}
    try:
        answer = here.client.get("/api/can/", **query)
    except Failure as failure:
        if user and failure.exit_code == ExitCode.NOT_FOUND:
            find_user(here, user)  # says so, with similar names, if it is the person who is not there
        raise
    if here.screen.as_json:
        here.screen.json(answer)
    else:
        _show(here, answer)
    if not answer["allowed"]:
        raise typer.Exit(ExitCode.RUN_FAILED)


def _object(here: Here, target: str) -> tuple[str, str | None]:
    """Type and id of what is meant: a job by its names, a type alone, or one object of a type."""
    kind, colon, name = target.partition(":")
    if colon:
        return kind, _id(here, kind, name)
    if _is_type(target):
        return target, None
    return "extras.job", find_job(here.client, target)["id"]


def _id(here: Here, kind: str, name: str) -> str:
    if kind == "extras.job":
        return str(find_job(here.client, name)["id"])
    if kind == "extras.jobresult":
        return str(find_run(here.client, name)["id"])
    if kind == "users.user":
        return str(find_user(here, name)["id"])
    if kind == "auth.group":
        return str(find_named(here.client, GROUPS, name, what="group")["id"])
    if not _is_type(kind):
        raise Failure(f"`{kind}` is no type of object, such as extras.job.", ExitCode.USAGE)
    return name


def _is_type(text: str) -> bool:
    app, dot, model = text.partition(".")
    return bool(dot) and app.isidentifier() and model.isidentifier()


def _show(here: Here, answer: Row) -> None:
    here.screen.print(coloured("yes" if answer["allowed"] else "no") + f": {safe(answer['reason'])}")
    for permission in (one for one in answer["permissions"] if one["name"]):
        here.screen.print(f"  by {safe(permission['name'])}, via {safe(str(permission['via']))}")
