"""`foureyes tokens`: the caller's own API tokens."""

from typing import Annotated, Any

import typer

from foureyes.cli.asking import confirm
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.remote import Here, remote
from foureyes.cli.times import instant, when

TOKENS = "/api/users/tokens/"
LABELS = {"write_enabled": "--read-only", "key": "--key", "expires": "--expires"}

app = typer.Typer(no_args_is_help=True, help="List, create and delete your own API tokens.")


@app.command("list")
@remote
def list_tokens(here: Here) -> None:
    """List your tokens. Keys are not kept: only their last six characters are known."""
    rows = list(here.client.rows(TOKENS))
    titles = ["Id", "Ends in", "Writes", "Decides", "Created", "Last used", "Expires", "Description"]
    here.screen.rows(rows, titles, _cells)


@app.command("create")
@remote
def create_token(
    here: Here,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it ends (ISO 8601).")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="It may read only.")] = False,
    no_decisions: Annotated[bool, typer.Option("--no-decisions", help="It may neither approve nor deny.")] = False,
) -> None:
    """Create a token and print its key, which is shown this once.

    \b
    foureyes tokens create --description "nightly import" --expires 2031-01-01T00:00:00Z
    """
    fields: Row = {"description": description, "write_enabled": not read_only}
    fields |= ({"expires": instant(expires, "--expires")} if expires else {}) | (
        {"may_decide": False} if no_decisions else {}
    )
    row = here.client.post(TOKENS, fields, labels=LABELS)
    if here.screen.as_json:
        here.screen.json(row)
        return
    typer.echo("Keep the key now, it is not shown again:", err=True)
    here.screen.print(row["key"])


@app.command("delete")
@remote
def delete_token(
    here: Here,
    token: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, or the last characters of its key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a token: it is not accepted any more, from now on."""
    rows = [row for row in here.client.rows(TOKENS) if row["id"] == token or _ending(row).endswith(token)]
    if len(rows) != 1:
        text = f"`{token}` names {len(rows)} of your tokens, not one."
        raise Failure(text, ExitCode.NOT_FOUND, hint="List them with `foureyes tokens list`.")
    confirm(f"Delete the token that ends in {_ending(rows[0])}?", sure=yes)
    here.client.delete(f"{TOKENS}{rows[0]['id']}/")
    here.screen.answer({"deleted": rows[0]["id"]}, "The token is deleted.")


def _ending(row: Row) -> str:
    """The last characters of the key, which begin the row's `display`."""
    return str(row["display"]).partition(" ")[0]


def _cells(row: Row) -> list[Any]:
    times = [when(row["created"]), when(row["last_used_at"]) or "never", when(row["expires"]) or "never"]
    return [row["id"], _ending(row), row["write_enabled"], row["may_decide"], *times, row["description"]]
