"""What people do about a request: decide, talk, withdraw it, try it."""

from typing import Annotated, Any

import typer

from foureyes.cli.approval_lookup import APPROVALS, find_request
from foureyes.cli.approval_screen import job_name, read_review, show_review
from foureyes.cli.asking import ask
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.follow import follow, leave
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured, safe

REQUEST = Annotated[str, typer.Argument(metavar="REQUEST", help="Number or id of the request.", show_default=False)]
LABELS = {"reason": "--reason", "text": "TEXT", "digest": "--digest", "force": "--force"}


@remote
def approve(
    here: Here,
    request: REQUEST,
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the decision.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Although the time has passed: it runs at once.")] = False,
    skip_passed: Annotated[
        bool,
        typer.Option("--skip-passed", help="Of what repeats: from the next instant on, without those that passed."),
    ] = False,
    digest: Annotated[
        str | None, typer.Option(metavar="HEX", help="Only if this is what is asked for; see `show`.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show a request, ask, and approve exactly what was shown. If it has changed meanwhile, nothing is approved.

    \b
    foureyes approvals approve 12 --reason "checked with the storage team"
    foureyes approvals approve 12 --force
    foureyes approvals approve 12 --skip-passed
    """
    if force and skip_passed:
        raise Failure("--force and --skip-passed exclude each other.", ExitCode.USAGE)
    found = find_request(here.client, request)
    if not here.screen.as_json:
        show_review(here.screen, read_review(here.client, found))
    ask(here, f"Approve request {found['number']}?", sure=yes, otherwise="Nothing was approved.")
    here.screen.say()
    read = digest or (None if here.screen.as_json else found["digest"])
    late: Row = {"skip_passed": True} if skip_passed else {"force": force}
    body: Row = {"reason": reason, **late} | ({"digest": read} if read else {})
    answer = _post(here, found, "approve", body)
    if here.screen.as_json:
        here.screen.json(answer)
        return
    _say_approved(here, found, answer)


@remote
def deny(
    here: Here,
    requests: Annotated[
        list[str],
        typer.Argument(metavar="REQUEST", help="Numbers or ids of requests, one or several.", show_default=False),
    ],
    reason: Annotated[str, typer.Option(help="Why; the requester reads it.", show_default=False)],
) -> None:
    """Deny requests. Nothing runs, and request and decision are kept. Of several each is denied on its own.

    \b
    foureyes approvals deny 12 --reason "not during the audit"
    foureyes approvals deny 12 13 17 --reason "not during the audit"
    """
    found = {row["id"]: row for row in (find_request(here.client, text) for text in requests)}
    if len(found) > 1:
        _deny_many(here, found, reason)
        return
    (row,) = found.values()
    answer = _post(here, row, "deny", {"reason": reason})
    here.screen.answer(answer, f"Request {row['number']} is denied.")


@remote
def revoke(
    here: Here,
    request: REQUEST,
    reason: Annotated[str, typer.Option(help="Why; the requester reads it.", show_default=False)],
) -> None:
    """Take an approval back. Its schedule is cancelled, and so is what waits in a queue; what runs already goes on.

    \b
    foureyes approvals revoke 12 --reason "the disk is being replaced"
    """
    found = find_request(here.client, request)
    answer = _post(here, found, "revoke", {"reason": reason})
    here.screen.answer(answer, f"The approval of request {found['number']} is taken back, and its schedule cancelled.")


@remote
def withdraw(here: Here, request: REQUEST, reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "") -> None:
    """Withdraw your own request before anybody has decided it. What it asked for never runs."""
    found = find_request(here.client, request)
    answer = _post(here, found, "withdraw", {"reason": reason} if reason else {})
    here.screen.answer(answer, f"Request {found['number']} is withdrawn.")


@remote
def comment(
    here: Here, request: REQUEST, text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")]
) -> None:
    """Say something about a request, open or decided. It decides nothing.

    \b
    foureyes approvals comment 12 "Is the backup done?"
    """
    found = find_request(here.client, request)
    answer = _post(here, found, "comment", {"text": text})
    here.screen.answer(answer, f"Your comment is beside request {found['number']}.")


@remote
def dry_run(
    here: Here,
    request: REQUEST,
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Show log and progress until it ends.")] = False,
) -> None:
    """Try what a request asks for with commit off, at once and as yourself; approvers see that it was tried."""
    found = find_request(here.client, request)
    run = _post(here, found, "dry-run", {})
    if follow_it:
        here.screen.say(f"Run {run['id']}")
        follow(here, run["id"])
    elif here.screen.as_json:
        here.screen.json(run)
    else:
        here.screen.say(f"Run {run['id']} tries request {found['number']} and waits for a worker.")
        leave(here, run["id"])


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    for command in (approve, deny, revoke, withdraw, comment, dry_run):
        app.command(command.__name__.replace("_", "-"))(command)


def _post(here: Here, found: Row, action: str, body: Row) -> Any:
    return here.client.post(f"{APPROVALS}{found['id']}/{action}/", body, labels=LABELS)


def _deny_many(here: Here, rows: dict[str, Row], reason: str) -> None:
    body = {"ids": list(rows), "reason": reason}
    outcomes = here.client.post(f"{APPROVALS}deny/", body, labels=LABELS)["results"]
    if here.screen.as_json:
        here.screen.json({"results": outcomes})
    else:
        cells = [
            [
                rows[one["id"]]["number"],
                job_name(rows[one["id"]]),
                coloured("ok" if one["ok"] else "refused"),
                "is denied" if one["ok"] else one["detail"],
            ]
            for one in outcomes
        ]
        here.screen.table(["Number", "Job", "Outcome", "What"], cells)
    if refused := sum(not one["ok"] for one in outcomes):
        text = f"Refused for {refused} of {len(outcomes)} requests; the others are denied."
        raise Failure(text if refused < len(outcomes) else "Refused for all of them.", ExitCode.CONFLICT)


def _say_approved(here: Here, found: Row, answer: Row) -> None:
    here.screen.say(f"Request {found['number']} of {safe(job_name(found))} is approved.")
    for run in answer["runs"][:1]:
        here.screen.say(f"Run {run['id']} waits for a worker.")
        leave(here, run["id"])
