"""`foureyes schedules edit` and `clone`: other settings for a schedule, and another schedule with its settings."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from foureyes.cli.asking import ask
from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.inputs import json_object
from foureyes.cli.plans import FIELDS, changed_plan, labels, planned
from foureyes.cli.previews import PREVIEW, show_preview
from foureyes.cli.remote import Here, remote
from foureyes.cli.schedule_actions import REASON, said
from foureyes.cli.schedule_lookup import SCHEDULE, SCHEDULES, find_schedule
from foureyes.cli.screen import safe
from foureyes.cli.times import when

CLEARABLE = {
    "end": "end_time",
    "max-runs": "max_runs",
    "misfire-limit": "misfire_limit",
    "latest-start": "latest_start_seconds",
    "queue": "queue",
}
SHOWN = 5


@remote
@planned
def edit(
    here: Here,
    schedule: SCHEDULE,
    plan: Row,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="Other values of variables as a JSON object, @FILE or @-; the rest stays."),
    ] = None,
    commit: Annotated[bool | None, typer.Option(help="Keep what its runs do.")] = None,
    queue: Annotated[str | None, typer.Option(metavar="NAME", help="Queue of its runs.")] = None,
    priority: Annotated[int | None, typer.Option(metavar="NUMBER", help="Higher runs first.")] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="SETTING", help="Take away end, max-runs, misfire-limit, latest-start or queue."),
    ] = None,
    reason: REASON = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Change a schedule. What is not given stays as it is, and what is due at this moment still runs as it was.

    \b
    foureyes schedules edit nightly --crontab "30 3 * * *"
    foureyes schedules edit nightly --data '{"days": 14}' --clear end
    """
    found = find_schedule(here.client, schedule)
    given: Row = {"name": name, "description": description, "commit": commit, "queue": queue, "priority": priority}
    changes: Row = {field: value for field, value in given.items() if value is not None}
    if data:
        changes["inputs"] = found["inputs"] | json_object(data)
    moved = changed_plan(plan, zone=plan.get("zone") or found["time_zone"]) | _cleared(clear or [], {**given, **plan})
    if not changes and not moved:
        raise Failure("Nothing to change was given.", ExitCode.USAGE, hint="See `foureyes schedules edit --help`.")
    if moved and not here.screen.as_json and (preview := _preview(here, found, moved, labels(plan))):
        show_preview(here, preview)
        ask(here, "Change it to this?", sure=yes, otherwise="Nothing was changed.")
        here.screen.say()
    body = changes | moved | said(reason)
    changed = here.client.patch(f"{SCHEDULES}{found['id']}/", body, labels=labels(plan) | {"inputs": "--data"})
    _say(here, changed, "is changed")


@remote
def clone(
    here: Here,
    schedule: SCHEDULE,
    name: Annotated[str | None, typer.Option(help="Name of the copy.")] = None,
    reason: REASON = "",
) -> None:
    """Store the same again, asked for by you. The copy begins with the next instant; change it with `edit`.

    \b
    foureyes schedules clone nightly --name nightly-2
    """
    found = find_schedule(here.client, schedule)
    body = ({"name": name} if name else {}) | said(reason)
    _say(here, here.client.post(f"{SCHEDULES}{found['id']}/clone/", body), "is stored")


def add_to(app: typer.Typer) -> None:
    """Make them commands."""
    app.command("edit")(edit)
    app.command("clone")(clone)


def _cleared(names: list[str], given: Row) -> Row:
    fields: Row = {}
    for name in names:
        if name not in CLEARABLE:
            raise Failure(f"`{name}` cannot be taken away, but {', '.join(CLEARABLE)}.", ExitCode.USAGE)
        if given.get(name.replace("-", "_")) is not None:
            raise Failure(f"--{name} cannot be set and cleared at once.", ExitCode.USAGE)
        fields[CLEARABLE[name]] = None
    return fields


def _preview(here: Here, found: Row, changes: Row, names: dict[str, str]) -> Row | None:
    """What the schedule will do then; None where only the server can tell, because it began long ago."""
    plan = {field: (found | changes)[field] for field in FIELDS}
    if datetime.fromisoformat(plan["start_time"]) <= datetime.now(UTC):
        if plan["interval"] == "custom":
            del plan["start_time"]
        elif found["next_run_at"] and not changes.keys() & {"interval", "time_zone"}:
            plan["start_time"] = found["next_run_at"]
        else:
            return None
    if plan["max_runs"] is not None:
        plan["max_runs"] = max(plan["max_runs"] - found["total_run_count"], 1)
    return dict(here.client.post(PREVIEW, {**plan, "count": SHOWN}, labels=names))


def _say(here: Here, schedule: Row, what: str) -> None:
    if here.screen.as_json:
        here.screen.json(schedule)
    upcoming = f" Next: {when(schedule['next_run_at'])}." if schedule["next_run_at"] else ""
    here.screen.say(f"`{safe(schedule['name'])}` ({schedule['id']}) {what}: {safe(schedule['sentence'])}.{upcoming}")
