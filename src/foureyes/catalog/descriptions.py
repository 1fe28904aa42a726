"""What a job class says about itself, as its process told it: checked here, because that process runs author code."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foureyes.errors import Invalid
from foureyes.jobs.variables import variable_from_spec
from foureyes.models.job import OVERRIDABLE
from foureyes.sandbox.text import storable
from foureyes.unseen import JOINERS, STRAY, is_unseen

LONGEST_CLASS_NAME = 100
LONGEST = {"grouping": 255, "name": 100}
LONGEST_QUEUE = 100
SMALL = 2**15 - 1  # of the columns
LARGE = 2**31 - 1

TEXTS = ("grouping", "name", "description")
FLAGS = ("has_sensitive_variables", "approval_required", "commit_default", "hidden", "read_only")
LIMITS = ("soft_time_limit", "time_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One job class: `class_values` are what people may override, `columns` the rest. `warnings` say what was cut."""

    class_name: str
    class_values: dict[str, Any]
    columns: dict[str, Any]
    data_files: list[str]
    warnings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the process said about a module. `refused` are classes that cannot be taken as they are, and why."""

    descriptions: tuple[Description, ...]
    refused: dict[str, str]
    loaded_files: tuple[str, ...]

    @property
    def data_globs(self) -> tuple[str, ...]:
        """What the classes together name as their data files."""
        return tuple(sorted({glob for description in self.descriptions for glob in description.data_files}))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each class that was refused and for each value that was cut."""
        cut = [
            f"{description.class_name}: {text}" for description in self.descriptions for text in description.warnings
        ]
        return (*(f"{name}: {reason}" for name, reason in self.refused.items()), *cut)


def read_answer(content: Mapping[str, Any]) -> Answered:
    """Sort the classes of a module into those that can be taken and those that cannot."""
    refused = {storable(str(name)): storable(str(reason)) for name, reason in dict(content.get("skipped", {})).items()}
    descriptions = []
    for name, told in dict(content["jobs"]).items():
        try:
            descriptions.append(read_description(class_name=name, told=told))
        except Invalid as refusal:
            refused[storable(name)] = refusal.message
    refused = {name: (reason.splitlines() or ["It cannot be described."])[0] for name, reason in refused.items()}
    return Answered(
        descriptions=tuple(descriptions),
        refused=refused,
        loaded_files=tuple(str(file) for file in content.get("files", [])),
    )


def read_description(*, class_name: str, told: Mapping[str, Any]) -> Description:
    """Take over what fits the columns, cut texts that are too long, and refuse what makes no sense."""
    if len(class_name) > LONGEST_CLASS_NAME:
        raise Invalid(f"Its name has more than {LONGEST_CLASS_NAME} characters.", code="job_class_name")
    warnings: list[str] = []
    return Description(
        class_name=class_name,
        class_values=_class_values(told, warnings),
        columns=_columns(told),
        data_files=_texts(told, "data_files"),
        warnings=warnings,
    )


def _class_values(told: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {field: _cut(field, _text(told, field), warnings) for field in TEXTS}
    values |= {field: _flag(told, field) for field in FLAGS}
    values |= {field: _number(told, field) for field in LIMITS}
    values["task_queues"] = _queues(told)
    return {field: values[field] for field in OVERRIDABLE}


def _columns(told: Mapping[str, Any]) -> dict[str, Any]:
    limit = told.get("concurrency_limit")
    return {
        "variables": _variables(told),
        "test_methods": _texts(told, "test_methods"),
        "uses_database": _flag(told, "uses_database"),
        "concurrency_limit": None if limit is None else _integer(told, "concurrency_limit", 1, LARGE),
        "priority": _integer(told, "priority", -SMALL, SMALL),
        "max_retries": _integer(told, "max_retries", 0, LARGE),
        "retry_delay_seconds": _number(told, "retry_delay_seconds"),
        "is_job_hook_receiver": _flag(told, "is_job_hook_receiver"),
    }


def _wrong(field: str, wanted: str) -> Invalid:
    return Invalid(f"Its {field} is not {wanted}.", code="job_meta")


def _text(told: Mapping[str, Any], field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str):
        raise _wrong(field, "a text")
    text = storable(value)
    if field != "description":
        text = seen(text)
        if not text.strip():
            raise _wrong(field, "a text that can be seen")
    return text


def seen(text: str) -> str:
    """A name without what nobody sees (gate G22): people tell jobs apart by it."""
    text = STRAY.sub("", text.replace("\n", " "))
    return "".join(one for one in text if one in JOINERS or not is_unseen(one))


def _cut(field: str, text: str, warnings: list[str]) -> str:
    limit = LONGEST.get(field)
    if limit is None or len(text) <= limit:
        return text
    warnings.append(f"Its {field} is cut to {limit} characters.")
    return text[:limit]


def _flag(told: Mapping[str, Any], field: str) -> bool:
    value = told.get(field)
    if not isinstance(value, bool):
        raise _wrong(field, "True or False")
    return value


def _number(told: Mapping[str, Any], field: str) -> float:
    value = told.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _wrong(field, "a number of seconds, 0 or more")
    return float(value)


def _integer(told: Mapping[str, Any], field: str, least: int, most: int) -> int:
    value = told.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(field, f"a whole number from {least} to {most}")
    return value


def _texts(told: Mapping[str, Any], field: str) -> list[str]:
    values = told.get(field)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _wrong(field, "a list of texts")
    return [storable(value) for value in values]


def _queues(told: Mapping[str, Any]) -> list[str]:
    queues = _texts(told, "task_queues")
    if not all(0 < len(queue) <= LONGEST_QUEUE for queue in queues):
        raise _wrong("task_queues", f"a list of names of at most {LONGEST_QUEUE} characters")
    return queues


def _variables(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    specs = told.get("variables")
    if not isinstance(specs, list) or not all(isinstance(s, dict) and isinstance(s.get("name"), str) for s in specs):
        raise _wrong("variables", "a list of variables")
    for spec in specs:
        if not spec["name"] or any(not right(spec[option]) for option, right in OPTIONS.items() if option in spec):
            raise _wrong(f"variable {spec['name'][:50]}", "described as one")
        _demand_known(spec)
    return specs


def _demand_known(spec: Mapping[str, Any]) -> None:
    """Servers make the variable from what is stored of it, again and again: it has to go the first time."""
    try:
        variable_from_spec(spec)
        model_is_missing = "Object" in spec["type"] and not spec.get("model")
    except Exception:
        model_is_missing = True
    if model_is_missing:
        raise _wrong(f"variable {spec['name'][:50]}", "described as one")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_choices(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, list) and len(one) == 2 for one in value))


OPTIONS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("type", "label", "help_text", "widget", "regex", "model", "display_field", "null_option"), _is_text
    ),
    **dict.fromkeys(("required", "sensitive", "dynamic_choices"), _is_flag),
    **dict.fromkeys(("min_value", "max_value", "min_length", "max_length"), _is_number),
    **dict.fromkeys(("min_prefix_length", "max_prefix_length", "position"), _is_number),
    "choices": _are_choices,
    "query_params": lambda value: isinstance(value, dict),
}
