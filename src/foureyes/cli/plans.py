"""The options that say when something runs, the same wherever a schedule is made, previewed or changed.

Whether a plan makes sense is the server's word; here options become its fields, and times become instants.
"""

import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.planned_times import checked_zone, planned_instant, seconds_of, zone_here

PANEL = "When it runs"
KINDS = ("at", "every", "crontab")
TIMES = {"at": "start_time", "start": "start_time", "end": "end_time"}
LENGTHS = {"jitter": "jitter_seconds", "latest_start": "latest_start_seconds"}
PLAIN = {
    "crontab": "crontab",
    "zone": "time_zone",
    "max_runs": "max_runs",
    "day_rule": "day_rule",
    "gap": "gap",
    "fold": "fold",
    "misfire": "misfire",
    "misfire_limit": "misfire_limit",
    "overlap": "overlap",
}


def _option(spelled: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(spelled, help=text, metavar=metavar, show_default=False, rich_help_panel=PANEL)


OPTIONS: dict[str, Any] = {
    "at": Annotated[str | None, _option("--at", "Once, at this time.", "TIME")],
    "every": Annotated[
        Literal["hourly", "daily", "weekly"] | None, _option("--every", "Again and again, counted from --start.")
    ],
    "crontab": Annotated[str | None, _option("--crontab", 'As crontab(5) says, as "30 2 * * mon-fri".', "FIELDS")],
    "zone": Annotated[
        str | None, _option("--zone", "Zone whose clock counts, as Europe/Berlin; default: this machine's.", "ZONE")
    ],
    "start": Annotated[str | None, _option("--start", "First instant, or with --crontab the earliest.", "TIME")],
    "end": Annotated[str | None, _option("--end", "Nothing is planned after this.", "TIME")],
    "max_runs": Annotated[int | None, _option("--max-runs", "End after so many runs.", "NUMBER")],
    "jitter": Annotated[
        str | None, _option("--jitter", "Come up to so much later, always the same, as 10m.", "LENGTH")
    ],
    "day_rule": Annotated[
        Literal["or", "and"] | None,
        _option("--day-rule", "Day of month and day of week both given: one is enough (or), or both must match."),
    ],
    "gap": Annotated[
        Literal["after", "skip"] | None,
        _option("--gap", "A time that a clock change takes away: run right after it, or not."),
    ],
    "fold": Annotated[
        Literal["first", "second", "both"] | None,
        _option("--fold", "A time that a clock change gives twice: run the first time, the second or both."),
    ],
    "misfire": Annotated[
        Literal["latest", "skip", "all"] | None,
        _option("--misfire", "Instants noticed late: run the latest alone, none, or all."),
    ],
    "misfire_limit": Annotated[int | None, _option("--misfire-limit", "With all: at most so many.", "NUMBER")],
    "latest_start": Annotated[
        str | None, _option("--latest-start", "Never start more than this late, as 30m.", "LENGTH")
    ],
    "overlap": Annotated[
        Literal["allow", "skip", "queue"] | None,
        _option("--overlap", "The previous run still goes on: run as well, skip, or wait for it."),
    ],
}
LABELS = {field: f"--{name.replace('_', '-')}" for name, field in (TIMES | LENGTHS | PLAIN).items() if name != "at"} | {
    "interval": "--every"
}

FIELDS = (*dict.fromkeys([*TIMES.values(), *LENGTHS.values(), *PLAIN.values()]), "interval")


def spelled(name: str) -> str:
    """An option as it is typed: `--max-runs`."""
    return f"--{name.replace('_', '-')}"


def parameters_of(options: Row) -> list[inspect.Parameter]:
    """Options as parameters, for Typer. None means that the option was not given."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(name, keyword, default=None, annotation=kind) for name, kind in options.items()]


def planned(function: Callable[..., None]) -> Callable[..., None]:
    """The function with the options of a plan after its own. It gets those that were given as `plan`."""

    @functools.wraps(function)
    def with_plan(*args: Any, **options: Any) -> None:
        given = {name: options.pop(name) for name in OPTIONS}
        function(*args, **options, plan={name: value for name, value in given.items() if value is not None})

    own = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "plan"]
    with_plan.__signature__ = inspect.Signature([*own, *parameters_of(OPTIONS)])  # type: ignore[attr-defined]  # read by Typer
    return with_plan


def new_plan(given: Row, *, now: datetime | None = None) -> Row:
    """The fields of a new plan from the options that were given."""
    kinds = [spelled(name) for name in KINDS if name in given]
    if not kinds:
        first = next((f"{spelled(name)} is about a schedule. " for name in given), "")
        raise Failure(f"{first}Say when: give --at, --every or --crontab.", ExitCode.USAGE)
    if "every" in given and "start" not in given:
        raise Failure("--every counts from --start: give it, as in --start 02:30.", ExitCode.USAGE)
    zone = given.get("zone") or zone_here()
    return {"time_zone": zone} | changed_plan(given, zone=zone, now=now)


def changed_plan(given: Row, *, zone: str, now: datetime | None = None) -> Row:
    """The fields that the given options name, and no others. Times without an offset are on the clock of the zone."""
    kinds = [spelled(name) for name in KINDS if name in given]
    if len(kinds) > 1:
        raise Failure(f"{' and '.join(kinds)} exclude each other.", ExitCode.USAGE)
    if "at" in given and "start" in given:
        raise Failure("--at is the only instant: leave out --start.", ExitCode.USAGE)
    checked_zone(zone)
    fields = {field: given[name] for name, field in PLAIN.items() if name in given}
    fields |= {field: seconds_of(given[name], spelled(name)) for name, field in LENGTHS.items() if name in given}
    for name, field in TIMES.items():
        if name in given:
            fields[field] = planned_instant(given[name], spelled(name), zone=zone, now=now or datetime.now(UTC))
    return fields | _kind(given)


def labels(plan: Row) -> dict[str, str]:
    """How fields that the server refuses are called on the command line."""
    return LABELS | ({"start_time": "--at"} if "at" in plan else {})


def _kind(given: Row) -> Row:
    if "at" in given:
        return {"interval": "future", "crontab": ""}
    if "every" in given:
        return {"interval": given["every"], "crontab": ""}
    return {"interval": "custom"} if "crontab" in given else {}
