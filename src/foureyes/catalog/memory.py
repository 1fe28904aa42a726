"""What outlives the row of a job or was never in one: whether its gate was closed, and which files cannot be loaded.

Both are read back from the facts, under a subject that is named after the class or the file.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef

from foureyes import events
from foureyes.events import Kind
from foureyes.models import Event, Job
from foureyes.users.models import User

CLASS = "extras.jobclass"
MODULE = "extras.jobmodule"
NAMES = uuid.UUID("3f0c2f5e-6f3b-5f0e-9a51-6d1c3c0a7d11")


def subject_of(kind: str, path: str) -> tuple[str, object, str]:
    """A class or a file as the subject of facts: ids of subjects are short, paths are not."""
    return kind, uuid.uuid5(NAMES, f"{kind}:{path}"), path


def remember_gate(*, job: Job, by: User, deleted: Event, now: datetime) -> None:
    """Before the row goes: deleting it must not be a way to open its gate. `deleted` tells of the row."""
    if not job.gated and not was_gated(job.class_path):
        return
    subject = subject_of(CLASS, job.class_path)
    data = {"gated": job.gated}
    events.append(kind=Kind.JOB_DELETED, at=now, actor=by, subject=subject, data=data, part_of=deleted)


def was_gated(class_path: str) -> bool:
    """Whether the last row of this class was gated when it was deleted."""
    last = _last_of(subject_of(CLASS, class_path))
    return bool(last and last.data.get("gated"))


def last_deletion(class_path: str) -> Event | None:
    """The fact that the last row of this class was deleted while it was gated, and by whom."""
    return _last_of(subject_of(CLASS, class_path))


def tell_module(*, path: str, error: str, now: datetime) -> bool:
    """Tell that a file (`source/module`) cannot be loaded, or, with an empty error, that it can again.

    Says whether that was news; what was told before, also before a restart, is not told twice.
    """
    if known_error(path) == error:
        return False
    kind = Kind.MODULE_BROKEN if error else Kind.MODULE_REPAIRED
    events.append(kind=kind, at=now, subject=subject_of(MODULE, path), data={"error": error} if error else {})
    return True


def tell_classes(*, path: str, refused: Mapping[str, str], now: datetime) -> None:
    """Tell which classes of a file cannot be taken as they are, and why; and which that were told are so no more."""
    told = {f"{path}/{name}": error for name, error in refused.items()}
    for one, error in told.items():
        tell_module(path=one, error=error, now=now)
    tell_removed(paths=[one for one in broken_paths() if one.startswith(f"{path}/") and one not in told], now=now)


def file_of(path: str) -> str:
    """`source/module` of a told file, or of a told class of it."""
    return "/".join(path.split("/")[:2])


def known_error(path: str) -> str:
    """The last told error of a file; empty if it can be loaded."""
    last = _last_of(subject_of(MODULE, path))
    return str(last.data.get("error", "")) if last else ""


def broken_paths() -> dict[str, str]:
    """Every file that cannot be loaded, and every class that cannot be taken, with the first line of the error."""
    later = Event.objects.filter(subject_type=MODULE, subject_id=OuterRef("subject_id"), id__gt=OuterRef("id"))
    rows = Event.objects.filter(subject_type=MODULE, kind=Kind.MODULE_BROKEN).exclude(Exists(later))
    return {row.subject_text: str(row.data["error"]) for row in rows.order_by("subject_text", "id")}


def tell_removed(*, paths: Iterable[str], now: datetime) -> None:
    """Tell that broken files are gone."""
    for path in paths:
        events.append(kind=Kind.MODULE_REMOVED, at=now, subject=subject_of(MODULE, path))


def _last_of(subject: tuple[str, object, str]) -> Event | None:
    rows = Event.objects.filter(subject_type=subject[0], subject_id=str(subject[1]))
    return rows.order_by("-id").first()
