"""Adds the commands that talk to a server to the `foureyes` command."""

import typer

from foureyes.cli import (
    account,
    approvals,
    doctor,
    groups,
    hooks,
    jobs,
    overview,
    permissions,
    results,
    run,
    schedules,
    tokens,
    users,
    webhooks,
    workers,
)
from foureyes.cli.can import can
from foureyes.cli.ledger import ledger, preview

JOBS = "Jobs and runs"
LATER = "Schedules"
DECISIONS = "Approvals"
CHANGES = "Changes of objects"
PEOPLE = "People"
SERVER = "The server, over HTTP"


def add_commands(app: typer.Typer) -> None:
    """Add them all, in the order in which the help lists them."""
    app.add_typer(jobs.app, name="jobs", rich_help_panel=JOBS)
    app.add_typer(run.app, name="run", rich_help_panel=JOBS)
    app.add_typer(results.app, name="results", rich_help_panel=JOBS)
    app.add_typer(schedules.app, name="schedules", rich_help_panel=LATER)
    app.command("preview", rich_help_panel=LATER)(preview)
    app.command("ledger", rich_help_panel=LATER)(ledger)
    app.add_typer(approvals.app, name="approvals", rich_help_panel=DECISIONS)
    app.add_typer(hooks.app, name="hooks", rich_help_panel=CHANGES)
    app.add_typer(webhooks.app, name="webhooks", rich_help_panel=CHANGES)
    app.add_typer(users.app, name="users", rich_help_panel=PEOPLE)
    app.add_typer(groups.app, name="groups", rich_help_panel=PEOPLE)
    app.add_typer(tokens.app, name="tokens", rich_help_panel=PEOPLE)
    app.add_typer(permissions.app, name="permissions", rich_help_panel=PEOPLE)
    app.command("can", rich_help_panel=PEOPLE)(can)
    app.command("login", rich_help_panel=PEOPLE)(account.login)
    app.command("logout", rich_help_panel=PEOPLE)(account.logout)
    app.command("whoami", rich_help_panel=PEOPLE)(account.whoami)
    app.command("status", rich_help_panel=SERVER)(overview.status)
    app.add_typer(workers.app, name="workers", rich_help_panel=SERVER)
    app.add_typer(doctor.app, name="doctor", rich_help_panel=SERVER)
    app.add_typer(overview.events_app, name="events", rich_help_panel=SERVER)
