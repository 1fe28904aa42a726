"""`foureyes webhooks`: which address is told of which change, and what came of it."""

from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.hooks import LABELS, ON, TYPES, actions, watched
from foureyes.cli.lookup import find_named
from foureyes.cli.named import delete, switch
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.times import when

app = typer.Typer(no_args_is_help=True, help="List, create, switch and delete webhooks, and look at their messages.")
WEBHOOKS = "/api/webhooks/"
MESSAGES = "/api/webhook-deliveries/"
MOST_MESSAGES = 50
NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the webhook.")]


@app.command("list")
@remote
def list_webhooks(here: Here) -> None:
    """List webhooks."""
    rows = list(here.client.rows(WEBHOOKS))
    titles = ["Name", "Watches", "Tells", "Enabled"]
    here.screen.rows(rows, titles, _cells, empty="There are no webhooks.")


@app.command("show")
@remote
def show_webhook(here: Here, name: NAME) -> None:
    """Show one webhook; its secrets are masked."""
    here.screen.json(find_named(here.client, WEBHOOKS, name, what="webhook"))


@app.command("create")
@remote
def create_webhook(
    here: Here,
    name: NAME,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The address to tell.")],
    types: TYPES,
    on: ON,
    secret: Annotated[
        str, typer.Option("--secret", envvar="FOUREYES_WEBHOOK_SECRET", help="Messages are signed with it.")
    ] = "",
) -> None:
    """Create a webhook. It watches from now on. A secret is best given in FOUREYES_WEBHOOK_SECRET."""
    body = {"name": name, "payload_url": to, "content_types": types, "secret": secret, **actions(on)}
    row = here.client.post(WEBHOOKS, body, labels=LABELS | {"payload_url": "--to"})
    here.screen.answer(row, f"The webhook {safe(row['name'])} is created; it tells {safe(row['payload_url'])}.")


@app.command("enable")
@remote
def enable_webhook(here: Here, name: NAME) -> None:
    """Let a webhook tell changes again, from now on."""
    switch(here, WEBHOOKS, name, what="webhook", enabled=True)


@app.command("disable")
@remote
def disable_webhook(here: Here, name: NAME) -> None:
    """Let a webhook tell nothing any more."""
    switch(here, WEBHOOKS, name, what="webhook", enabled=False)


@app.command("delete")
@remote
def delete_webhook(
    here: Here, name: NAME, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a webhook; messages that wait are given up."""
    delete(here, WEBHOOKS, name, what="webhook", sure=yes)


@app.command("messages")
@remote
def list_messages(
    here: Here, failed: Annotated[bool, typer.Option("--failed", help="Only those that were given up.")] = False
) -> None:
    """List the newest messages, with what the receivers answered."""
    only = {"state": "failed"} if failed else {}
    rows = list(here.client.rows(MESSAGES, most=MOST_MESSAGES, **only))
    titles = ["Created", "Webhook", "State", "Answer", "Attempts", "Id"]
    here.screen.rows(rows, titles, _message_cells, empty="There are no messages.")


def _cells(row: Row) -> list[Any]:
    return [row["name"], watched(row), row["payload_url"], row["enabled"]]


def _message_cells(row: Row) -> list[Any]:
    answer = row["status_code"] or row["error"]
    return [when(row["created"]), row["webhook_name"], row["state"], answer, row["attempts"], row["id"]]
