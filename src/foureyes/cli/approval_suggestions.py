"""`foureyes approvals suggest` and `accept`: a request sent back with a change, and that change made one's own."""

from typing import Annotated

import typer

from foureyes.cli.approval_actions import REQUEST
from foureyes.cli.approval_lookup import APPROVALS, find_request
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.inputs import json_object
from foureyes.cli.plans import changed_plan, labels, planned
from foureyes.cli.remote import Here, remote
from foureyes.cli.schedule_lookup import find_schedule


@remote
@planned
def suggest(
    here: Here,
    request: REQUEST,
    plan: Row,
    text: Annotated[str, typer.Option("--text", help="Why this would be better.")] = "",
    data: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="Other values of variables as a JSON object, @FILE or @-; the rest stays."),
    ] = None,
    commit: Annotated[bool | None, typer.Option(help="Keep what its runs do.")] = None,
    queue: Annotated[str | None, typer.Option(metavar="NAME", help="Queue of its runs.")] = None,
    priority: Annotated[int | None, typer.Option(metavar="NUMBER", help="Higher runs first.")] = None,
) -> None:
    """Suggest a change of what is asked for. Nothing changes before the requester accepts it.

    \b
    foureyes approvals suggest 12 --data '{"days": 30}' --text "keep a month"
    foureyes approvals suggest 12 --at 22:00
    """
    found = find_request(here.client, request)
    given: Row = {"commit": commit, "queue": queue, "priority": priority}
    changes: Row = {field: value for field, value in given.items() if value is not None}
    schedule = _schedule_of(here, found)
    if data:
        changes["inputs"] = schedule["inputs"] | json_object(data)
    changes |= changed_plan(plan, zone=plan.get("zone") or schedule["time_zone"])
    if not changes:
        raise Failure("No change was given.", ExitCode.USAGE, hint="See `foureyes approvals suggest --help`.")
    names = labels(plan) | {"inputs": "--data", "text": "--text"}
    answer = here.client.post(f"{APPROVALS}{found['id']}/suggest/", {"changes": changes, "text": text}, labels=names)
    here.screen.answer(answer, f"{found['requester']} can accept it: foureyes approvals accept {found['number']}")


@remote
def accept(
    here: Here,
    request: REQUEST,
    suggestion: Annotated[
        str | None, typer.Option(metavar="ID", help="Which one, if there are several; see `show`.")
    ] = None,
) -> None:
    """Make a suggested change of your request your own. A new request replaces it.

    \b
    foureyes approvals accept 12
    """
    found = find_request(here.client, request)
    body = {"comment": suggestion or _only_suggestion(found)}
    answer = here.client.post(f"{APPROVALS}{found['id']}/accept/", body, labels={"comment": "--suggestion"})
    number = answer["number"]
    here.screen.answer(answer, f"The suggestion is accepted. Request {number} is what waits for approval now.")


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    app.command("suggest")(suggest)
    app.command("accept")(accept)


def _schedule_of(here: Here, found: Row) -> Row:
    if found["schedule"] is None:
        raise Failure("There is nothing to be changed about this request.", ExitCode.CONFLICT)
    return find_schedule(here.client, found["schedule"]["id"])


def _only_suggestion(found: Row) -> str:
    """The suggestion that can only be meant; among several a person chooses, because each was looked at."""
    ids = [comment["id"] for comment in found["comments"] if comment["suggestion"]]
    if not ids:
        raise Failure(f"Nothing was suggested about request {found['number']}.", ExitCode.CONFLICT)
    if len(ids) > 1:
        hint = f"Name one with --suggestion: {', '.join(ids)}."
        raise Failure(f"There are {len(ids)} suggestions about it.", ExitCode.USAGE, hint=hint)
    return str(ids[0])
