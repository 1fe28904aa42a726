"""What a job returned, as a page shows it: text as it is, files as links, rows as a table, the rest as JSON."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from foureyes.models import JobResult

MOST_CHARACTERS = 100_000
MOST_ROWS, MOST_COLUMNS = 200, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One value in one of its forms. `left_out` says what is not shown of it."""

    text: str = ""
    files: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    left_out: str = ""


def returned_of(run: JobResult, *, files: Collection[str]) -> list[Returned]:
    """What the methods of the job returned, then what it put into its results. `files` are those that the run made."""
    data = run.data if isinstance(run.data, dict) else {"output": run.data}
    values = json.loads(run.returned) if run.returned else [str(data.get("output") or "").strip("\n")]
    if results := {name: value for name, value in data.items() if name != "output"}:
        values = [*values, results]
    return [_shown(value, files) for value in values if value not in (None, "", [], {})]


def _shown(value: Any, files: Collection[str]) -> Returned:
    if names := _names_of_files(value, files):
        return Returned(files=names)
    if isinstance(value, list) and (head := _columns(value)):
        rows = [[_cell(row.get(name)) for name in head] for row in value[:MOST_ROWS]]
        return Returned(head=head, rows=rows, left_out=_more(len(value) - len(rows), "row"))
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return Returned(text=text[:MOST_CHARACTERS], left_out=_more(len(text) - MOST_CHARACTERS, "character"))


def _names_of_files(value: Any, files: Collection[str]) -> list[str]:
    """The files of the run that a text or a list of texts names, if it names nothing else."""
    texts = value if isinstance(value, list) else [value]
    names = [PurePath(text).name for text in texts if isinstance(text, str) and len(text) < MOST_CHARACTERS]
    return names if len(names) == len(texts) and all(name in files for name in names) else []


def _columns(rows: list[Any]) -> list[str]:
    """The names in rows that are flat and few enough for a table."""
    if not all(isinstance(row, dict) and all(map(_is_flat, row.values())) for row in rows):
        return []
    names = list(dict.fromkeys(name for row in rows for name in row))
    return names if len(names) <= MOST_COLUMNS else []


def _is_flat(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _more(count: int, what: str) -> str:
    if count <= 0:
        return ""
    return f"{count:,} more {what}{'' if count == 1 else 's'} left out here. The REST API has all of it."
