"""Writes output files of a run to this machine. Nothing is overwritten unasked, no name leaves the folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.lookup import RUNS
from foureyes.cli.remote import Here
from foureyes.cli.screen import safe, size


def save_files(here: Here, run_id: str, rows: list[Row], *, names: list[str], output: str | None, force: bool) -> None:
    """Download the named files, or all, to a file, into a folder, or to standard output."""
    wanted = _wanted(rows, names)
    if output == "-":
        for row in wanted:
            _copy(here, run_id, row, sys.stdout.buffer)
        return
    targets = [(row, _target(row, output, single=len(names) == 1)) for row in wanted]
    for _, target in targets:
        if target.exists() and not force:
            raise Failure(f"{target} exists. Overwrite it with --force, or name another place with -o.", ExitCode.USAGE)
    for row, target in targets:
        with _written(target) as out:
            _copy(here, run_id, row, out)
        here.screen.say(f"{target}  {size(row['size'])}")
    if here.screen.as_json:
        here.screen.json([{**row, "saved_as": str(target)} for row, target in targets])


def _wanted(rows: list[Row], names: list[str]) -> list[Row]:
    known = {row["name"]: row for row in rows}
    missing = [name for name in names if name not in known]
    if missing or not rows:
        there = f"It made {', '.join(safe(name) for name in known)}." if known else "It made no files."
        raise Failure(f"The run has no file {', '.join(missing)}.".replace(" .", "."), ExitCode.NOT_FOUND, hint=there)
    return [known[name] for name in names] if names else rows


def _target(row: Row, output: str | None, *, single: bool) -> Path:
    """Where a file goes. Its name comes from a job and is taken without any folder in it."""
    plain = Path(row["name"].replace("\\", "/")).name or row["id"]
    if output is None:
        return Path(plain)
    place = Path(output).expanduser()
    return place if single and not place.is_dir() and not output.endswith(os.sep) else place / plain


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when it is complete."""
    draft = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as out:
            yield out
        draft.replace(target)
    except OSError as error:
        raise Failure(f"{target} cannot be written: {error.strerror or error}.", ExitCode.USAGE) from error
    finally:
        draft.unlink(missing_ok=True)


def _copy(here: Here, run_id: str, row: Row, out: BinaryIO) -> None:
    path = f"{RUNS}{run_id}/files/{quote(row['name'], safe='')}/"
    try:
        with here.client.stream(path, {"Accept": "*/*"}) as pieces:
            for piece in pieces:
                out.write(piece)
    except ConnectionError as error:
        raise Failure(
            f"The connection broke while {safe(row['name'])} was fetched. Try again.", ExitCode.UNREACHABLE
        ) from error
    out.flush()
