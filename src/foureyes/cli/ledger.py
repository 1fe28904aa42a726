"""`foureyes ledger`: what became of planned instants, and why. `foureyes preview`: what a plan would do."""

import sys
from typing import Annotated, Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.lookup import find_job
from foureyes.cli.plans import labels, new_plan, planned
from foureyes.cli.previews import PREVIEW, show_preview
from foureyes.cli.remote import Here, remote
from foureyes.cli.schedule_lookup import schedule_id
from foureyes.cli.screen import coloured
from foureyes.cli.times import instant, when

OCCURRENCES = "/api/occurrences/"


@remote
def ledger(
    here: Here,
    schedule: Annotated[
        str | None, typer.Option(help="Only instants of this schedule: name, id or the start of one.")
    ] = None,
    job: Annotated[str | None, typer.Option(help="Only instants of schedules of this job.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Planned for this time or later.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Planned for before this time.")] = None,
    fate: Annotated[str | None, typer.Option(help="Only fired, skipped, missed, refused, queued or held ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many lines, from the latest instant.")] = 100,
) -> None:
    """Print what became of every planned instant, the latest first: its run, or the reason why there is none.

    \b
    foureyes ledger --schedule nightly
    foureyes ledger --from 2030-01-01 --to 2030-02-01 --fate missed
    """
    query: Row = {
        "schedule": schedule_id(here.client, schedule) if schedule else None,
        "job": find_job(here.client, job)["id"] if job else None,
        "from": instant(since, "--from"),
        "to": instant(until, "--to"),
        "fate": fate,
    }
    rows = list(here.client.rows(OCCURRENCES, most=limit + 1, **query))
    if len(rows) > limit:
        print(f"There are older ones: only the latest {limit} are shown; see --limit and --to.", file=sys.stderr)
    if here.screen.as_json:
        here.screen.json(rows[:limit])
        return
    titles = ["Planned", "Schedule", "Fate", "Reason", "Run", "Status"]
    here.screen.table(titles, [_cells(row) for row in rows[:limit]], empty="No instant was planned then.")


@remote
@planned
def preview(
    here: Here,
    plan: Row,
    count: Annotated[int, typer.Option(min=1, max=200, help="How many instants to show.")] = 10,
) -> None:
    """Show what a schedule would do, without storing it.

    \b
    foureyes preview --crontab "30 2 * * mon-fri" --zone Europe/Berlin
    foureyes preview --every weekly --start 2030-02-01T04:00 --count 20
    """
    shown = here.client.post(PREVIEW, {**new_plan(plan), "count": count}, labels=labels(plan))
    if here.screen.as_json:
        here.screen.json(shown)
    else:
        show_preview(here, shown)


def _cells(row: Row) -> list[Any]:
    planned_at = when(row["planned_at"])
    if row["count"] > 1:
        planned_at = f"{planned_at} to {when(row['last_planned_at'])} ({row['count']} instants)"
    run = coloured(row["run_status"]) if row["run_status"] else ""
    return [planned_at, row["schedule"]["name"], coloured(row["fate"]), row["reason"], row["run"], run]
