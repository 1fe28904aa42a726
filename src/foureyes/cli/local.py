"""What commands that work on this machine share: settings from options, Django, and how a "no" ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from foureyes.cli.exits import ExitCode
from foureyes.conf import Conf, get_conf
from foureyes.errors import Conflict, Refusal

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of everything that must be kept.")]

EXITS = {
    "invalid": ExitCode.USAGE,
    "not_allowed": ExitCode.NOT_ALLOWED,
    "conflict": ExitCode.CONFLICT,
    "unavailable": ExitCode.UNREACHABLE,
}


def settings(**options: Any) -> Conf:
    """The settings with the options of the command line in them."""
    for name, value in options.items():
        if value is not None:
            os.environ[f"FOUREYES_{name.upper()}"] = _as_text(value)
    return get_conf()


def _as_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value.expanduser().resolve())
    if isinstance(value, list):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return str(value)


def load_django(conf: Conf) -> None:
    import django

    from foureyes.bootstrap import folders
    from foureyes.processes.log_format import set_up_log

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "foureyes.settings")
    folders.prepare(conf)
    django.setup()
    set_up_log(conf)


def demand_installation(conf: Conf) -> None:
    """Refuses a data folder in which there is nothing, instead of making one."""
    if not conf.database_url and not (conf.data_dir / "foureyes.sqlite3").exists():
        raise Conflict(f"There is no installation in {conf.data_dir}. Name its folder with --data.", code="no_data")


@contextmanager
def refusing() -> Iterator[None]:
    """An anticipated "no" ends as a sentence on standard error and an exit code."""
    try:
        yield
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"][:1]).upper()
            typer.secho(f"Error: FOUREYES_{name}: {problem['msg']}", fg="red", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except Refusal as refusal:
        typer.secho(f"Error: {refusal.message}", fg="red", err=True)
        raise typer.Exit(EXITS[refusal.kind]) from None
