"""The values of a job's variables, from options, `--data` and defaults, as the server takes them.

Types and choices are checked here only as far as needed to build the value; the server's word on validity is the last.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from foureyes.cli.client import Row
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.variables import choice_text, flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Values for the variables of a job, as JSON, and the files of file variables."""

    data: Row
    files: Mapping[str, Path] = field(default_factory=dict)


def collect(
    specs: list[Row],
    given: Mapping[str, Any],
    options: Mapping[str, str],
    *,
    data: str | None,
    files: list[str],
) -> Inputs:
    """Defaults of the job, overlaid with `--data`, overlaid with the options: what a filled-in form would send."""
    values = {spec["name"]: spec["default"] for spec in specs if spec.get("default") is not None}
    values |= json_object(data) if data else {}
    paths: dict[str, Path] = {}
    for spec in specs:
        name, value = spec["name"], given.get(spec["name"])
        if isinstance(value, Path):
            paths[name] = value
        elif value not in (None, []):
            values[name] = _converted(spec, value, options[name])
        elif _is_asked_for(spec, values):
            values[name] = typer.prompt(f"{spec.get('label') or name}", hide_input=True, err=True)
    paths |= dict(_named_file(text) for text in files)
    return Inputs(data={name: value for name, value in values.items() if name not in paths}, files=paths)


def json_object(text: str) -> Row:
    """The JSON object of a `--data` option: the text itself, `@FILE`, or `@-` for standard input."""
    value = json_value(text, "--data")
    if not isinstance(value, dict):
        raise Failure('--data wants a JSON object, such as \'{"folder": "/tmp"}\'.', ExitCode.USAGE)
    return value


def json_value(text: str, option: str) -> Any:
    """JSON from the command line, from `@FILE`, or from standard input (`@-`)."""
    source = text
    if text.startswith("@"):
        try:
            source = sys.stdin.read() if text == "@-" else Path(text[1:]).expanduser().read_text()
        except (OSError, UnicodeError) as error:
            raise Failure(f"{option}: {text[1:]} cannot be read: {error}.", ExitCode.USAGE) from error
    try:
        return json.loads(source)
    except ValueError as error:
        raise Failure(f"{option} is not JSON: {error}.", ExitCode.USAGE) from error


def _is_asked_for(spec: Row, values: Row) -> bool:
    """A secret is asked for on the terminal, so that it need not stand in the shell's history."""
    wanted = spec.get("sensitive") and spec.get("required") and spec["name"] not in values
    return bool(wanted and spec["type"] == "StringVar" and sys.stdin.isatty())


def _converted(spec: Row, value: Any, option: str) -> Any:
    kind = spec["type"]
    if kind in {"ChoiceVar", "MultiChoiceVar"}:
        one_or_more = value if isinstance(value, list) else [value]
        chosen = [_chosen(spec, text, option) for text in one_or_more]
        return chosen if kind == "MultiChoiceVar" else chosen[0]
    if kind == "JSONVar":
        return json_value(value, option)
    if kind == "ObjectVar":
        return _object(value, option)
    if kind == "MultiObjectVar":
        return [_key(text) for text in value]
    return value


def _chosen(spec: Row, text: str, option: str) -> Any:
    """The value of the choice that is meant, by value or label. Without known choices the server decides."""
    choices = flat(spec.get("choices") or [])
    for index in (0, 1):
        for choice in choices:
            if str(choice[index]) == text:
                return choice[0]
    if not choices:
        return text
    allowed = ", ".join(choice_text(choice) for choice in choices)
    raise Failure(f"{option}: `{text}` is not one of {allowed}.", ExitCode.USAGE)


def _object(text: str, option: str) -> Any:
    """An object by its key, or by lookups: `name=ops,site=berlin`."""
    if text.startswith("{"):
        return json_value(text, option)
    if "=" not in text:
        return _key(text)
    return {name.strip(): value for name, _, value in (part.partition("=") for part in text.split(","))}


def _key(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _named_file(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    file = Path(path).expanduser()
    if not equals or not name:
        raise Failure("--file wants VARIABLE=PATH.", ExitCode.USAGE)
    if not file.is_file():
        raise Failure(f"--file {name}: there is no file {path}.", ExitCode.USAGE)
    return name, file
