"""From what a person types to the request that is meant: its number, as `12` or `#12`, or its id."""

import re

from foureyes.cli.client import Client, Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import is_uuid
from foureyes.cli.remote import Here
from foureyes.cli.screen import Screen

APPROVALS = "/api/approvals/"


def find_request(client: Client, text: str) -> Row:
    """The request that `text` names, with everything there is to see about it."""
    number = re.fullmatch(r"#?(\d{1,9})", text)
    if not number and not is_uuid(text):
        hint = "Requests go by their number or id; see `foureyes approvals list`."
        raise Failure(f"`{text}` names no request.", ExitCode.USAGE, hint=hint)
    try:
        return dict(client.get(f"{APPROVALS}{_id_of(client, number[1]) if number else text.lower()}/"))
    except Failure as failure:
        if failure.exit_code == ExitCode.NOT_FOUND:
            raise _unknown(text) from None
        raise


def _id_of(client: Client, number: str) -> str:
    rows = list(client.rows(APPROVALS, most=1, number=int(number)))
    if not rows:
        raise _unknown(number)
    return str(rows[0]["id"])


def _unknown(text: str) -> Failure:
    hint = "List them with `foureyes approvals list --all`."
    return Failure(f"There is no request `{text}` that you may see.", ExitCode.NOT_FOUND, hint=hint)


def open_request_of(client: Client, schedule: str) -> Row | None:
    """What waits for a decision about the schedule of this id."""
    return next(client.rows(APPROVALS, most=1, schedule=schedule, state="open"), None)


def show_waiting(here: Here, schedule: str, answer: Row) -> None:
    """What waits for approval; with `--json` the server's answer, and the request beside it."""
    request = open_request_of(here.client, schedule)
    if here.screen.as_json:
        here.screen.json(answer | {"request": request})
    say_what_is_next(here.screen, request)


def say_what_is_next(screen: Screen, request: Row | None) -> None:
    """What a person who just asked for something can expect, and do."""
    if request is None:
        screen.say("Nothing runs before a second person approves it.")
        return
    number = request["number"]
    screen.say(f"Request {number} waits for approval by a second person; nothing runs before that.")
    screen.say(f"Look at it:    foureyes approvals show {number}")
    screen.say(f"Withdraw it:   foureyes approvals withdraw {number}")
