"""Uploaded files among the inputs of a schedule: rows of its own, copied for every run, because a run's go with it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from foureyes.errors import Conflict
from foureyes.models import InputFile, Job, ScheduledJob


def keep(*, job: Job, values: Mapping[str, Any], drafts: Iterable[InputFile], now: datetime) -> dict[str, Any]:
    """The values with every file as an upload of its own, stored; `drafts` came with the request."""
    new = {str(draft.pk): draft for draft in drafts}
    for draft in new.values():
        draft.save(force_insert=True)
    return dict(values) | {
        name: key if (key := str(values[name])) in new else str(_copy(key, now).pk)
        for name in file_variables(job)
        if values.get(name)
    }


def copied(*, job: Job, values: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], list[InputFile]]:
    """The values for one run, and the rows that `enqueue` gives to it."""
    if not (names := file_variables(job)):
        return dict(values), []
    copies = {name: _draft(str(values[name]), now) for name in names if values.get(name)}
    return dict(values) | {name: str(copy.pk) for name, copy in copies.items()}, list(copies.values())


def demand_there(*, job: Job, values: Mapping[str, Any]) -> None:
    """Refuses values of which a file is gone: a schedule that was cancelled keeps none. Ask before `copied`."""
    named = {str(values[name]) for name in file_variables(job) if values.get(name)}
    if named and InputFile.objects.filter(pk__in=named).count() < len(named):
        sentence = "A file among the inputs is gone with the schedule that ended. Give it again in a new one."
        raise Conflict(sentence, code="inputs_gone")


def let_go(schedule: ScheduledJob) -> None:
    """Remove the files of a schedule that runs no more."""
    if schedule.job_model and (names := file_variables(schedule.job_model)):
        kept = [schedule.inputs[name] for name in names if schedule.inputs.get(name)]
        InputFile.objects.filter(pk__in=kept, job_result=None).delete()


def file_variables(job: Job) -> list[str]:
    """The names of the variables that take a file."""
    return [spec["name"] for spec in job.variables if spec["type"] == "FileVar"]


def _copy(key: str, now: datetime) -> InputFile:
    row = _draft(key, now)
    row.save(force_insert=True)
    return row


def _draft(key: str, now: datetime) -> InputFile:
    found = InputFile.objects.get(pk=key)
    return InputFile(name=found.name, sha256=found.sha256, size=found.size, user=found.user, created=now)
