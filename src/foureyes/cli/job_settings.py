"""`foureyes jobs edit`: settings that win over those in a job's source, and their reset."""

from typing import Annotated

import typer

from foureyes.cli.client import Row
from foureyes.cli.completion import job_argument
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import JOBS, find_job
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe

JOB = Annotated[str, job_argument()]
RESETTABLE = {
    "name": "name",
    "grouping": "grouping",
    "description": "description",
    "sensitive": "has_sensitive_variables",
    "approval-required": "approval_required",
    "commit-default": "commit_default",
    "hidden": "hidden",
    "read-only": "read_only",
    "soft-time-limit": "soft_time_limit",
    "time-limit": "time_limit",
    "queue": "task_queues",
}
LABELS = {field: f"--{option}" for option, field in RESETTABLE.items()}


@remote
def edit_job(
    here: Here,
    job: JOB,
    name: Annotated[str | None, typer.Option(help="Name in lists.")] = None,
    grouping: Annotated[str | None, typer.Option(help="Group in lists.")] = None,
    description: Annotated[str | None, typer.Option(help="What it does; Markdown.")] = None,
    slug: Annotated[str | None, typer.Option(help="Short name in addresses and commands.")] = None,
    sensitive: Annotated[
        bool | None, typer.Option("--sensitive/--not-sensitive", help="Never store its inputs.")
    ] = None,
    approval_required: Annotated[bool | None, typer.Option(help="Runs need the approval of a second person.")] = None,
    commit_default: Annotated[bool | None, typer.Option(help="Runs commit unless told otherwise.")] = None,
    hidden: Annotated[bool | None, typer.Option(help="Leave it out of lists.")] = None,
    read_only: Annotated[bool | None, typer.Option(help="Runs never commit.")] = None,
    soft_time_limit: Annotated[float | None, typer.Option(help="Seconds; 0: the server's default.")] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds; 0: the server's default.")] = None,
    queue: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Allowed queue, the first is the default; repeatable.")
    ] = None,
    reset: Annotated[
        list[str] | None, typer.Option(metavar="SETTING", help="Take the value of the source again; repeatable.")
    ] = None,
) -> None:
    """Adjust a job. A value given here wins over the one in the job's source until it is reset.

    \b
    foureyes jobs edit purge-old-files --time-limit 60 --queue nightly
    foureyes jobs edit purge-old-files --reset time-limit --reset queue
    """
    given = {
        "name": name,
        "grouping": grouping,
        "description": description,
        "has_sensitive_variables": sensitive,
        "approval_required": approval_required,
        "commit_default": commit_default,
        "hidden": hidden,
        "read_only": read_only,
        "soft_time_limit": soft_time_limit,
        "time_limit": time_limit,
        "task_queues": queue or None,
    }
    changes = {**_overrides(given), **_resets(reset or [], given), **({"slug": slug} if slug else {})}
    if not changes:
        raise Failure("Nothing to change was given.", ExitCode.USAGE, hint="See `foureyes jobs edit --help`.")
    found = find_job(here.client, job)
    row = here.client.patch(f"{JOBS}{found['id']}/", changes, labels=LABELS)
    show_changed(here, [row], f"{row['slug']} is changed.")


def show_changed(here: Here, rows: list[Row], sentence: str) -> None:
    """Say what was done to jobs; to programs, the jobs as they are now."""
    here.screen.answer(rows if len(rows) > 1 else rows[0], safe(sentence))


def _overrides(given: Row) -> Row:
    changes: Row = {}
    for field, value in given.items():
        if value is not None:
            changes |= {field: value, f"{field}_override": True}
    return changes


def _resets(names: list[str], given: Row) -> Row:
    changes: Row = {}
    for name in names:
        field = RESETTABLE.get(name.replace("_", "-"))
        if field is None:
            allowed = ", ".join(RESETTABLE)
            raise Failure(f"`{name}` cannot be reset, but {allowed}.", ExitCode.USAGE)
        if given.get(field) is not None:
            raise Failure(f"--{name} cannot be set and reset at once.", ExitCode.USAGE)
        changes[f"{field}_override"] = False
    return changes
