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
from foureyes.catalog.object_choices import Offered, depends_on, offered_rows
from foureyes.catalog.objects import model_of
from foureyes.jobs.variables import VariableError
from foureyes.runs.masking import MASK
from foureyes.users.models import User
from foureyes.web.typed_times import for_field, typed_instant

Raw = str | list[str] | bool
MOST_ROWS = 300  # of an object variable, to choose from; above that one searches
FOUND_ROWS = 50  # of a search
SOUGHT = "_find_"  # before the name of a variable: what is searched for
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
    "IPAddressVar": "address",
    "IPAddressWithMaskVar": "address",
    "IPNetworkVar": "address",
}
SEVERAL = frozenset({"MultiChoiceVar", "MultiObjectVar"})
OBJECTS = frozenset({"ObjectVar", "MultiObjectVar"})
SHORT = frozenset({"check", "select", "date", "datetime", "number", "address"})


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
    none: str = "None"  # what the empty choice says
    groups: list[OptionGroup] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    note: str = ""
    search: bool = False  # has a field to search what it offers
    sought: str = ""
    follows: str = ""  # the labels of the fields that narrow what it offers
    limits: str = ""
    most: int | None = None  # characters
    secret: bool = False
    group: str = ""  # the heading that it stands under
    differs: bool = False

    @property
    def id(self) -> str:
        """Of its element, and the target of links to it."""
        return f"id_{self.name}"

    @property
    def short(self) -> bool:
        """Does it fit half a line?"""
        short_text = self.kind == "text" and bool(self.most and self.most <= SHORT_TEXT)
        return short_text or (self.kind in SHORT and not self.search)

    @property
    def hint(self) -> str:
        """What the author says of it, and its limits, as sentences."""
        end = "." if self.help and self.limits and self.help.rstrip()[-1:] not in (*".:!?", "") else ""
        return " ".join(part for part in (f"{self.help}{end}", self.limits) if part)

    @property
    def changes(self) -> bool:
        """Does what it offers change with the form?"""
        return self.search or bool(self.follows)

    @property
    def described_by(self) -> str:
        """The ids of what explains it."""
        parts = [(self.hint or self.note, "help"), (self.errors, "error")]
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


def raws_sent(specs: Iterable[Mapping[str, Any]], sent: QueryDict) -> dict[str, Raw]:
    """The same of a whole form. `_reset` names a variable that gets its default again."""
    return {
        spec["name"]: default_raw(spec) if spec["name"] == sent.get("_reset") else raw_sent(spec, sent)
        for spec in specs
    }


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


def sought_in(sent: QueryDict) -> dict[str, str]:
    """What is searched for, by variable."""
    return {name.removeprefix(SOUGHT): text for name, text in sent.items() if name.startswith(SOUGHT)}  # type: ignore[misc]  # texts


def fields_of(
    specs: Iterable[Mapping[str, Any]],
    *,
    raws: Mapping[str, Raw],
    errors: Mapping[str, Sequence[str]],
    user: User,
    sought: Mapping[str, str] | None = None,
) -> list[InputField]:
    """The fields of all variables; `specs` have their choices."""
    specs, sought = list(specs), sought or {}
    labels = {spec["name"]: label_of(spec) for spec in specs}
    return [
        _field(spec, raws, list(errors.get(spec["name"], ())), user, sought.get(spec["name"], ""), labels)
        for spec in specs
    ]


def _field(
    spec: Mapping[str, Any],
    raws: Mapping[str, Raw],
    errors: list[str],
    user: User,
    sought: str,
    labels: Mapping[str, str],
) -> InputField:
    raw = raws[spec["name"]]
    kind, note, search = KINDS.get(spec["type"], "text"), "", False
    groups: list[OptionGroup] = []
    if spec["type"] in OBJECTS:
        kind, groups, note, search = _rows(spec, raws, user, kind, sought)
    elif kind in ("select", "several"):
        groups, note = _groups(spec.get("choices") or [], raw), spec.get("choices_error", "")
    if kind == "several" and not search and _are_few(groups):
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
        none=str(spec.get("null_option") or "None"),
        search=search,
        sought=sought,
        follows=", ".join(labels[name] for name in sorted(depends_on(spec)) if name in labels),
        limits=limits_of(spec),
        most=spec.get("max_length"),
        secret=bool(spec.get("sensitive")),
        group=str(spec.get("group", "")),
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
        "JSONVar": 'JSON, such as {"site": "fra"}.',
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


def _are_few(groups: Sequence[OptionGroup]) -> bool:
    return sum(len(group.options) for group in groups) <= FEW and not any(group.label for group in groups)


def _option(pair: Sequence[Any], chosen: set[Any]) -> Option:
    return Option(value=str(pair[0]), label=str(pair[1]), chosen=str(pair[0]) in chosen)


def _rows(
    spec: Mapping[str, Any], raws: Mapping[str, Raw], user: User, kind: str, sought: str
) -> tuple[str, list[OptionGroup], str, bool]:
    """A list of rows, with a search where they are too many; where a lookup is filled in, a field for its text."""
    raw = raws[spec["name"]]
    if isinstance(raw, str) and raw.startswith("{"):
        return "text", [], "A lookup; the one row that it fits is meant.", False
    chosen = [one for one in (raw if isinstance(raw, list) else [str(raw)]) if one]
    try:
        noun = str(model_of(spec["model"])._meta.verbose_name)
        offered = offered_rows(
            spec=spec, given=raws, chosen=chosen, text=sought, user=user, most=MOST_ROWS, found=FOUND_ROWS
        )
    except VariableError as error:
        return kind, _groups([[one, one] for one in chosen], raw), error.messages[0], False
    search = offered.more or bool(sought)
    note = _note(noun, offered, narrowed=bool(sought or spec.get("query_params")))
    if sought and not note:
        note = f"{len(offered.rows)} found."
    return kind, _groups([*offered.chosen, *offered.rows], raw), note, search


def _note(noun: str, offered: Offered, *, narrowed: bool) -> str:
    if offered.more and len(offered.rows) == FOUND_ROWS:
        return f"There are more: these are the first {FOUND_ROWS}. Search for the {noun} that you mean."
    if not offered.rows:
        return f"No {noun} that you may view fits." if narrowed else f"There is no {noun} that you may view."
    return ""


def _local(text: str) -> str:
    """An instant on the wall of the viewer's zone, as the browser's field wants it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return for_field(at if at.tzinfo else at.replace(tzinfo=UTC))


def _with_offset(text: str) -> str:
    """A wall time of the viewer's zone as an instant; what cannot be read is left for the checks."""
    try:
        return timezone.localtime(typed_instant(text)).isoformat()
    except ValueError:
        return text
