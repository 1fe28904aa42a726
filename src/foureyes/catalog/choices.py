"""Choices that a function of the author gives: asked for in a process of its own, with a time limit, and remembered."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from foureyes.catalog.bundles import folder_of_bundles, materialise
from foureyes.catalog.child import Answer, Child
from foureyes.conf import get_conf
from foureyes.errors import Unavailable
from foureyes.models import Job, SourceBundle

Pairs = list[list[Any]]
Key = tuple[str, str, str]  # digest, class, variable

FAILURE_HOLDS_SECONDS = 5.0  # so that a page full of readers does not start a process each
LARGEST_MEMORY = 1000


@dataclass(slots=True)
class _Memory:
    """What one function answered, and until when that holds. The lock lets one thread ask while others wait."""

    answer: Answer | None = None
    holds_until: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_memories: dict[Key, _Memory] = {}
_memories_lock = threading.Lock()


def choices_of(*, job: Job, variable: str, now: datetime) -> Pairs:
    """Pairs of value and label that the function of this variable gives. Unavailable if it fails or takes too long."""
    bundle = job.bundle
    if bundle is None:
        raise Unavailable(f"The choices of {variable} cannot be asked for: the job cannot be loaded.", code="choices")
    memory = _memory((bundle.digest, job.job_class_name, variable))
    with memory.lock:
        if memory.answer is None or memory.holds_until is None or memory.holds_until <= now:
            memory.answer = _ask(job, bundle, variable)
            memory.holds_until = now + timedelta(seconds=_holds_seconds(memory.answer))
        answer = memory.answer
    if answer.content is None:
        raise Unavailable(f"The choices of {variable} cannot be read now: {answer.error}", code="choices")
    return list(answer.content["choices"])


def variables_with_choices(*, job: Job, now: datetime) -> list[dict[str, Any]]:
    """The specs of all variables, with choices filled in; where that fails, `choices_error` says why."""
    return [_filled(job, spec, now) for spec in job.variables]


def _filled(job: Job, spec: dict[str, Any], now: datetime) -> dict[str, Any]:
    if not spec.get("dynamic_choices"):
        return spec
    try:
        return {**spec, "choices": choices_of(job=job, variable=spec["name"], now=now)}
    except Unavailable as refusal:
        return {**spec, "choices": [], "choices_error": refusal.message}


def _memory(key: Key) -> _Memory:
    with _memories_lock:
        if len(_memories) >= LARGEST_MEMORY and key not in _memories:
            del _memories[next(iter(_memories))]
        return _memories.setdefault(key, _Memory())


def _holds_seconds(answer: Answer) -> float:
    holds = get_conf().choices_cache_seconds
    return holds if answer.content else min(holds, FAILURE_HOLDS_SECONDS)


def _ask(job: Job, bundle: SourceBundle, variable: str) -> Answer:
    with _importable(bundle) as folder:
        request = {
            "do": "choices",
            "folder": str(folder) if folder else None,
            "module": job.module_name,
            "class": job.job_class_name,
            "variable": variable,
        }
        return Child(request=request, timeout_seconds=get_conf().choices_timeout_seconds).wait()


@contextlib.contextmanager
def _importable(bundle: SourceBundle) -> Iterator[Path | None]:
    """A folder with the bundle that the process may read; None for an installed package, which is where it is."""
    if bundle.kind == SourceBundle.Kind.DISTRIBUTION:
        yield None
    elif not get_conf().run_as_user:
        yield materialise(bundle=bundle, root=folder_of_bundles(get_conf().data_dir))
    else:  # the data folder is closed to that user
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            yield materialise(bundle=bundle, root=Path(name) / "bundles")
