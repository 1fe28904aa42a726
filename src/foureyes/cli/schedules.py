"""`foureyes schedules`: what is stored for later, when it is due, and what is wrong with it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from foureyes.cli import schedule_actions, schedule_edits
from foureyes.cli.client import Row
from foureyes.cli.lookup import find_job
from foureyes.cli.planned_times import checked_zone, length_of
from foureyes.cli.remote import Here, remote
from foureyes.cli.schedule_lookup import SCHEDULE, SCHEDULES, find_schedule
from foureyes.cli.screen import coloured
from foureyes.cli.times import stamp, when

app = typer.Typer(no_args_is_help=True, help="List, inspect, pause, change and end schedules; see `foureyes run JOB`.")
LATE = {
    "latest": "only the latest instant runs",
    "skip": "skipped",
    "all": "all run",
}
OVERLAP = {
    "allow": "runs beside the previous run",
    "skip": "skipped while the previous run goes on",
    "queue": "waits for the previous run",
}
DAY_RULE = {"or": "day of month or day of week is enough", "and": "day of month and day of week must match"}
GAP = {"after": "runs right after the gap", "skip": "does not run"}
FOLD = {"first": "runs the first time", "second": "runs the second time", "both": "runs both times"}


@app.command("list")
@remote
def list_schedules(
    here: Here,
    search: Annotated[str | None, typer.Argument(help="Only those with this in name, job or description.")] = None,
    job: Annotated[str | None, typer.Option(help="Only schedules of this job.")] = None,
    user: Annotated[str | None, typer.Option(help="Only those that this person asks for.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only active, paused, pending, finished, errored or cancelled ones.")
    ] = None,
    warnings: Annotated[
        bool, typer.Option("--warnings", help="Only those whose requester is gone or inactive: they are going to fail.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, from the newest.")] = 50,
) -> None:
    """List schedules, the newest first.

    \b
    foureyes schedules list --state active --job purge-old-files
    foureyes schedules list --warnings
    """
    query: Row = {
        "q": search,
        "job": find_job(here.client, job)["id"] if job else None,
        "user": user,
        "state": state,
        "without_owner": "true" if warnings else None,
    }
    rows = list(here.client.rows(SCHEDULES, most=limit, **query))
    titles = ["Id", "Name", "Job", "State", "When", "Next run", "Runs", "By", "Note"]
    here.screen.rows(rows, titles, _cells, empty="There are no such schedules.")


@app.command("show")
@remote
def show_schedule(here: Here, schedule: SCHEDULE) -> None:
    """Show a schedule: what runs, when, under which rules, and what stands in its way."""
    found = find_schedule(here.client, schedule)
    if here.screen.as_json:
        here.screen.json(found)
        return
    here.screen.record(_details(found))


def _cells(row: Row) -> list[Any]:
    job = row["job"]["name"] if row["job"] else row["job_class"]
    requester = row["user"]["username"] if row["user"] else ""
    note = row["warning"] or row["state_reason"]
    coming = when(row["next_run_at"])
    runs = row["total_run_count"]
    return [row["id"], row["name"], job, coloured(row["state"]), row["sentence"], coming, runs, requester, note]


def _details(row: Row) -> list[tuple[str, Any]]:
    custom, follows_clock = row["interval"] == "custom", row["interval"] in {"daily", "weekly", "custom"}
    runs = row["total_run_count"]
    zone = row["time_zone"]
    return [
        ("Schedule", row["id"]),
        ("Name", row["name"]),
        ("Description", row["description"]),
        ("State", coloured(row["state"])),
        ("Because", row["state_reason"]),
        ("Warning", row["warning"]),
        ("Job", f"{row['job']['name']} ({row['job']['slug']})" if row["job"] else row["job_class"]),
        ("Inputs", row["inputs"]),
        ("Commit", row["commit"]),
        ("Queue", row["queue"]),
        ("Priority", row["priority"] or ""),
        ("Asked for by", _requester(row)),
        ("When", row["sentence"]),
        ("Next run", on_clocks(row["next_run_at"], zone)),
        ("Crontab", row["crontab"]),
        ("Day rule", DAY_RULE[row["day_rule"]] if custom else ""),
        ("Zone", zone),
        ("Start", on_clocks(row["start_time"], zone)),
        ("End", on_clocks(row["end_time"], zone)),
        ("Clock forward", GAP[row["gap"]] if follows_clock else ""),
        ("Clock back", FOLD[row["fold"]] if follows_clock else ""),
        ("Noticed late", _late(row)),
        ("Overlap", OVERLAP[row["overlap"]]),
        ("Delay", f"up to {length_of(row['jitter_seconds'])}" if row["jitter_seconds"] else ""),
        ("Runs", f"{runs} of {row['max_runs']}" if row["max_runs"] else str(runs)),
        ("Last run", on_clocks(row["last_run_at"], zone)),
        ("Revision", row["revision"]),
        ("Created", when(row["created"])),
        ("Changed", when(row["date_changed"])),
    ]


def on_clocks(instant: str | None, zone: str) -> str:
    """An instant on the clock of its zone, on that of the person where it shows something else, and in UTC."""
    if not instant:
        return ""
    utc = datetime.fromisoformat(instant)
    there = f"{stamp(utc.astimezone(checked_zone(zone)))} in {zone}"
    here = when(instant)
    shown = [there, *([f"{here} here"] if not there.startswith(here) else []), f"{utc:%Y-%m-%d %H:%M:%S} UTC"]
    return "\n".join(shown[:1] if zone == "UTC" and len(shown) == 2 else shown)


def _requester(row: Row) -> str:
    if not row["user"]:
        return "nobody: the account was deleted"
    return str(row["user"]["username"]) + ("" if row["owner_active"] else " (inactive)")


def _late(row: Row) -> str:
    text = LATE[row["misfire"]]
    if row["misfire"] == "all" and row["misfire_limit"]:
        text = f"the last {row['misfire_limit']} run"
    latest = row["latest_start_seconds"]
    return text if latest is None else f"{text}; missed if more than {length_of(latest)} late"


schedule_actions.add_to(app)
schedule_edits.add_to(app)
