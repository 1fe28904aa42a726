"""From what a person types to the thing that is meant: job by slug, name, class path, id or the start of one of them;
accounts, groups, permissions and tokens by name or id; runs by id, by a part of it, or `last`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from uuid import UUID

from foureyes.cli.client import Client, Row
from foureyes.cli.exits import ExitCode, Failure

JOBS = "/api/extras/jobs/"
RUNS = "/api/runs/"
RECENT_RUNS = 500  # how far back a part of an id is looked for
SHORTEST_PART = 4


def find_job(client: Client, text: str) -> Row:
    """The job that `text` names, in the short form of lists."""
    return _find(list(client.rows(JOBS, brief=1)), text, what="job", names=job_names, show=lambda job: str(job["slug"]))


def find_run(client: Client, text: str) -> Row:
    """The run with this id, with a part of an id (its start or end) among recent ones, or the `last` one."""
    unknown = Failure(
        f"There is no run `{text}` that you may see.",
        ExitCode.NOT_FOUND,
        hint="List runs with `foureyes results list`.",
    )
    if is_uuid(text):
        return _run_by_id(client, text, unknown)
    recent = list(client.rows(RUNS, most=1 if text == "last" else RECENT_RUNS))
    if text == "last" and recent:
        return recent[0]
    part = text.lower()
    fitting = [run for run in recent if run["id"].startswith(part) or run["id"].endswith(part)]
    if len(fitting) == 1 and len(part) >= SHORTEST_PART:
        return fitting[0]
    if fitting:
        shown = [f"{run['id']}  {run['name']}" for run in fitting]
        raise _ambiguous("run", text, shown)
    raise unknown


def _run_by_id(client: Client, text: str, unknown: Failure) -> Row:
    try:
        return dict(client.get(f"{RUNS}{text}/"))
    except Failure as failure:
        if failure.exit_code == ExitCode.NOT_FOUND:
            raise unknown from None
        raise


def find_named(client: Client, path: str, text: str, *, what: str, key: str = "name") -> Row:
    """The row of a list whose id or name (under `key`) is `text`, or the only one whose name begins with it."""
    rows = list(client.rows(path))
    return _find(rows, text, what=what, names=lambda row: [str(row[key])], show=lambda row: str(row[key]))


def job_names(job: Row) -> list[str]:
    """Everything a job may be called, ids apart."""
    slug = str(job["slug"])
    path = f"{job['source']}/{job['module_name']}/{job['job_class_name']}"
    return [slug, job["name"], slugified(job["name"]), path, slug.removeprefix(f"{job['source']}-")]


def slugified(name: str) -> str:
    """`Purge old files` as a person types it: `purge-old-files`."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")


def is_uuid(text: str) -> bool:
    """Is it an id, rather than a name?"""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def demand_said(text: str, what: str) -> None:
    """Refuses an empty word, as an empty variable of a shell leaves it: it would fit anything."""
    if not text.strip():
        raise Failure(f"The name of the {what} is empty. Say which one is meant.", ExitCode.USAGE)


def _find(
    rows: list[Row], text: str, *, what: str, names: Callable[[Row], Iterable[str]], show: Callable[[Row], str]
) -> Row:
    demand_said(text, what)
    wanted = text.casefold()
    exact = [row for row in rows if wanted == str(row["id"]).casefold() or wanted in map(str.casefold, names(row))]
    fitting = exact or [row for row in rows if any(name.casefold().startswith(wanted) for name in names(row) if wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise _ambiguous(what, text, [show(row) for row in fitting])
    known = {name.casefold(): show(row) for row in rows for name in names(row)}
    similar = dict.fromkeys(known[name] for name in get_close_matches(wanted, known, n=5, cutoff=0.5))
    hint = f"Did you mean {_listed(similar)}?" if similar else ""
    raise Failure(f"There is no {what} `{text}` that you may see.", ExitCode.NOT_FOUND, hint=hint)


def _ambiguous(what: str, text: str, candidates: Sequence[str]) -> Failure:
    lines = [f"`{text}` may mean more than one {what}:", *(f"  {name}" for name in candidates[:20])]
    left = len(candidates) - 20
    return Failure("\n".join([*lines, *([f"  and {left} more"] if left > 0 else [])]), ExitCode.USAGE)


def _listed(names: Iterable[str]) -> str:
    *rest, last = [f"`{name}`" for name in names]
    return f"{', '.join(rest)} or {last}" if rest else last
