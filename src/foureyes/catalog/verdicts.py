"""What discovery found out about each module, kept in a file so that a restart imports only what changed.

The file may be deleted at any time. A verdict is believed only while the environment is the same and the rows agree.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from foureyes.catalog.environment import fingerprint
from foureyes.catalog.places import Place
from foureyes.models import Job

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A module of this digest loads, and has these classes."""

    digest: str
    class_names: tuple[str, ...]
    loaded_files: tuple[str, ...]
    data_globs: tuple[str, ...]
    warnings: tuple[str, ...]


def agrees_with_rows(verdict: Verdict, place: Place) -> bool:
    """Whether the rows of the module are what this verdict made of them: nobody deleted one, or was here in between."""
    rows = Job.objects.filter(source=place.source, module_name=place.module_name)
    fits = {
        row.job_class_name: row.installed and not row.import_error and row.bundle_id == verdict.digest
        for row in rows.only("job_class_name", "installed", "import_error", "bundle")
        if row.installed or row.job_class_name in verdict.class_names
    }
    return fits.keys() == set(verdict.class_names) and all(fits.values())


def read_verdicts(*, file: Path, folder: Path) -> dict[str, Verdict]:
    """The kept verdicts by path of the module; none if they are about another folder or another environment."""
    try:
        kept = json.loads(file.read_bytes())
        if kept["folder"] != str(folder) or kept["environment"] != fingerprint():
            return {}
        return {path: _verdict(fields) for path, fields in kept["verdicts"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("catalog.verdicts_unreadable", file=str(file), error=str(error))
        return {}


def write_verdicts(*, file: Path, folder: Path, verdicts: Mapping[str, Verdict]) -> None:
    """Keep them, all at once."""
    kept = {
        "folder": str(folder),
        "environment": fingerprint(),
        "verdicts": {path: asdict(verdict) for path, verdict in verdicts.items()},
    }
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(kept))
        draft.replace(file)
    except OSError as error:
        log.warning("catalog.verdicts_not_kept", file=str(file), error=str(error))


def _verdict(fields: Mapping[str, Any]) -> Verdict:
    return Verdict(
        digest=str(fields["digest"]),
        class_names=tuple(fields["class_names"]),
        loaded_files=tuple(fields["loaded_files"]),
        data_globs=tuple(fields["data_globs"]),
        warnings=tuple(fields["warnings"]),
    )
