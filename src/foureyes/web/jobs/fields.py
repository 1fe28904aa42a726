"""Fields of the run form, made from the stored specs of a job's variables, and what a browser sends for them.

`raw` is what a field holds: text, a list of texts, or a yes; kept as it was typed while something is wrong with it.
Whether a value can be taken is the word of `catalog.inputs`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from foureyes.catalog.inputs import label_of
from foureyes.catalog.objects import model_of, rows_to_choose
from foureyes.jobs.variables import VariableError
from foureyes.runs.masking import MASK
from foureyes.users.models import User

Raw = str | list[str] | bool
MOST_ROWS = 300  # of an object variable, to choose from; above that an id is typed
FEW = 8  # choices of which several may be taken, as boxes
SHORT_TEXT = 40
KINDS = {
    "BooleanVar": "check",
    "TextVar": "area",
    "JSONVar": "json",
    "ChoiceVar": "select",
    "MultiChoiceVar": "several",
    "ObjectVar": "select",
    "MultiObjectVar": "several",
    "FileVar": "file",
    "DateVar": "date",
    "DateTimeVar": "datetime",
    "IntegerVar": "number",
}
SEVERAL = frozenset({"MultiChoiceVar", "MultiObjectVar"})
OBJECTS = frozenset({"ObjectVar", "MultiObjectVar"})
SHORT = frozenset({"check", "select", "date", "datetime", "number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of a list."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """Options under a heading, or without one."""

    label: str
    options: list[Option]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """Everything that a template needs of one variable."""

    name: str
    label: str
    help: str
    required: bool
    kind: str
    raw: Raw
    groups: list[OptionGroup] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    note: str = ""
    limits: str = ""
    most: int | None = None  # characters
    secret: bool = False
    differs: bool = False

    @property
    def id(self) -> str:
        """Of its element, and the target of links to it."""
        return f"id_{self.name}"

    @property
    def short(self) -> bool:
        """Does it fit half a line?"""
        return self.kind in SHORT or (self.kind == "text" and bool(self.most and self.most <= SHORT_TEXT))

    @property
    def described_by(self) -> str:
        """The ids of what explains it."""
        parts = [(self.help or self.limits or self.note, "help"), (self.errors, "error")]
        return " ".join(f"{self.id}-{part}" for there, part in parts if there)


def default_raw(spec: Mapping[str, Any]) -> Raw:
    """What the field holds at first."""
    return raw_of(spec, spec.get("default"))


def raw_of(spec: Mapping[str, Any], value: Any) -> Raw:
    """A value of a variable, as its field shows it. A masked secret is not shown."""
    kind = spec["type"]
    if kind == "BooleanVar":
        return bool(value)
    if kind in SEVERAL:
        return [str(item) for item in value] if isinstance(value, list) else []
    if value is None or value == MASK:
        return ""
    if kind == "JSONVar" or isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return _local(str(value)) if kind == "DateTimeVar" else str(value)


def raw_sent(spec: Mapping[str, Any], sent: QueryDict) -> Raw:
    """What a browser sent for the field."""
    name = spec["name"]
    if spec["type"] == "BooleanVar":
        return sent.get(name, "").lower() not in ("", "false")
    return sent.getlist(name) if spec["type"] in SEVERAL else sent.get(name, "")


def value_of(spec: Mapping[str, Any], raw: Raw) -> Any:
    """What the checks of the inputs are given."""
    if not isinstance(raw, str):
        return raw
    if spec["type"] == "DateTimeVar":
        return _with_offset(raw)
    if spec["type"] == "ObjectVar" and raw.lstrip().startswith("{"):
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            return raw
    return raw


def fields_of(
    specs: Iterable[Mapping[str, Any]], *, raws: Mapping[str, Raw], errors: Mapping[str, Sequence[str]], user: User
) -> list[InputField]:
    """The fields of all variables; `specs` have their choices."""
    return [_field(spec, raws[spec["name"]], list(errors.get(spec["name"], ())), user) for spec in specs]


def _field(spec: Mapping[str, Any], raw: Raw, errors: list[str], user: User) -> InputField:
    kind, note = KINDS.get(spec["type"], "text"), ""
    groups: list[OptionGroup] = []
    if spec["type"] in OBJECTS:
        kind, groups, note = _rows(spec, raw, user, kind)
    elif kind in ("select", "several"):
        groups, note = _groups(spec.get("choices") or [], raw), spec.get("choices_error", "")
    if kind == "several" and sum(len(group.options) for group in groups) <= FEW and not any(g.label for g in groups):
        kind = "boxes"
    if kind == "text" and spec.get("sensitive"):
        kind = "secret"
    return InputField(
        name=spec["name"],
        label=label_of(spec),
        help=spec.get("help_text", ""),
        required=bool(spec.get("required")),
        kind=kind,
        raw="" if kind == "secret" else raw,
        groups=groups,
        errors=errors,
        note=note,
        limits=limits_of(spec),
        most=spec.get("max_length"),
        secret=bool(spec.get("sensitive")),
        differs=spec["type"] != "FileVar" and raw != default_raw(spec),
    )


def limits_of(spec: Mapping[str, Any]) -> str:
    """What a value must keep to, in words."""
    least, most = spec.get("min_value"), spec.get("max_value")
    if least is not None and most is not None:
        return f"From {least} to {most}."
    if least is not None or most is not None:
        return f"At least {least}." if least is not None else f"At most {most}."
    short, long = spec.get("min_length"), spec.get("max_length")
    if short or long:
        parts = [f"at least {short}"] * bool(short) + [f"at most {long}"] * bool(long)
        return f"{' and '.join(parts).capitalize()} characters."
    if spec.get("regex"):
        return f"Must match {spec['regex']}"
    examples = {
        "IPAddressVar": "An IPv4 or IPv6 address.",
        "IPAddressWithMaskVar": "An address with its prefix length, such as 10.0.0.1/24.",
        "IPNetworkVar": "A network, such as 10.0.0.0/24.",
        "JSONVar": "JSON.",
    }
    if spec["type"] == "DateTimeVar":
        return f"Time in {timezone.get_current_timezone_name()}."
    return examples.get(spec["type"], "")


def _groups(choices: Sequence[Any], raw: Raw) -> list[OptionGroup]:
    chosen = set(raw) if isinstance(raw, list) else {raw}
    groups: list[OptionGroup] = []
    for value, label in choices:
        if isinstance(label, list):
            groups.append(OptionGroup(label=str(value), options=[_option(pair, chosen) for pair in label]))
        elif groups and not groups[-1].label:
            groups[-1].options.append(_option([value, label], chosen))
        else:
            groups.append(OptionGroup(label="", options=[_option([value, label], chosen)]))
    return groups


def _option(pair: Sequence[Any], chosen: set[Any]) -> Option:
    return Option(value=str(pair[0]), label=str(pair[1]), chosen=str(pair[0]) in chosen)


def _rows(spec: Mapping[str, Any], raw: Raw, user: User, kind: str) -> tuple[str, list[OptionGroup], str]:
    """A list of rows; where there are too many, or another way of naming one is filled in, a field for the id."""
    several = spec["type"] in SEVERAL
    try:
        noun = str(model_of(spec["model"])._meta.verbose_name)
        rows = rows_to_choose(model_name=spec["model"], user=user, most=MOST_ROWS)
    except VariableError as error:
        return kind, [], error.messages[0]
    if rows is None or (isinstance(raw, str) and raw.startswith("{")):
        hint = f'There are more than {MOST_ROWS}: give the id of the {noun}, or a lookup such as {{"name": "…"}}.'
        return ("ids" if several else "text"), [], hint
    return kind, _groups(rows, raw), "" if rows else f"There is no {noun} that you may view."


def _local(text: str) -> str:
    """An instant on the wall of the viewer's zone, as the browser's field wants it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    wall = timezone.localtime(at if at.tzinfo else at.replace(tzinfo=UTC))
    return wall.replace(tzinfo=None).isoformat(timespec="minutes" if not wall.second else "seconds")


def _with_offset(text: str) -> str:
    """A wall time of the viewer's zone as an instant; what cannot be read is left for the checks."""
    try:
        wall = datetime.fromisoformat(text.strip())
        return text if wall.tzinfo else wall.replace(tzinfo=timezone.get_current_timezone()).isoformat()
    except (ValueError, OverflowError):
        return text
