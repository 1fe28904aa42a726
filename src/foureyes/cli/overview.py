"""`status` and `events`: how the installation is, and what happened in it."""

from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured
from foureyes.cli.times import when

events_app = typer.Typer(no_args_is_help=True, help="What happened: who did what, and when.")


@remote
def status(here: Here) -> None:
    """Show which server answers, and whether its parts are there."""
    health = here.client.get("/health/")
    about = here.client.get("/api/status/")
    if here.screen.as_json:
        here.screen.json({"url": here.client.place.url, "health": health, "status": about})
        return
    demo = "this is a demo: its accounts are known to everybody" if about.get("demo") else ""
    here.screen.record(
        [
            ("Server", here.client.place.url),
            ("Address from", here.client.place.url_from),
            ("Version", about.get("foureyes-version")),
            ("Database", coloured(health["database"])),
            ("Workers", str(health["workers"])),
            ("Scheduler", coloured(health["scheduler"])),
            ("Python", about.get("python-version")),
            ("Django", about.get("django-version")),
            ("Note", demo),
        ]
    )


@events_app.command("list")
@remote
def list_events(
    here: Here,
    kind: Annotated[str | None, typer.Option(help="Only this kind, as run.created.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person did.")] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what happened to the thing with this id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, from the newest.")] = 50,
) -> None:
    """List events, the newest first.

    \b
    foureyes events list --kind job.enabled
    foureyes events list --actor alice --limit 200 --json
    """
    rows = list(here.client.rows("/api/events/", most=limit, kind=kind, actor=actor, subject_id=subject))
    here.screen.rows(rows, ["At", "Kind", "By", "Subject", "Subject id"], _cells)


def _cells(row: Row) -> list[Any]:
    return [when(row["at"]), row["kind"], row["actor_name"], row["subject_text"], row["subject_id"]]
