"""Questions to a person who watches."""

import sys

import typer

from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.remote import Here


def confirm(question: str, *, sure: bool) -> None:
    """Ask before something is gone. Without a terminal only `--yes` counts."""
    if sure:
        return
    if not sys.stdin.isatty():
        raise Failure("Nobody is there to be asked: give --yes.", ExitCode.USAGE)
    if not typer.confirm(question, err=True):
        raise Failure("Nothing was deleted.", ExitCode.USAGE)


def ask(here: Here, question: str, *, sure: bool, otherwise: str) -> None:
    """Ask about what was just shown, unless `--yes` was given; programs are never asked. A no says `otherwise`."""
    if sure or not (sys.stdin.isatty() and here.screen.is_terminal):
        return
    here.screen.print("")
    if not typer.confirm(question, err=True):
        raise Failure(otherwise, ExitCode.USAGE)
