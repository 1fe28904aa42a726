"""Completion of names in the shell. A server that is away or slow yields no names, never an error."""

from typing import Any

import typer

from foureyes.cli.client import Client
from foureyes.cli.exits import Failure
from foureyes.cli.lookup import JOBS, slugified
from foureyes.cli.places import find_place

PATIENCE_SECONDS = 2


def job_argument() -> Any:
    """The argument that names a job."""
    return typer.Argument(
        metavar="JOB",
        help="Slug, name, class path or id of the job, or the start of one.",
        autocompletion=complete_job,
        show_default=False,
    )


def complete_job(incomplete: str) -> list[tuple[str, str]]:
    """Names of jobs that begin so, as they are typed in a shell, with their descriptions."""
    try:
        rows = list(Client(find_place(), read_seconds=PATIENCE_SECONDS).rows(JOBS, brief=1))
    except Failure:
        return []
    begun = incomplete.lower()
    named = [(name, job["name"]) for job in rows for name in (slugified(job["name"]), job["slug"])]
    return [(name, about) for name, about in dict(named).items() if name.startswith(begun)]
