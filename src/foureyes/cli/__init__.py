"""The `foureyes` command. Modules here hold one group of commands each and load Django only inside a command,
so that help and completion answer at once.

`up`, `worker`, `scheduler`, `notifier`, `web`, `migrate` and the commands for backups work on this machine; all others
talk to a server by its URL.
"""

import sys

import typer

from foureyes import __version__
from foureyes.cli import backups, up
from foureyes.cli.commands import add_commands

app = typer.Typer(
    name="foureyes",
    help="Runs Python jobs, and nothing risky before a second person has approved exactly that.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"foureyes {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Runs Python jobs, and nothing risky before a second person has approved exactly that."""


SERVER = "Server on this machine"
app.command("up", rich_help_panel=SERVER)(up.up)
app.command("web", rich_help_panel=SERVER)(up.web)
app.command("worker", rich_help_panel=SERVER)(up.worker)
app.command("scheduler", rich_help_panel=SERVER)(up.scheduler)
app.command("notifier", rich_help_panel=SERVER)(up.notifier)
app.command("migrate", rich_help_panel=SERVER)(up.migrate)
app.command("backup", rich_help_panel=SERVER)(backups.backup)
app.command("restore", rich_help_panel=SERVER)(backups.restore)
app.command("restored", rich_help_panel=SERVER)(backups.restored)
add_commands(app)


def main() -> None:
    """Entry point of the console script."""
    app()
