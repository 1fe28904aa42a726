"""What is asked for beside the source: inputs, schedule and settings, next to what was approved last."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from foureyes.approvals.differences import Differences, comparable
from foureyes.catalog.inputs import label_of
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.web.inputs import value_text
from foureyes.web.jobs.when import MISFIRES, OVERLAPS
from foureyes.web.names import Names
from foureyes.web.source_text import spelled
from foureyes.web.times import duration, shown
from foureyes.web.wording import marked

NOTHING = mark_safe('<span class="muted">nothing</span>')
PLAN = {
    "interval": "Type",
    "crontab": "Crontab",
    "time_zone": "Time zone",
    "day_rule": "Day of month and weekday",
    "gap": "Time that does not exist",
    "fold": "Time that exists twice",
    "start_time": "Starting date and time",
    "end_time": "End",
    "one_off": "Once",
    "max_runs": "At most so many runs",
    "jitter_seconds": "Delay, up to seconds",
    "misfire": "Missed runs",
    "misfire_limit": "Missed runs, at most",
    "latest_start_seconds": "Latest start, seconds after its time",
    "overlap": "While the previous run goes on",
}
SETTINGS = {
    "class_path": "Class",
    "commit": "Commit",
    "queue": "Queue",
    "run_as": "Runs as",
    "limits": "Time limits",
    "priority": "Priority",
    "retries": "Retries",
    "concurrency": "Runs at the same time",
    "read_only": "Read only",
    "uses_database": "Uses the database",
    "environment": "Environment",
    "open_gate_of": "Opens the gate of",
    "lowered_by": "Lowered by event",
    "policy": "Version of the rule",
    "version": "Version of the content",
}
ABOUT = {"name": "Schedule name", "description": "Description"}
INSTANTS = ("start_time", "end_time")
CHOICES: Mapping[str, Mapping[str, str]] = {
    "misfire": dict(MISFIRES),
    "overlap": dict(OVERLAPS),
    "day_rule": {"or": "one of them is enough", "and": "both"},
    "gap": {"after": "Run right after it", "skip": "Leave the run out"},
    "fold": {"first": "Run the first time", "second": "Run the second time", "both": "Run both times"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value, before and now; of a first request there is no before."""

    name: str
    changed: bool
    after: SafeString
    before: SafeString = field(default_factory=SafeString)
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Lines of one kind, and how many of them differ."""

    lines: list[Line]
    compares: bool

    @property
    def changed(self) -> int:
        """How many differ."""
        return sum(line.changed for line in self.lines)

    @property
    def unchanged(self) -> int:
        """How many are as they were."""
        return len(self.lines) - self.changed


def inputs_of(request: ApprovalRequest, found: Differences) -> Compared:
    """The inputs in the order of the form, and those that were there before and are not any more."""
    old = found.against.snapshot["content"] if found.against else None
    return _inputs(request.snapshot["content"], old, _specs(request))


def _inputs(content: Mapping[str, Any], old: Mapping[str, Any] | None, specs: Mapping[str, Any]) -> Compared:
    new_values, old_values = content.get("inputs", {}), (old or {}).get("inputs", {})
    names = dict.fromkeys([*(name for name in specs if name in new_values), *new_values, *old_values])
    lines = []
    for name in names:
        objects = (content.get("objects", {}).get(name), (old or {}).get("objects", {}).get(name))
        values = (_with_objects(new_values.get(name), objects[0]), _with_objects(old_values.get(name), objects[1]))
        detail = _counts(*objects) if old is not None else _count(objects[0])
        spec = specs.get(name, {"name": name})
        read = tuple(_as_given(spec, value) for value in values)
        lines.append(_line(label_of(spec), read, is_new=old is None, detail=detail))
    return Compared(lines=lines, compares=old is not None)


def settings_of(request: ApprovalRequest, found: Differences, *, names: Names, now: datetime) -> Compared:
    """Everything else that the approval covers: when it runs, how, and as whom."""
    content = _with_names(comparable(request.snapshot["content"]), names)
    old = _with_names(comparable(found.against.snapshot["content"]), names) if found.against else None
    return Compared(lines=_settings(content, old, now), compares=old is not None)


def _settings(content: Mapping[str, Any], old: Mapping[str, Any] | None, now: datetime) -> list[Line]:
    return [
        *_lines(ABOUT, content, old, now),
        *_lines(PLAN, content.get("schedule") or {}, old.get("schedule") if old else None, now),
        *_lines(SETTINGS, content, old, now),
    ]


def changed_lines(
    after: Mapping[str, Any], before: Mapping[str, Any], *, variables: Iterable[Mapping[str, Any]], now: datetime
) -> list[Line]:
    """What differs between two contents, inputs first; beside their own keys they may have those of `ABOUT`."""
    specs = {spec["name"]: spec for spec in variables}
    lines = [*_inputs(after, before, specs).lines, *_settings(after, before, now)]
    return [line for line in lines if line.changed]


def value_html(value: Any) -> SafeString:
    """A value as it is read: text as it is, lists one under another."""
    if value is None or value in ("", [], {}):
        return NOTHING
    return spelled(value_text(value, on_lines=True))


def suggestion_lines(request: ApprovalRequest, suggestion: Mapping[str, Any], *, now: datetime) -> list[Line]:
    """What a suggestion would change, field by field."""
    content, specs = request.snapshot["content"], _specs(request)
    plan = content.get("schedule") or {}
    lines = []
    for name, value in suggestion.items():
        if name == "inputs" and isinstance(value, Mapping):
            asked = content.get("inputs", {})
            given = [(specs.get(str(key), {"name": str(key)}), one, asked.get(key)) for key, one in value.items()]
            lines += [
                _line(label_of(spec), (_as_given(spec, one), _as_given(spec, before)), is_new=False)
                for spec, one, before in given
                if one != before
            ]
            continue
        before = plan.get(name) if name in PLAN else content.get(name)
        values = (_plan_word(name, value, now), _plan_word(name, before, now))
        label = PLAN[name] if name in PLAN else SETTINGS.get(name, name)
        lines.append(_line(label, values, is_new=False, whole=True))
    return lines


def _with_names(content: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """People by name, and by id as the digest has them."""
    run_as = content.get("run_as")
    named = f"{names.of(UUID(run_as), 'somebody whose account is gone')}, {run_as}" if run_as else None
    return {**content, "run_as": named} if "run_as" in content else dict(content)


def _lines(
    words: Mapping[str, str], new: Mapping[str, Any], old: Mapping[str, Any] | None, now: datetime
) -> Iterator[Line]:
    for name, word in words.items():
        if name not in new and (old is None or name not in old):
            continue
        values = tuple(_plan_word(name, side.get(name), now) if side is not None else None for side in (new, old))
        yield _line(word, values, is_new=old is None, whole=True)


def _line(name: str, values: tuple[Any, ...], *, is_new: bool, detail: str = "", whole: bool = False) -> Line:
    after, before = values
    if is_new:
        return Line(name=name, changed=False, after=value_html(after), detail=detail)
    if after == before:
        return Line(name=name, changed=False, before=value_html(before), after=value_html(after), detail=detail)
    if whole or after in (None, "", [], {}) or before in (None, "", [], {}):
        return Line(name=name, changed=True, before=_whole(before, "del"), after=_whole(after, "ins"), detail=detail)
    left, right = marked(value_text(before, on_lines=True), value_text(after, on_lines=True))
    return Line(name=name, changed=True, before=left, after=right, detail=detail)


def _whole(value: Any, tag: str) -> SafeString:
    shown_value = value_html(value)
    return shown_value if shown_value is NOTHING else format_html(f"<{tag}>{{}}</{tag}>", shown_value)


def _plan_word(name: str, value: Any, now: datetime) -> Any:
    """A setting in words, where its stored form is none."""
    if name in INSTANTS and isinstance(value, str) and value:
        return shown(datetime.fromisoformat(value), now=now).full
    if name in CHOICES:
        return CHOICES[name].get(value, value)
    if name == "interval" and value in ScheduledJob.Interval.values:
        return ScheduledJob.Interval(value).label
    if name == "limits" and isinstance(value, Mapping):
        return f"asked to end after {duration(value['soft'])}, ended after {duration(value['hard'])}"
    if name == "priority" and isinstance(value, Mapping):
        return f"job {value['job']}, schedule {value['schedule']}"
    if name == "retries" and isinstance(value, Mapping):
        return f"{value['most']}, each after {duration(value['delay'])}" if value["most"] else "none"
    return value


def _specs(request: ApprovalRequest) -> dict[str, Mapping[str, Any]]:
    """The variables as they were when it was asked for, by name."""
    return {spec["name"]: spec for spec in request.snapshot["about"].get("variables", [])}


def _as_given(spec: Mapping[str, Any], value: Any) -> Any:
    """A value by the type of its variable, so that no two of them are read alike: JSON as JSON, a file by its hash."""
    if value is None:
        return None
    if spec.get("type") == "JSONVar":
        return json.dumps(value, indent=2, ensure_ascii=False)
    if spec.get("type") == "FileVar" and isinstance(value, Mapping):
        return f"{value['name']}, {filesizeformat(value['size'])}, sha256 {value['sha256']}"
    return value


def _with_objects(value: Any, objects: list[Any] | None) -> Any:
    """Objects by what they are called: their keys say nothing to people."""
    if not objects:
        return value
    names = [
        str(one.get("display") or one.get("name") or one) if isinstance(one, Mapping) else str(one) for one in objects
    ]
    return names if isinstance(value, list) else names[0]


def _count(objects: list[Any] | None) -> str:
    return f"{len(objects)} objects" if objects and len(objects) > 1 else ""


def _counts(after: list[Any] | None, before: list[Any] | None) -> str:
    new, old = len(after or ()), len(before or ())
    return f"{new} objects, was {old}" if new != old else _count(after)
