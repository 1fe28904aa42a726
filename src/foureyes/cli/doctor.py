"""`foureyes doctor`: what is wrong with the installation, and why a job, a schedule or a request does not run."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from foureyes.cli.approval_lookup import find_request
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode
from foureyes.cli.local import Data, demand_installation, load_django, refusing, settings
from foureyes.cli.lookup import find_job
from foureyes.cli.remote import AS_JSON, TOKEN, URL, Here, remote
from foureyes.cli.schedule_lookup import find_schedule
from foureyes.cli.screen import Screen, coloured, safe

app = typer.Typer(invoke_without_command=True)


@app.callback()
def doctor(
    context: typer.Context, server_url: URL = None, server_token: TOKEN = None, as_json: AS_JSON = False
) -> None:
    """Look for what is wrong with the installation, or why something does not run.

    The exit code is 1 if there is an error.

    \b
    foureyes doctor
    foureyes doctor job purge-old-files
    foureyes doctor schedule nightly
    foureyes doctor request 12
    """
    if context.invoked_subcommand is None:
        _of_installation(server_url=server_url, server_token=server_token, as_json=as_json)


@remote
def _of_installation(here: Here) -> None:
    _show(here.screen, here.client.get("/api/doctor/")["findings"])


@app.command("job")
@remote
def of_job(here: Here, job: Annotated[str, typer.Argument(help="Name, slug, class path or id.")]) -> None:
    """Tell why a job does not run, or that it does."""
    _show_of(here, "jobs", find_job(here.client, job))


@app.command("schedule")
@remote
def of_schedule(here: Here, schedule: Annotated[str, typer.Argument(help="Name or id.")]) -> None:
    """Tell why a schedule does not run, or when it does."""
    _show_of(here, "schedules", find_schedule(here.client, schedule))


@app.command("request")
@remote
def of_request(here: Here, request: Annotated[str, typer.Argument(help="Number or id.")]) -> None:
    """Tell why what a request asks for does not run, and who could decide it."""
    _show_of(here, "requests", find_request(here.client, request))


@app.command("offline")
def offline(data: Data = None, as_json: AS_JSON = False) -> None:
    """Look at the data folder itself, while no server answers."""
    with refusing():
        conf = settings(data_dir=data)
        demand_installation(conf)
        load_django(conf)
        from foureyes.checkups.installation import look_at_installation

        findings = look_at_installation(now=datetime.now(UTC))
    _show(Screen(as_json=as_json), [asdict(finding) for finding in findings])


@app.command("chain")
def chain(data: Data = None, as_json: AS_JSON = False) -> None:
    """Look whether every event of the audit log is as it was sealed, in the data folder itself.

    Prints the newest hash: kept elsewhere, it proves later that nobody computed the whole chain anew.
    """
    with refusing():
        conf = settings(data_dir=data)
        demand_installation(conf)
        load_django(conf)
        from foureyes.checkups.audit import every_event

        finding = every_event()
    _show(Screen(as_json=as_json), [asdict(finding)])


def _show_of(here: Here, kind: str, row: Row) -> None:
    _show(here.screen, here.client.get(f"/api/doctor/{kind}/{row['id']}/")["findings"])


def _show(screen: Screen, findings: list[Row]) -> None:
    if screen.as_json:
        screen.json({"findings": findings})
    for finding in findings:
        screen.say(coloured(f"{finding['level']:<8}") + safe(finding["text"]))
        if finding.get("hint") and finding["level"] != "ok":
            screen.say(f"        {safe(finding['hint'])}")
    if any(finding["level"] == "error" for finding in findings):
        raise typer.Exit(ExitCode.RUN_FAILED)
