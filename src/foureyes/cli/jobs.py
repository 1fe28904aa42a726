"""`foureyes jobs`: which jobs there are, and the switches an administrator sets."""

import json
from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.completion import job_argument
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.job_settings import JOB, RESETTABLE, edit_job, show_changed
from foureyes.cli.lookup import JOBS, find_job
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe
from foureyes.cli.times import when

app = typer.Typer(no_args_is_help=True, help="List, inspect, enable and adjust jobs.")


@app.command("list")
@remote
def list_jobs(
    here: Here,
    search: Annotated[str | None, typer.Argument(help="Only jobs with this in name, slug or description.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enabled/--disabled", help="Only enabled or disabled ones.")] = None,
    gone: Annotated[bool, typer.Option("--all", help="Hidden ones, and those whose source is gone, too.")] = False,
) -> None:
    """List the jobs you may see.

    \b
    foureyes jobs list
    foureyes jobs list disk --enabled
    foureyes jobs list --json
    """
    shown: Row = {} if gone else {"installed": "true", "hidden": "false"}
    rows = list(here.client.rows(JOBS, q=search, enabled=_flag(enabled), **shown))
    titles = ["Slug", "Name", "Group", "Enabled", "Notes"]
    empty = "There are no such jobs. Put a job file into the jobs folder of the server."
    here.screen.rows(rows, titles, _cells, empty=empty)


@app.command("show")
@remote
def show_job(here: Here, job: JOB) -> None:
    """Show a job with its settings and variables.

    \b
    foureyes jobs show purge-old-files
    """
    found = find_job(here.client, job)
    row = here.client.get(f"{JOBS}{found['id']}/")
    variables = here.client.get(f"/api/jobs/{found['id']}/variables/") if row["installed"] else []
    if here.screen.as_json:
        here.screen.json({**row, "variables": variables})
        return
    here.screen.record([*_details(row), *_to_know(here, found["id"])])
    if variables:
        here.screen.say()
        titles = ["Variable", "Type", "Required", "Default", "Help"]
        here.screen.table(titles, [_variable_cells(spec) for spec in variables])


@app.command("enable")
@remote
def enable_jobs(here: Here, jobs: Annotated[list[str], job_argument()]) -> None:
    """Allow jobs to be run.

    \b
    foureyes jobs enable purge-old-files disk-report
    """
    _switch(here, jobs, enabled=True)


@app.command("disable")
@remote
def disable_jobs(here: Here, jobs: Annotated[list[str], job_argument()]) -> None:
    """Stop jobs from being run. Runs that have begun go on."""
    _switch(here, jobs, enabled=False)


app.command("edit")(edit_job)


@app.command("source")
@remote
def show_source(
    here: Here,
    job: JOB,
    file: Annotated[str | None, typer.Argument(help="Only this file; default: all, each under its name.")] = None,
) -> None:
    """Print the source that the next run of a job executes.

    \b
    foureyes jobs source purge-old-files
    foureyes jobs source purge-old-files purge.py > purge.py
    """
    found = find_job(here.client, job)
    source = here.client.get(f"/api/jobs/{found['id']}/source/")
    files = [one for one in source["files"] if file in (None, one["path"])]
    if not files:
        paths = ", ".join(one["path"] for one in source["files"])
        raise Failure(f"The source has no file `{file}`, but {paths}.", ExitCode.NOT_FOUND)
    if here.screen.as_json:
        here.screen.json({**source, "files": files})
    elif file:
        here.screen.print(safe(files[0]["text"] or "").removesuffix("\n"))
    else:
        here.screen.print(f"# digest {source['digest']}")
        for one in files:
            here.screen.print(f"\n# file {one['path']}\n{safe(one['text'] or '(not text)')}")


def _switch(here: Here, jobs: list[str], *, enabled: bool) -> None:
    """All of them or none: one request changes them together."""
    found = [find_job(here.client, job) for job in jobs]
    rows = here.client.patch(JOBS, [{"id": job["id"], "enabled": enabled} for job in found])
    if len(rows) < len(found):
        raise Failure("You may not change all of these jobs.", ExitCode.NOT_ALLOWED)
    state = "enabled" if enabled else "disabled"
    show_changed(here, rows, "\n".join(f"{job['slug']} is {state}." for job in rows))


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _cells(job: Row) -> list[Any]:
    return [job["slug"], job["name"], job["grouping"], job["enabled"], _notes(job)]


def _notes(job: Row) -> str:
    notes = {
        "not installed": not job["installed"],
        "needs approval": job["approval_required"],
        "sensitive": job["has_sensitive_variables"],
        "read-only": job["read_only"],
        "hidden": job["hidden"],
        "hook receiver": job["is_job_hook_receiver"],
    }
    return ", ".join(note for note, applies in notes.items() if applies)


def _details(job: Row) -> list[tuple[str, Any]]:
    changed = [option for option, field in RESETTABLE.items() if job.get(f"{field}_override")]
    return [
        ("Name", job["name"]),
        ("Slug", job["slug"]),
        ("Class path", f"{job['source']}/{job['module_name']}/{job['job_class_name']}"),
        ("Id", job["id"]),
        ("Group", job["grouping"]),
        ("Description", job["description"].strip()),
        ("Enabled", job["enabled"]),
        ("Notes", _notes(job)),
        ("Commits by default", job["commit_default"]),
        ("Queues", job["task_queues"]),
        ("Soft time limit", f"{job['soft_time_limit']:g} s" if job["soft_time_limit"] else ""),
        ("Time limit", f"{job['time_limit']:g} s" if job["time_limit"] else ""),
        ("Changed here", changed),
        ("Changed", when(job["last_updated"])),
    ]


def _to_know(here: Here, job: str) -> list[tuple[str, Any]]:
    return [("Note", note["text"]) for note in here.client.get(f"/api/jobs/{job}/")["notes"]]


def _variable_cells(spec: Row) -> list[Any]:
    default = spec.get("default")
    text = default if isinstance(default, str) or default is None else json.dumps(default)
    about = spec.get("help_text") or spec.get("label") or ""
    return [spec["name"], spec["type"], bool(spec.get("required")), text, about]
