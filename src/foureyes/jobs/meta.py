"""The options of a job's `class Meta`, read once and checked."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

MAX_PRIORITY = 1000


class MetaError(Exception):
    """`class Meta` says something that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `class Meta` may say, with the defaults of 1.x; the second part is ours."""

    name: str = ""
    description: str = ""
    approval_required: bool = False
    commit_default: bool = True
    field_order: Sequence[str] | None = None
    field_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_sensitive_variables: bool = True
    hidden: bool = False
    read_only: bool = False
    soft_time_limit: float = 0
    time_limit: float = 0
    task_queues: Sequence[str] = ()

    database: bool = False
    data_files: Sequence[str] = ()
    concurrency_limit: int | None = None
    is_singleton: bool = False
    max_retries: int = 0
    retry_delay: float = 0
    priority: int = 0


def options_of(job_class: type) -> Options:
    """The options of the class. Names we do not know are left alone, as on the 1.x server."""
    meta = getattr(job_class, "Meta", None)
    given = {one.name: getattr(meta, one.name) for one in fields(Options) if hasattr(meta, one.name)}
    for name, value in given.items():
        _check(name, value)
    name = given.get("name") or job_class.__name__
    given["description"] = inspect.cleandoc(given.get("description") or "").strip()
    if given.get("is_singleton"):
        given["concurrency_limit"] = 1
    return Options(**{**given, "name": name})


_FLAGS = {"approval_required", "commit_default", "has_sensitive_variables", "hidden", "read_only", "database"}
_LISTS = {"task_queues", "data_files", "field_order"}
_AMOUNTS = {"soft_time_limit", "time_limit", "max_retries", "retry_delay"}


def _check(name: str, value: Any) -> None:
    if name in ("name", "description") and value is not None and not isinstance(value, str):
        raise MetaError(f"Meta.{name} must be text, not {value!r}")
    if name in _FLAGS and not isinstance(value, bool):
        raise MetaError(f"Meta.{name} must be True or False, not {value!r}")
    if name in _LISTS and value is not None and not _is_list_of_text(value):
        raise MetaError(f"Meta.{name} must be a list of names, not {value!r}")
    if name == "field_groups" and not _is_groups(value):
        raise MetaError(f"Meta.field_groups must name lists of variables by their headings, not {value!r}")
    if name in _AMOUNTS and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise MetaError(f"Meta.{name} must be a number and not negative, not {value!r}")
    if name == "priority" and (isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_PRIORITY):
        raise MetaError(f"Meta.priority must be a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}, not {value!r}")
    if name == "concurrency_limit" and value is not None and (not isinstance(value, int) or value < 1):
        raise MetaError(f"Meta.concurrency_limit must be a whole number from 1 on, not {value!r}")


def _is_groups(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(heading, str) and _is_list_of_text(names) for heading, names in value.items()
    )


def _is_list_of_text(value: Any) -> bool:
    return not isinstance(value, str) and isinstance(value, Sequence) and all(isinstance(item, str) for item in value)
