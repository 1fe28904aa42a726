"""A job's variables as options of the command line: their names, types and help texts."""

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from foureyes.cli.client import Row

PREFIX = "var_"
TYPES: dict[str, tuple[Any, str]] = {
    "StringVar": (str, "text"),
    "TextVar": (str, "text of any length"),
    "IntegerVar": (int, "whole number"),
    "BooleanVar": (bool, ""),
    "ChoiceVar": (str, "choice"),
    "MultiChoiceVar": (list[str], "choice; repeatable"),
    "ObjectVar": (str, "object: its id, or field=value"),
    "MultiObjectVar": (list[str], "object: its id; repeatable"),
    "FileVar": (Path, "path of a file"),
    "IPAddressVar": (str, "IP address"),
    "IPAddressWithMaskVar": (str, "IP address with mask"),
    "IPNetworkVar": (str, "IP network"),
    "DateVar": (str, "date: 2030-01-31"),
    "DateTimeVar": (str, "instant: 2030-01-31T22:00:00+01:00"),
    "JSONVar": (str, "JSON, or @FILE with JSON"),
}
METAVARS = {
    "FileVar": "PATH",
    "IntegerVar": "NUMBER",
    "JSONVar": "JSON",
    "DateVar": "DATE",
    "DateTimeVar": "INSTANT",
    "ObjectVar": "OBJECT",
    "MultiObjectVar": "OBJECT",
    "BooleanVar": None,
}
LIMITS = (
    ("min_value", "at least {}"),
    ("max_value", "at most {}"),
    ("min_length", "at least {} characters"),
    ("max_length", "at most {} characters"),
    ("regex", "matches {}"),
    ("min_prefix_length", "prefix length at least {}"),
    ("max_prefix_length", "prefix length at most {}"),
    ("model", "{}"),
)


def option_name(spec: Row, taken: set[str]) -> str:
    """`days` is `--days`; a name that an option of the command has is `--var-json`."""
    name = f"--{spec['name'].replace('_', '-')}"
    return name if name not in taken else f"--var-{name[2:]}"


def option_names(specs: list[Row], taken: set[str]) -> dict[str, str]:
    """The option of each variable."""
    return {spec["name"]: option_name(spec, taken) for spec in specs}


def parameters(specs: list[Row], options: Mapping[str, str]) -> list[inspect.Parameter]:
    """One keyword parameter per variable, for Typer. None means that the option was not given."""
    return [_parameter(spec, options[spec["name"]]) for spec in specs]


def _parameter(spec: Row, option: str) -> inspect.Parameter:
    kind, _ = TYPES.get(spec["type"], (str, ""))
    spelled = f"{option}/--no-{option[2:]}" if kind is bool else option
    limits: Row = {"exists": True, "dir_okay": False} if kind is Path else {}
    info = typer.Option(
        spelled,
        help=describe(spec),
        metavar=METAVARS.get(spec["type"], "VALUE"),
        show_default=False,
        rich_help_panel="Variables of the job",
        **limits,
    )
    return inspect.Parameter(
        PREFIX + spec["name"], inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, info]
    )


def describe(spec: Row) -> str:
    """What the help says of a variable: the author's text, type, limits, choices, default, whether it is required."""
    text = spec.get("help_text") or spec.get("label") or ""
    facts = [TYPES.get(spec["type"], (str, spec["type"]))[1]]
    facts += [words.format(spec[key]) for key, words in LIMITS if spec.get(key) not in (None, "")]
    if spec.get("choices_error"):
        facts.append(f"its choices cannot be read now: {spec['choices_error']}")
    elif spec.get("choices"):
        facts.append("one of " + ", ".join(choice_text(choice) for choice in spec["choices"]))
    if spec.get("default") not in (None, "", []):
        default = spec["default"]
        facts.append(f"default {default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)}")
    elif spec.get("required") and spec["type"] != "BooleanVar":
        facts.append("required")
    facts = [fact for fact in facts if fact]
    return " ".join([*([text.strip()] if text else []), *([f"({'; '.join(facts)})"] if facts else [])])


def flat(choices: list[Any]) -> list[Any]:
    """Choices without the groups that they may come in."""
    pairs: list[Any] = []
    for value, label in choices:
        pairs += flat(label) if isinstance(label, list) else [[value, label]]
    return pairs


def choice_text(choice: Any) -> str:
    """A choice as help and errors show it: its value, and its label if that is another word."""
    value, label = choice
    if isinstance(label, list):
        return ", ".join(choice_text(inner) for inner in label)
    return str(value) if str(value) == str(label) else f"{value} ({label})"
