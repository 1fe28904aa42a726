"""The part of `foureyes run` that stores a schedule: shown first, and asked about on a terminal."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from foureyes.cli.approval_lookup import open_request_of, say_what_is_next
from foureyes.cli.asking import ask
from foureyes.cli.client import Row
from foureyes.cli.exits import Failure
from foureyes.cli.inputs import Inputs
from foureyes.cli.plans import FIELDS, OPTIONS, PANEL, labels, new_plan, parameters_of, spelled
from foureyes.cli.previews import PREVIEW, show_preview
from foureyes.cli.remote import Here
from foureyes.cli.schedule_lookup import SCHEDULES
from foureyes.cli.screen import safe
from foureyes.cli.sending import TERMS, send
from foureyes.cli.times import when

OWN = ("name", "description")
VALUED = {spelled(name) for name in (*OPTIONS, *OWN)}  # options of a schedule; each takes a value
SHOWN = 5
ABOUT: dict[str, Any] = {
    "name": Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the schedule; default: the job's.", rich_help_panel=PANEL),
    ],
    "description": Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the schedule is for.", rich_help_panel=PANEL)
    ],
    "yes": Annotated[bool | None, typer.Option("--yes", help="Store it without asking.", rich_help_panel=PANEL)],
}


def parameters() -> list[inspect.Parameter]:
    """The options of a schedule, for Typer."""
    return parameters_of({**OPTIONS, **ABOUT})


def wanted(given: Row) -> Row:
    """The options of a schedule among those that were given."""
    return {name: given[name] for name in (*OPTIONS, *OWN) if given.get(name) is not None}


def plan_of(given: Row, options: Mapping[str, str]) -> Row:
    """The plan that the options of a schedule make, if there is one: `--name` alone may mean the job's own variable."""
    plan = {name: value for name, value in given.items() if name not in OWN}
    try:
        return new_plan(plan)
    except Failure as failure:
        meant = [f"{options[name]} for the job's `{name}`" for name in given if name in options]
        if meant and not plan.keys() & {"at", "every", "crontab"}:
            failure.hint = f"Or did you mean {' and '.join(meant)}?"
        raise


def store(
    here: Here, job: Row, inputs: Inputs, settings: Row, *, given: Row, options: Mapping[str, str], yes: bool
) -> None:
    """Store a schedule with these settings after showing what it will do. Without a name it has the job's."""
    names = {**TERMS, **labels(given), **options, "queue": "--queue", "task_queue": "--queue", "inputs": "--data"}
    if not here.screen.as_json:
        plan = {field: value for field, value in settings.items() if field in FIELDS}
        show_preview(here, here.client.post(PREVIEW, {**plan, "count": SHOWN}, labels=names))
        ask(here, f"Store this schedule of {safe(job['name'])}?", sure=yes, otherwise="Nothing was stored.")
    about = {"job": job["id"], "name": job["name"]}
    about |= {name: given[name] for name in OWN if name in given}
    _say(here, send(here.client, SCHEDULES, inputs, {**about, **settings}, key="inputs", labels=names))


def _say(here: Here, stored: Row) -> None:
    if here.screen.as_json:
        here.screen.json(stored)
        return
    here.screen.say()
    upcoming = f" Next: {when(stored['next_run_at'])}." if stored["next_run_at"] else ""
    here.screen.say(f"Stored as `{safe(stored['name'])}` ({stored['id']}).{upcoming}")
    if stored["state"] == "pending":
        say_what_is_next(here.screen, open_request_of(here.client, stored["id"]))
    if stored["warning"]:
        here.screen.say(f"Warning: {safe(stored['warning'])}")
    if here.client.get("/health/")["scheduler"] != "ok":
        here.screen.say("Warning: no scheduler is alive, and nothing is fired without one. See `foureyes doctor`.")
