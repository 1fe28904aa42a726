"""`foureyes jobs`: which jobs there are, and the switches an administrator sets."""

import json
from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.completion import job_argument
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import JOBS, find_job
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import safe, when

app = typer.Typer(no_args_is_help=True, help="List, inspect, enable and adjust jobs.")
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
    if here.screen.as_json:
        here.screen.json(rows)
        return
    titles = ["Slug", "Name", "Group", "Enabled", "Notes"]
    cells = [[job["slug"], job["name"], job["grouping"], job["enabled"], _notes(job)] for job in rows]
    here.screen.table(titles, cells, empty="There are no such jobs. Put a job file into the jobs folder of the server.")


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
    here.screen.record(_details(row))
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


@app.command("edit")
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
    _show_changed(here, [row], f"{row['slug']} is changed.")


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
    _show_changed(here, rows, "\n".join(f"{job['slug']} is {state}." for job in rows))


def _show_changed(here: Here, rows: list[Row], sentence: str) -> None:
    if here.screen.as_json:
        here.screen.json(rows if len(rows) > 1 else rows[0])
    here.screen.say(safe(sentence))


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


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


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


def _variable_cells(spec: Row) -> list[Any]:
    default = spec.get("default")
    text = default if isinstance(default, str) or default is None else json.dumps(default)
    about = spec.get("help_text") or spec.get("label") or ""
    return [spec["name"], spec["type"], bool(spec.get("required")), text, about]
