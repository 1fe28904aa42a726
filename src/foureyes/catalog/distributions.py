"""Jobs of installed packages: what the entry point group `foureyes.jobs` offers, and what identifies their source.

Nothing is imported here. A package that is installed in editable form has no record of its files that changes with
them, so its files are read like those of the jobs folder.
"""

import base64
import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from foureyes.catalog.bundles import Source, collect
from foureyes.catalog.imports import module_file
from foureyes.errors import Conflict, Invalid
from foureyes.models import SourceBundle

GROUP = "foureyes.jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A module of an installed package that has jobs. `entry_point` is what the package wrote: `module[:attribute]`."""

    module: str
    entry_point: str
    distribution: str


def offers() -> list[Offer]:
    """Every module that an installed package offers, each once."""
    importlib.invalidate_caches()
    found: dict[str, Offer] = {}
    for point in metadata.entry_points(group=GROUP):
        if point.dist is not None:
            offer = Offer(module=point.module, entry_point=point.value, distribution=point.dist.name)
            found.setdefault(point.module, offer)
    return [found[module] for module in sorted(found)]


def collect_installed(*, distribution: str, module: str) -> Source:
    """What identifies the source of a packaged job: name, version and RECORD; also the files, if it is editable."""
    dist = _find(distribution)
    record = dist.read_text("RECORD")
    if record is None:
        raise Invalid(f"The package {distribution} has no RECORD of its files; install it with pip.", code="no_record")
    project = _editable_project(dist)
    files = _files_of_project(project, module) if project else list(_files_of_record(record))
    identity = {
        "name": dist.name,
        "version": dist.version,
        "record": hashlib.sha256(record.encode()).hexdigest(),
        "files": files if project else [],
    }
    return Source(
        kind=SourceBundle.Kind.DISTRIBUTION,
        module_name=module,
        distribution=dist.name,
        digest=hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest(),
        files=files,
        contents={},
    )


def demand_installed(bundle: SourceBundle) -> None:
    """Refuses when the installed package is no longer the one that the bundle identifies."""
    try:
        current = collect_installed(distribution=bundle.distribution, module=bundle.module_name).digest
    except Invalid:
        current = ""
    if current != bundle.digest:
        raise Conflict(
            f"The installed package {bundle.distribution} is not the one that this was made for.", code="source_changed"
        )


def files_to_watch(source: Source) -> list[Path]:
    """The files whose change means that the package's source may have changed."""
    dist = _find(source.distribution)
    records = [Path(str(dist.locate_file(file))) for file in dist.files or [] if file.name == "RECORD"]
    project = _editable_project(dist)
    root = _import_root(project, source.module_name) if project else None
    return records + [root / file["path"] for file in source.files if root]


def installed_file(*, bundle: SourceBundle, path: str) -> Path | None:
    """Where a file of the bundle lies now; None if the package is gone."""
    try:
        dist = _find(bundle.distribution)
    except Invalid:
        return None
    project = _editable_project(dist)
    root = _import_root(project, bundle.module_name) if project else Path(str(dist.locate_file("")))
    return root / path if root else None


def _find(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise Invalid(f"The package {name} is not installed.", code="not_installed") from error


def _editable_project(dist: metadata.Distribution) -> Path | None:
    """The project folder of a package that was installed in editable form (PEP 610)."""
    text = dist.read_text("direct_url.json")
    if not text:
        return None
    origin = json.loads(text)
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path))


def _import_root(project: Path, module: str) -> Path | None:
    on_path = [Path(entry) for entry in sys.path if entry and Path(entry).is_relative_to(project)]
    return next((root for root in [*on_path, project, project / "src"] if module_file(root, module)), None)


def _files_of_project(project: Path, module: str) -> list[dict[str, Any]]:
    root = _import_root(project, module)
    if root is None:
        raise Invalid(f"The file of {module} was not found in {project}.", code="not_installed")
    return collect(folder=root, module=module).files


def _files_of_record(record: str) -> Iterator[dict[str, Any]]:
    """The Python files that the RECORD names, in our spelling of a hash."""
    for line in sorted(record.splitlines()):
        path, _, rest = line.rpartition(",")
        path, _, mark = path.rpartition(",")
        algorithm, _, digest = mark.partition("=")
        if path.endswith(".py") and algorithm == "sha256" and not path.startswith(("..", "/", '"')):
            padded = digest + "=" * (-len(digest) % 4)
            yield {"path": path, "size": int(rest or 0), "sha256": base64.urlsafe_b64decode(padded).hex()}
