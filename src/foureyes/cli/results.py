"""`foureyes results`: runs, what they said, and what came of them."""

from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.downloads import save_files
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.follow import follow
from foureyes.cli.lookup import RUNS, find_job, find_run
from foureyes.cli.remote import Here, remote
from foureyes.cli.screen import coloured, size
from foureyes.cli.times import instant, lasting, when
from foureyes.cli.views import log_line, outcome, progress_text

app = typer.Typer(no_args_is_help=True, help="List and inspect runs, read their logs, cancel them, fetch their files.")
RUN = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, its start or end, or `last` for the newest.")]
LOG_PAGE = 1000


@app.command("list")
@remote
def list_runs(
    here: Here,
    job: Annotated[str | None, typer.Option(help="Only runs of this job.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only pending, running, completed, failed or errored ones.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only runs that this person started.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only run, dry_run or hook.")] = None,
    since: Annotated[str | None, typer.Option(help="Only runs created at this instant or later (ISO 8601).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, from the newest.")] = 20,
) -> None:
    """List runs, the newest first.

    \b
    foureyes results list --status failed
    foureyes results list --job purge-old-files --since 2030-01-31 --limit 100
    """
    job_id = find_job(here.client, job)["id"] if job else None
    query = {
        "job": job_id,
        "status": status,
        "user": user,
        "purpose": purpose,
        "created__gte": instant(since, "--since"),
    }
    rows = list(here.client.rows(RUNS, most=limit, **query))
    titles = ["Id", "Job", "Status", "By", "Created", "Took", "Notes"]
    here.screen.rows(rows, titles, _cells, empty="There are no such runs.")


@app.command("show")
@remote
def show_run(here: Here, run: RUN) -> None:
    """Show a run: who asked for what, how it went, what came of it."""
    found = find_run(here.client, run)
    if here.screen.as_json:
        here.screen.json(found)
        return
    here.screen.record(_details(found))


@app.command("logs")
@remote
def show_logs(
    here: Here,
    run: RUN,
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    level: Annotated[str | None, typer.Option(help="Only default, success, info, warning or failure.")] = None,
    after: Annotated[int | None, typer.Option(help="Only lines after this sequence number.")] = None,
) -> None:
    """Print the log of a run; with --json one JSON object per line.

    \b
    foureyes results logs last --follow
    foureyes results logs last --level failure
    """
    found = find_run(here.client, run)
    if follow_it:
        if level or after is not None:
            raise Failure("--follow shows the whole log: leave out --level and --after.", ExitCode.USAGE)
        follow(here, found["id"])
        return
    following = after
    while True:
        query: Row = {"after": following, "limit": LOG_PAGE, "level": level}
        page = here.client.get(f"{RUNS}{found['id']}/logs/", **query)
        for entry in page["results"]:
            if here.screen.as_json:
                here.screen.json_line(entry)
            else:
                here.screen.print(log_line(entry))
        following = page["next"]
        if following is None:
            return


@app.command("cancel")
@remote
def cancel_run(here: Here, run: RUN) -> None:
    """Cancel a run: one that waits never starts, one that runs is ended with all its processes."""
    found = find_run(here.client, run)
    cancelled = here.client.post(f"{RUNS}{found['id']}/cancel/")
    if here.screen.as_json:
        here.screen.json(cancelled)
    ended = cancelled["status"] not in {"pending", "running"}
    here.screen.say(f"Run {found['id']} is cancelled." if ended else f"Run {found['id']} is being cancelled.")


@app.command("changes")
@remote
def show_changes(here: Here, run: RUN) -> None:
    """List the changes that a run reported; of a dry run, what it would have changed."""
    found = find_run(here.client, run)
    rows = list(here.client.rows(f"{RUNS}{found['id']}/changes/"))
    titles = ["Target", "Before", "After", "Summary"]
    empty = "The run reported no changes."
    here.screen.rows(rows, titles, lambda row: [row[title.lower()] for title in titles], empty=empty)


@app.command("files")
@remote
def show_files(
    here: Here,
    run: RUN,
    names: Annotated[list[str] | None, typer.Argument(help="Download these; default: list all.")] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PLACE", help="File or folder to write to, `-` for standard output."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """List the output files of a run, or download those named; all of them if only `-o` is given.

    \b
    foureyes results files last
    foureyes results files last report.csv
    foureyes results files last report.csv -o -
    foureyes results files last -o reports/
    """
    found = find_run(here.client, run)
    rows = list(here.client.rows(f"{RUNS}{found['id']}/files/"))
    if names or output:
        save_files(here, found["id"], rows, names=names or [], output=output, force=force)
    elif here.screen.as_json:
        here.screen.json(rows)
    else:
        cells = [[row["name"], size(row["size"]), row["media_type"], row["sha256"]] for row in rows]
        here.screen.table(["Name", "Size", "Type", "SHA-256"], cells, empty="The run made no files.")


def _cells(run: Row) -> list[Any]:
    name = run["job"]["name"] if run.get("job") else run["name"]
    notes = [run["cause_text"]] if run.get("cause_text") else []
    notes += [run["purpose"].replace("_", " ")] if run["purpose"] != "run" else []
    notes += [progress_text(run["progress"])] if run.get("progress") and run["status"] == "running" else []
    took = lasting(run.get("duration_seconds"))
    return [run["id"], name, coloured(run["status"]), run["user_name"], when(run["created"]), took, "; ".join(notes)]


def _details(run: Row) -> list[tuple[str, Any]]:
    data = run["data"] if isinstance(run["data"], dict) else {}
    return [
        ("Run", run["id"]),
        ("Job", f"{run['job']['name']} ({run['job']['slug']})" if run.get("job") else run["name"]),
        ("Outcome" if run["completed"] else "Status", outcome(run) if run["completed"] else coloured(run["status"])),
        ("Asked for by", run["user_name"]),
        ("Kind", run["purpose"].replace("_", " ")),
        ("Commit", run["commit"]),
        ("Inputs", run["inputs"]),
        ("Queue", run["queue"]),
        ("Worker", run["worker"]),
        ("Attempt", f"{run['attempt']} of {run['max_retries'] + 1}" if run["max_retries"] else ""),
        ("Created", when(run["created"])),
        ("Started", when(run["started_at"])),
        ("Ended", when(run["completed"])),
        ("Progress", progress_text(run["progress"]) if run.get("progress") else ""),
        ("Cancelled by", run["cancelled_by"]),
        ("Source", run["source_digest"]),
        ("Log lines", run["log_count"] or ""),
        ("Changes", run["change_count"] or ""),
        ("Files", run["file_count"] or ""),
        ("Output", str(data.get("output") or "").strip("\n")),
    ]
