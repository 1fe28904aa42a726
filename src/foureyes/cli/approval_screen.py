"""A request on one screen: everything that an approver has to see before deciding."""

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rich.text import Text

from foureyes.cli.approval_lookup import APPROVALS
from foureyes.cli.client import Client, Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import RUNS
from foureyes.cli.schedules import on_clocks
from foureyes.cli.screen import Screen, cell_of, coloured, safe
from foureyes.cli.times import when
from foureyes.sentences import in_our_words

DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
KINDS = {"run": "one run", "series": "every run of a schedule", "open_gate": "runs of the job without approval"}
MARKS = {"alert": ("!! ", "bold red"), "warning": ("!  ", "yellow"), "note": ("-  ", "dim"), "good": ("ok ", "green")}
MOST_CHANGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A request, who may decide it, and what its newest dry run would have changed; None if that is out of sight."""

    request: Row
    deciders: Row
    changes: list[Row] | None = field(default=None)


def read_review(client: Client, request: Row) -> Review:
    """The request with what the server keeps at other addresses."""
    deciders = client.get(f"{APPROVALS}{request['id']}/deciders/")
    tried = request["dry_runs"]
    return Review(request=request, deciders=deciders, changes=_changes_of(client, tried[0]["id"]) if tried else None)


def show_review(screen: Screen, review: Review) -> None:
    """What is asked for, what to look at, what has changed, what was tried and said, and who decides."""
    row = review.request
    screen.record(_about(row))
    _show_points(screen, row)
    _show_inputs(screen, row)
    _show_other_changes(screen, row)
    _show_source(screen, row)
    _show_trial(screen, review)
    _show_comments(screen, row)
    _show_deciders(screen, review)


def job_name(row: Row) -> str:
    """The job of a request, or what its class was called if the job is gone."""
    return str(row["job"]["name"] if row["job"] else row["class_path"])


def starts(row: Row) -> str:
    """When it runs, in words."""
    return f"{row['when']}{' Past due.' if row['past_due'] else ''}"


def show_files(screen: Screen, source: Row) -> None:
    """The files of a source as they are."""
    for file in source["files"]:
        screen.print(Text(safe(file["path"]), "bold"))
        screen.print(safe(file["text"]) if file["text"] is not None else "This file is no text, or too large.")


def _changes_of(client: Client, run: str) -> list[Row] | None:
    try:
        return list(client.rows(f"{RUNS}{run}/changes/", most=MOST_CHANGES + 1))
    except Failure as failure:
        if failure.exit_code in {ExitCode.NOT_FOUND, ExitCode.NOT_ALLOWED}:
            return None
        raise


def _about(row: Row) -> list[tuple[str, Any]]:
    content, job = row["content"], row["job"]
    plan = content.get("schedule") or {}
    start = "" if plan.get("interval") == "immediately" else on_clocks(row["start_time"], plan.get("time_zone", "UTC"))
    return [
        ("Request", f"{row['number']} ({row['id']})"),
        ("State", coloured(row["state"])),
        ("Decided", _decision(row)),
        ("Grant", _grant(row["grant"])),
        ("Runs made", [run["id"] for run in row["runs"]]),
        ("Asks for", KINDS[row["kind"]]),
        ("Job", f"{job_name(row)} ({job['slug']})" if job else job_name(row)),
        ("Name", row["name"]),
        ("Description", row["description"]),
        ("Asked for by", row["requester"]),
        ("Contributors", _contributors(row)),
        ("Reason", row["reason"] or "no reason given"),
        ("Runs", starts(row)),
        ("Start", start),
        ("Risk", _risk(row["risk"])),
        ("Commit", content.get("commit")),
        ("Queue", content.get("queue")),
        ("Asked", when(row["created"])),
        ("Expires", when(row["expires_at"]) if row["state"] == "open" else ""),
        ("Source", row["source"]["digest"]),
        ("Digest", row["digest"]),
    ]


def _risk(risk: Row) -> str:
    return "\n".join([risk["level"], *(rule["text"] for rule in risk["rules"])])


def _decision(row: Row) -> str:
    told = [
        f"{party['verdict']} by {party['username']} at {when(party['at'])}: {party['reason'] or 'no reason given'}"
        for party in row["parties"]
        if party["part"] == "decider"
    ]
    return "\n".join(told) or when(row["decided_at"])


def _grant(grant: Row | None) -> str:
    if grant is None:
        return ""
    if grant["voided_at"]:
        return f"taken back at {when(grant['voided_at'])}: {grant['void_reason']}"
    if grant["uses_left"] == 0:
        return "used up"
    return f"holds until {when(grant['expires_at'])}" if grant["expires_at"] else "holds"


def _contributors(row: Row) -> list[str]:
    parties = [party for party in row["parties"] if party["part"] == "contributor"]
    return [f"{party['username']} ({', '.join(party['roles'])})" for party in parties]


def _show_points(screen: Screen, row: Row) -> None:
    _title(screen, "Look at", there=bool(row["review_points"]))
    for point in row["review_points"]:
        screen.print(Text.assemble(MARKS[point["severity"]], safe(point["text"])))


def _show_inputs(screen: Screen, row: Row) -> None:
    """Every input with what stands behind it, and its value when the job was approved last if that differs."""
    inputs, objects = row["content"].get("inputs", {}), row["content"].get("objects", {})
    before = {change["name"]: change["before"] for change in row["differences"]["inputs"]}
    names = list(dict.fromkeys([*inputs, *before]))
    _title(screen, "Inputs", there=bool(names))
    cells = []
    for name in names:
        value = Text.assemble(_shown(inputs.get(name)), _objects(objects.get(name)))
        cells.append((safe(name), value + _was(before[name]) if name in before else value))
    screen.record(cells)


def _objects(found: list[Row] | None) -> str:
    return f"  {safe(', '.join(str(one.get('display', one)) for one in found))}" if found else ""


def _show_other_changes(screen: Screen, row: Row) -> None:
    found = row["differences"]
    changes = [*found["schedule"], *found["settings"]]
    _title(screen, f"Other changes since request {found['against']}", there=bool(changes))
    screen.record([(safe(one["name"]), _shown(one["after"]) + _was(one["before"])) for one in changes])


def _was(value: Any) -> Text:
    return Text.assemble("  ", ("was", "yellow"), " ", _shown(value))


def _shown(value: Any) -> Text:
    return Text("(nothing)", "dim") if value in (None, "", [], {}) else cell_of(_distinct(value))


def _distinct(value: Any) -> Any:
    """Lists and texts that look like JSON as JSON: no two values are read alike."""
    odd = isinstance(value, list) or (isinstance(value, str) and value.lstrip()[:1] in ("[", "{", '"'))
    return json.dumps(value, ensure_ascii=False) if odd else value


def _show_source(screen: Screen, row: Row) -> None:
    files, against = row["differences"]["source"], row["differences"]["against"]
    if row["kind"] == "open_gate":
        return
    _title(screen, "Source", there=True)
    if files is None:
        screen.print("You may not read the source of this job.")
    elif against is None:
        screen.print(f"Nothing to compare with. Read all of it:  foureyes approvals show {row['number']} --source")
    elif not files:
        screen.print(f"The same as in request {against}.")
    for file in files or []:
        screen.print(Text(f"{safe(file['path'])} ({file['kind']} since request {against})", "bold"))
        for line in safe(file["diff"]).split("\n"):
            screen.print(Text(line, DIFF_STYLES.get(line[:1], "")))


def _show_trial(screen: Screen, review: Review) -> None:
    """The newest dry run, with what a run would change."""
    tried, changes = review.request["dry_runs"], review.changes
    if not tried:
        return
    run = tried[0]
    _title(screen, "Dry run", there=True)
    screen.print(Text.assemble(f"{run['id']} by {safe(run['user_name'])} ", coloured(run["status"])))
    if changes is None:
        screen.print("You may not see its changes.")
        return
    cells = [[row["target"], row["before"], row["after"], row["summary"]] for row in islice(changes, MOST_CHANGES)]
    if cells:
        screen.table(["Would change", "Before", "After", "Summary"], cells)
    else:
        screen.print("It told of no changes.")
    if len(changes) > MOST_CHANGES:
        screen.print(f"And more:  foureyes results changes {run['id']}")


def _show_comments(screen: Screen, row: Row) -> None:
    _title(screen, "Comments", there=bool(row["comments"]))
    for said in row["comments"]:
        screen.print(f"{when(said['at'])} {safe(said['username'])}: {safe(said['text'])}")
        if said["suggestion"]:
            screen.print(Text.assemble("  suggests ", cell_of(said["suggestion"]), f"  ({said['id']})"))


def _show_deciders(screen: Screen, review: Review) -> None:
    if review.request["state"] != "open":
        return
    _title(screen, "Who decides", there=True)
    mine = review.deciders["mine"]
    screen.record(
        [(f"May {verb}", _names(review.deciders[verb])) for verb in ("approve", "deny")]
        + [
            (f"You {verb}", "yes" if mine[verb]["allowed"] else f"no: {in_our_words(mine[verb]['detail'])}")
            for verb in mine
        ]
    )


def _names(people: list[Row]) -> str:
    return ", ".join(person["username"] for person in people) or "nobody"


def _title(screen: Screen, text: str, *, there: bool) -> None:
    if there:
        screen.print("")
        screen.print(Text(text, "bold"))
