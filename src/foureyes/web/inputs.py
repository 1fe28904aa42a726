"""Inputs of a run or a schedule as people read them: the label of each variable, and its value as text."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from foureyes.catalog.inputs import label_of
from foureyes.web.source_text import spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInput:
    """One input. `is_set` is false where nothing was given."""

    name: str
    label: str
    text: str
    is_set: bool

    @property
    def html(self) -> SafeString:
        """The text with every character that nobody sees written out (gate G22)."""
        return spelled(self.text)


def shown_inputs(*, variables: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> list[ShownInput]:
    """Every input in the order of the form, then values of variables that the job has no more."""
    specs = {spec["name"]: spec for spec in variables}
    names = [*specs, *(name for name in values if name not in specs)]
    return [
        ShownInput(
            name=name,
            label=label_of(specs.get(name, {"name": name})),
            text=_text_of(specs.get(name, {}), values.get(name)),
            is_set=values.get(name) not in (None, "", [], {}),
        )
        for name in names
    ]


def _text_of(spec: Mapping[str, Any], value: Any) -> str:
    """The value; JSON as JSON, since its texts could be taken for something else."""
    as_json = spec.get("type") == "JSONVar" and value is not None
    return json.dumps(value, ensure_ascii=False) if as_json else value_text(value)


def value_text(value: Any, *, on_lines: bool = False) -> str:
    """A canonical value as one text: yes and no, lists by comma, objects as JSON; or `on_lines`, to be compared."""
    match value:
        case None | "":
            return "not set"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in value):
            return ("\n" if on_lines else ", ").join(map(str, value)) or "none"
        case _:
            return json.dumps(value, indent=2 if on_lines else None, ensure_ascii=False, sort_keys=True)
