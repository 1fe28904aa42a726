"""What a grant allows, as one value with one digest: everything that decides about the effect of a run (gate G12).

Name, description, pauses, skipped instants and comments are no part of it. A new setting that changes what a run does
belongs in here; `VERSION` goes up whenever equal submissions would get another digest.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from foureyes.catalog.effective import allowed_queues, soft_limit_seconds, time_limit_seconds
from foureyes.catalog.environment import fingerprint
from foureyes.catalog.objects import copies
from foureyes.conf import get_conf
from foureyes.errors import Conflict
from foureyes.jobs.variables import VariableError
from foureyes.models import InputFile, Job, ScheduledJob

VERSION = 1
POLICY = 1  # of the rule in `approvals.policy`: another rule needs another look
PLAN = (
    "interval",
    "crontab",
    "time_zone",
    "day_rule",
    "gap",
    "fold",
    "start_time",
    "end_time",
    "one_off",
    "max_runs",
    "jitter_seconds",
    "misfire",
    "misfire_limit",
    "latest_start_seconds",
    "overlap",
)
OBJECT_TYPES = ("ObjectVar", "MultiObjectVar")
Content = dict[str, Any]


def content_of(
    *,
    job: Job,
    schedule: ScheduledJob,
    values: Mapping[str, Any],
    commit: bool,
    queue: str | None,
    run_as: UUID | None,
    drafts: Iterable[InputFile] = (),
) -> Content:
    """What a run of the job for this schedule would do. `drafts` are uploads among the values that are not stored yet.

    Refuses with a Conflict if something that the inputs name is gone.
    """
    return {
        "version": VERSION,
        "policy": POLICY,
        "job": str(job.pk),
        "class_path": job.class_path,
        "source": job.bundle_id,
        "environment": fingerprint() if get_conf().environment_voids_grants else "",
        "scheduled_job": str(schedule.pk),
        "run_as": str(run_as) if run_as else None,
        "commit": commit,
        "inputs": inputs_of(job=job, values=values, drafts=drafts),
        "objects": objects_of(job, values),
        "queue": queue or allowed_queues(job)[0],
        "limits": {"soft": float(soft_limit_seconds(job)), "hard": float(time_limit_seconds(job))},
        "priority": {"job": job.priority, "schedule": schedule.priority},
        "retries": {"most": job.max_retries, "delay": float(job.retry_delay_seconds)},
        "concurrency": job.concurrency_limit,
        "read_only": job.read_only,
        "uses_database": job.uses_database,
        "schedule": {name: _plain(getattr(schedule, name)) for name in PLAN},
    }


def content_of_schedule(*, schedule: ScheduledJob, job: Job) -> Content:
    """What the runs of a stored schedule would do, as things are now."""
    return content_of(
        job=job,
        schedule=schedule,
        values=schedule.inputs,
        commit=schedule.commit,
        queue=schedule.queue,
        run_as=schedule.user_id,
    )


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form: sorted keys, no white space, nothing but JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(f"foureyes content\n{text}".encode()).hexdigest()


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The top-level names that differ between two contents."""
    return [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]


WORDS = {
    "source": "the job's source",
    "environment": "the installed packages",
    "run_as": "the requester",
    "commit": "the commit flag",
    "inputs": "the inputs",
    "objects": "an object that the inputs name",
    "queue": "the queue",
    "limits": "the time limits",
    "priority": "the priority",
    "retries": "the retries",
    "concurrency": "the concurrency limit",
    "read_only": "the read-only flag",
    "uses_database": "the use of the database",
    "schedule": "the schedule",
    "policy": "the rule of approval",
}


def sentence_of_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs, in words: “Changed since the approval: the inputs, the queue.”"""
    names = [WORDS.get(name, name) for name in changed_parts(before, after)]
    return f"Changed since the approval: {', '.join(names)}." if names else "Nothing has changed since the approval."


def inputs_of(*, job: Job, values: Mapping[str, Any], drafts: Iterable[InputFile] = ()) -> dict[str, Any]:
    """The values; a file counts by its content and name, whatever row stands for it. A Conflict if one is gone."""
    keys = files_among(values, job=job)
    at_hand = {str(draft.pk): draft for draft in drafts}
    if missing := set(keys.values()) - at_hand.keys():
        at_hand |= {str(file.pk): file for file in InputFile.objects.filter(pk__in=missing)}
    return {**values, **{name: _file(at_hand.get(key)) for name, key in keys.items()}}


def files_among(values: Mapping[str, Any], *, job: Job) -> dict[str, str]:
    """The keys of uploaded files, by the names of their variables."""
    names = [spec["name"] for spec in job.variables if spec["type"] == "FileVar"]
    return {name: str(values[name]) for name in names if values.get(name)}


def objects_of(job: Job, values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands behind the object variables now: the copies that the job would receive (gate G13)."""
    found = {}
    for spec in job.variables:
        name = spec["name"]
        if spec["type"] in OBJECT_TYPES and (value := values.get(name)) not in (None, []):
            found[name] = _copies(name, spec["model"], value if isinstance(value, list) else [value])
    return found


def _file(file: InputFile | None) -> dict[str, Any]:
    if file is None:
        raise Conflict("An uploaded file among the inputs is gone.", code="inputs_gone")
    return {"name": file.name, "size": file.size, "sha256": file.sha256}


def _copies(name: str, model: str, keys: list[int | str]) -> list[Any]:
    try:
        return list(copies(model_name=model, keys=keys))
    except VariableError as error:
        raise Conflict(f"{name}: {' '.join(error.messages)}", code="inputs_gone") from None


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
