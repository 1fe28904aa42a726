"""Everything that must be in place before the process of a run starts: may it still run, its source, its inputs.

Refuses with a `NotStarted`, which has the cause and the line for the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from django.db import connection

from foureyes.catalog import bundles, distributions
from foureyes.catalog.inputs import runtime_values
from foureyes.conf import Conf
from foureyes.errors import Refusal
from foureyes.execution import folders
from foureyes.grants.content import changed_parts, objects_of, sentence_of_change
from foureyes.models import InputFile, Job, JobResult, SourceBundle
from foureyes.models.protection import MARK, protected_tables
from foureyes.runs.masking import Masker, masker_for
from foureyes.runs.sealing import unseal
from foureyes.runs.statements import group_names
from foureyes.sandbox.protocol import InputFileFields, Requester, Start
from foureyes.users.models import User

Cause = JobResult.Cause
# Of Django's settings for a database, what a process needs to connect; the rest is about the server's own use of it.
CONNECTION_KEYS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
OURS = frozenset({"server_side_binding", "prepare_threshold"})  # how this process sends its own statements


class NotStarted(Exception):  # noqa: N818 - an outcome of the run, not an error of the program
    """The run ends before it starts."""

    def __init__(self, message: str, cause: JobResult.Cause) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What goes to the process, and what must not be seen of it."""

    start: Start
    masker: Masker


def prepare(*, run: JobResult, conf: Conf) -> Prepared:
    """The start message of a run, with its source and work folder in place."""
    job = job_that_may_run(run, conf)
    folder = _source_folder(run, conf)
    values = _inputs(run)
    masker = masker_for(variables=job.variables, values=values, all_sensitive=job.has_sensitive_variables)
    work_folder = folders.make_work_folder(conf, run.pk)
    try:
        inputs = runtime_values(job=job, values=values)
    except Refusal as refusal:
        raise NotStarted(masker.text(refusal.message), Cause.REFUSED) from refusal
    _demand_as_approved(run, job, values)
    start: Start = {
        "run": str(run.pk),
        "bundle_folder": str(folder) if folder else None,
        "module": job.module_name,
        "class": job.job_class_name,
        "values": inputs.values,
        "snapshots": inputs.snapshots,
        "files": _input_files(conf, work_folder, inputs.files),
        "commit": run.commit and not job.read_only,
        "read_only": job.read_only,
        "request": {"id": str(run.pk), "user": _requester(run.user)},
        "work_folder": str(work_folder),
        "soft_limit_seconds": run.soft_limit_seconds,
        "time_limit_seconds": run.time_limit_seconds,
        "database": database_for_jobs(conf) if job.uses_database else None,
        "protected_tables": sorted(protected_tables()) if job.uses_database else [],
    }
    return Prepared(start=start, masker=masker)


def job_that_may_run(run: JobResult, conf: Conf) -> Job:
    """The job of the run, if it may be executed now. What is said otherwise is the 1.x wording where that has one."""
    job = run.job_model
    if job is None:
        raise NotStarted(f'Unable to locate Job database record for "{run.name}" to run it!', Cause.REFUSED)
    if not job.enabled:
        raise NotStarted(f"Job {job.name} is not enabled to be run!", Cause.REFUSED)
    if not job.installed:
        raise NotStarted(f'Unable to locate job "{run.name}" to run it!', Cause.REFUSED)
    if job.gated and run.purpose == JobResult.Purpose.RUN and run.grant_id is None:
        # The flag was raised after this run was asked for; raising takes effect at once (gate G2).
        raise NotStarted(f"Job {job.name} needs approval by now. Ask for this run again.", Cause.REFUSED)
    if run.purpose != JobResult.Purpose.HOOK and run.user is not None and not run.user.is_active:
        raise NotStarted(f"Its requester {run.user} is inactive.", Cause.REFUSED)  # as of a schedule
    if job.uses_database and not conf.allow_database_jobs:
        raise NotStarted(f"Job {job.name} works on the database, which is switched off here.", Cause.REFUSED)
    return job


def _demand_as_approved(run: JobResult, job: Job, values: Mapping[str, Any]) -> None:
    """Of what was approved, what is no part of the row and may have changed while it waited in a queue (gate G13)."""
    if run.grant is None:
        return
    approved: Mapping[str, Any] = run.grant.request.snapshot["content"]
    given = {"read_only": job.read_only, "uses_database": job.uses_database, "objects": objects_of(job, values)}
    expected = {name: approved.get(name) for name in given}
    if changed_parts(expected, given):
        raise NotStarted(f"{sentence_of_change(expected, given)} Ask for this run again.", Cause.REFUSED)


def database_for_jobs(conf: Conf) -> dict[str, Any]:
    """The connection of jobs with `Meta.database`: a role of their own where there is one, marked as a job's always."""
    settings: Mapping[str, Any] = connection.settings_dict
    if conf.job_database_url and connection.vendor == "postgresql":
        settings = dict(dj_database_url.parse(conf.job_database_url))
    chosen = {key: settings[key] for key in CONNECTION_KEYS if settings.get(key)}
    chosen["NAME"] = str(chosen["NAME"])
    if connection.vendor == "postgresql":
        own = {name: value for name, value in chosen.get("OPTIONS", {}).items() if name not in OURS}
        chosen["OPTIONS"] = {**own, "options": f"{own.get('options', '')} -c {MARK}=on".strip()}
    return chosen


def _source_folder(run: JobResult, conf: Conf) -> Path | None:
    if run.bundle is None:
        raise NotStarted("The source of this run was not kept.", Cause.SOURCE)
    try:
        if run.bundle.kind == SourceBundle.Kind.DISTRIBUTION:
            distributions.demand_installed(run.bundle)
            return None
        return bundles.materialise(bundle=run.bundle, root=bundles.folder_of_bundles(folders.bundle_root(conf)))
    except Refusal as refusal:
        raise NotStarted(refusal.message, Cause.SOURCE) from refusal


def _inputs(run: JobResult) -> dict[str, Any]:
    if run.sealed_inputs is not None:
        try:
            return unseal(bytes(run.sealed_inputs))
        except Refusal as refusal:
            raise NotStarted(refusal.message, Cause.REFUSED) from refusal
    values: dict[str, Any] = (run.job_kwargs or {}).get("data", {})
    return values


def _input_files(conf: Conf, work_folder: Path, files: Mapping[str, InputFile]) -> dict[str, InputFileFields]:
    try:
        return {
            variable: {"path": str(folders.put_input(conf, work_folder, variable, file)), "name": file.name}
            for variable, file in files.items()
        }
    except FileNotFoundError as error:
        raise NotStarted("The content of an input file is no longer there.", Cause.REFUSED) from error


def _requester(user: User | None) -> Requester | None:
    if user is None:
        return None
    return {
        "id": str(user.pk),
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_superuser": user.is_superuser,
        "groups": group_names(user_id=user.pk),
    }
