"""Makes a function a command that talks to a server: it gets the options that all such commands share, and its failures
end as sentences and exit codes.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from foureyes.cli.client import Client
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.places import find_place
from foureyes.cli.screen import Screen

Options = ParamSpec("Options")

URL = Annotated[str | None, typer.Option("--url", metavar="URL", help="Address of the server (FOUREYES_URL).")]
TOKEN = Annotated[str | None, typer.Option("--token", metavar="KEY", help="API token (FOUREYES_TOKEN).")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What a command works with: the server, and the screen."""

    client: Client
    screen: Screen


def remote(function: Callable[Concatenate[Here, Options], None]) -> Callable[..., None]:
    """The function as a command: without its first parameter, with `--url`, `--token` and `--json`."""

    @functools.wraps(function)
    def command(*args: Any, server_url: str | None, server_token: str | None, as_json: bool, **kwargs: Any) -> None:
        with answering():
            here = Here(client=Client(find_place(url=server_url, token=server_token)), screen=Screen(as_json=as_json))
            function(here, *args, **kwargs)

    own = list(inspect.signature(function).parameters.values())[1:]
    command.__signature__ = inspect.Signature([*own, *shared_parameters()])  # type: ignore[attr-defined]  # read by Typer
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *shared_parameters())}
    return command


def shared_parameters() -> list[inspect.Parameter]:
    """The options of every command that talks to a server."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter("server_url", keyword, default=None, annotation=URL),
        inspect.Parameter("server_token", keyword, default=None, annotation=TOKEN),
        inspect.Parameter("as_json", keyword, default=False, annotation=AS_JSON),
    ]


@contextmanager
def answering() -> Iterator[None]:
    """Failures inside end as sentences on standard error and an exit code."""
    try:
        yield
    except Failure as failure:
        first, *more = failure.lines()
        typer.secho("Error: ", fg="red", bold=True, err=True, nl=False)
        print("\n".join([first, *more]), file=sys.stderr)
        raise typer.Exit(failure.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
