"""Lets the rows of jobs follow what their source says. What people have overridden stays; a gate never opens here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes import events
from foureyes.catalog.bundles import Source, store
from foureyes.catalog.descriptions import Description
from foureyes.catalog.memory import broken_paths, file_of, tell_classes, tell_module, tell_removed, was_gated
from foureyes.catalog.overrides import follow_class
from foureyes.catalog.places import Place
from foureyes.events import Kind
from foureyes.models import Job, SourceBundle
from foureyes.models.job import OVERRIDABLE

SLUG_LENGTH = 320


@transaction.atomic
def sync_module(
    *, place: Place, descriptions: Iterable[Description], refused: Mapping[str, str], source: Source, now: datetime
) -> list[str]:
    """Bring the rows of a module that loads in line with its classes; answer the class paths that changed.

    New classes get disabled rows; classes that are gone leave theirs, not installed; a class that cannot be taken as
    it is (`refused`: why) leaves its row, not loadable; without a row it is told. Writes nothing if all fits.
    """
    tell_module(path=place.path, error="", now=now)
    rows = {row.job_class_name: row for row in _rows_of(place)}
    tell_classes(path=place.path, refused={k: why for k, why in refused.items() if k not in rows}, now=now)
    described = {description.class_name: description for description in descriptions}
    changed = _follow(place, rows, described, store(source=source, now=now), now) if described else []
    for name in refused.keys() & rows.keys():
        changed += _break([rows[name]], refused[name], now)
    gone = [row for name, row in rows.items() if name not in described and name not in refused and row.installed]
    return changed + _uninstall(gone, now)


@transaction.atomic
def sync_broken_module(*, place: Place, error: str, now: datetime) -> list[str]:
    """Note on the jobs of a module that cannot be loaded why that is; answer the class paths that changed.

    The rows stay installed: the class is not known to be gone.
    """
    tell_module(path=place.path, error=error, now=now)
    return _break([row for row in _rows_of(place) if row.installed], error, now)


@transaction.atomic
def sync_absent(*, present: Sequence[Place], sources: Iterable[str], now: datetime) -> list[str]:
    """Mark the jobs of all modules that are no longer there as not installed; answer their class paths."""
    paths = {place.path for place in present}
    tell_removed(paths=[path for path in broken_paths() if file_of(path) not in paths], now=now)
    there = {(place.source, place.module_name) for place in present}
    rows = Job.objects.filter(installed=True, source__in=list(sources))
    return _uninstall([row for row in rows if (row.source, row.module_name) not in there], now)


def _rows_of(place: Place) -> list[Job]:
    rows = Job.objects.select_for_update().filter(source=place.source, module_name=place.module_name)
    return list(rows.order_by("job_class_name"))


def _follow(
    place: Place, rows: dict[str, Job], described: dict[str, Description], bundle: SourceBundle, now: datetime
) -> list[str]:
    changed = []
    for name, description in described.items():
        row = rows.get(name)
        if row is None:
            _create(place, description, bundle, now)
            changed.append(f"{place.path}/{name}")
        elif _update(row, description, bundle, now):
            changed.append(row.class_path)
    return changed


def _create(place: Place, description: Description, bundle: SourceBundle, now: datetime) -> None:
    row = Job(
        source=place.source,
        module_name=place.module_name,
        job_class_name=description.class_name,
        created=now.date(),
        last_updated=now,
        bundle=bundle,
        class_values=description.class_values,
        **description.columns,
    )
    row.slug = _free_slug(row.class_path)
    follow_class(row)
    row.gated = row.approval_required or was_gated(row.class_path)
    row.save(force_insert=True)
    data = {"class_path": row.class_path, "digest": bundle.digest, "gated": row.gated}
    events.append(kind=Kind.JOB_DISCOVERED, at=now, subject=row, data=data)


def _update(row: Job, description: Description, bundle: SourceBundle, now: datetime) -> bool:
    fields = [*OVERRIDABLE, *description.columns, "class_values", "gated", "bundle_id", "installed", "import_error"]
    before = {field: getattr(row, field) for field in fields}
    for field, value in description.columns.items():
        setattr(row, field, value)
    row.class_values = description.class_values
    follow_class(row)
    row.gated = row.gated or row.approval_required
    row.bundle = bundle
    row.installed, row.import_error = True, ""
    changed = {field: (old, getattr(row, field)) for field, old in before.items() if old != getattr(row, field)}
    if changed:
        _save(row, list(changed), now)
        events.append_many(_facts(row, changed, now))
    return bool(changed)


def _facts(row: Job, changed: dict[str, tuple[Any, Any]], now: datetime) -> list[Any]:
    """One fact for each kind of news about a row."""
    followed = {field: values for field, values in changed.items() if field in (*OVERRIDABLE, "uses_database")}
    digests = changed.get("bundle_id", (None, None))
    news: list[tuple[bool, Kind, dict[str, Any]]] = [
        ("installed" in changed, Kind.JOB_RETURNED, {}),
        ("import_error" in changed, Kind.JOB_REPAIRED, {}),
        ("bundle_id" in changed, Kind.JOB_SOURCE_CHANGED, {"from": digests[0], "to": digests[1]}),
        (bool(followed) or "variables" in changed, Kind.JOB_SYNCED, {"changes": followed}),
        ("gated" in changed, Kind.JOB_GATED, {}),
    ]
    facts: list[Any] = []
    for is_so, kind, data in news:
        if is_so:
            first = facts[0] if facts else None
            facts.append(events.fact(kind=kind, at=now, subject=row, data=data, part_of=first))
    return facts


def _break(rows: Iterable[Job], error: str, now: datetime) -> list[str]:
    broken = [row for row in rows if row.import_error != error]
    for row in broken:
        row.import_error = error
        _save(row, ["import_error"], now)
        events.append(kind=Kind.JOB_BROKEN, at=now, subject=row, data={"error": error})
    return [row.class_path for row in broken]


def _uninstall(rows: Iterable[Job], now: datetime) -> list[str]:
    gone = list(rows)
    for row in gone:
        row.installed = False
        _save(row, ["installed"], now)
        events.append(kind=Kind.JOB_VANISHED, at=now, subject=row, data={"class_path": row.class_path})
    return [row.class_path for row in gone]


def _save(row: Job, fields: list[str], now: datetime) -> None:
    row.last_updated = now
    row.save(update_fields=[*fields, "last_updated"])


def _free_slug(class_path: str) -> str:
    """From the class path; classes that differ in case only, or in signs that a slug has not, get a number."""
    base = class_path.lower().replace("/", "-").replace(".", "-")
    slug, number = base[:SLUG_LENGTH], 1
    while Job.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
