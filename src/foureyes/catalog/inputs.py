"""Checks what a person gives to a job against the stored description, and makes the values that the job receives.

The author's code is not needed for it. What comes out is canonical: every variable is present, objects are primary
keys, files are ids of uploads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foureyes.catalog.choices import choices_of
from foureyes.catalog.objects import NotAKeyError, copies, find_row, find_rows
from foureyes.errors import Invalid
from foureyes.jobs.variables import FileVar, MultiObjectVar, ObjectVar, Variable, VariableError, variable_from_spec
from foureyes.models import InputFile, Job
from foureyes.sandbox.protocol import SnapshotFields
from foureyes.users.models import User

Errors = list[str] | dict[str, list[str]]


class InvalidInputs(Invalid):
    """The inputs cannot be taken. `errors` has the shape of the 1.x answer: sentences, or sentences by variable."""

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        named = errors if isinstance(errors, dict) else {}
        super().__init__("" if named else " ".join(errors), code="invalid_inputs", fields=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInputs:
    """What the process of a run is given: canonical values, copies of rows, uploads by variable."""

    values: dict[str, Any]
    snapshots: dict[str, SnapshotFields | list[SnapshotFields] | None]
    files: dict[str, InputFile]


def label_of(spec: Mapping[str, Any]) -> str:
    """What people call a variable: its label, else its name as words."""
    return str(spec.get("label") or str(spec["name"]).replace("_", " ").capitalize())


def clean_inputs(
    *, job: Job, data: object, files: Mapping[str, InputFile], user: User | None, now: datetime
) -> dict[str, Any]:
    """The canonical values of all variables, empty ones included; defaults are not filled in.

    `files` are uploads that came with the request, by variable; a file variable may also name an earlier upload of the
    same person. Refuses with InvalidInputs; choices that cannot be asked for now are Unavailable.
    """
    given = _as_given(job, data)
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    malformed: list[str] = []
    for spec in job.variables:
        name = spec["name"]
        variable = _variable(job, spec, now)
        value = files[name].pk if isinstance(variable, FileVar) and name in files else given.get(name)
        try:
            cleaned[name] = _resolved(variable, variable.clean(value), files.get(name), user)
        except NotAKeyError as error:
            malformed += error.messages
        except VariableError as error:
            errors[name] = error.messages
    if malformed or errors:
        raise InvalidInputs(malformed or errors)
    return cleaned


def runtime_values(*, job: Job, values: Mapping[str, Any]) -> RuntimeInputs:
    """Look up for a run, at its start, what its canonical values point at. Refuses if something is gone."""
    snapshots: dict[str, SnapshotFields | list[SnapshotFields] | None] = {}
    files: dict[str, InputFile] = {}
    errors: dict[str, list[str]] = {}
    for spec in job.variables:
        name, value = spec["name"], values.get(spec["name"])
        variable = variable_from_spec(spec)
        try:
            if isinstance(variable, ObjectVar) and not job.uses_database:
                snapshots[name] = _copies(variable, value)
            elif isinstance(variable, FileVar) and value:
                files[name] = _upload(value, user=None)
        except VariableError as error:
            errors[name] = error.messages
    if errors:
        raise InvalidInputs(errors)
    return RuntimeInputs(values=dict(values), snapshots=snapshots, files=files)


def _as_given(job: Job, data: object) -> Mapping[str, Any]:
    """The data, if it is an object of known variables and no required one is null: the checks that come first."""
    if not isinstance(data, Mapping):
        raise InvalidInputs(["Job data needs to be a dict"])
    required = {spec["name"]: spec["required"] for spec in job.variables}
    unknown = [name for name in data if name not in required]
    if unknown:
        raise InvalidInputs({str(name): ["Job data contained an unknown property"] for name in unknown})
    null = [name for name, value in data.items() if value is None and required[name]]
    if null:
        raise InvalidInputs([f"{name} is a required field" for name in null])
    return data


def _variable(job: Job, spec: Mapping[str, Any], now: datetime) -> Variable:
    if spec.get("dynamic_choices"):
        spec = {**spec, "choices": choices_of(job=job, variable=spec["name"], now=now)}
    return variable_from_spec(spec)


def _resolved(variable: Variable, value: Any, upload: InputFile | None, user: User | None) -> Any:
    """The cleaned value with what it points at found."""
    if isinstance(variable, MultiObjectVar):
        return find_rows(model_name=variable.model, values=value) if value else value
    if isinstance(variable, ObjectVar):
        return None if value is None else find_row(model_name=variable.model, value=value)
    if isinstance(variable, FileVar) and value and upload is None:
        return str(_upload(value, user=user).pk)
    return value


def _copies(variable: ObjectVar, value: Any) -> SnapshotFields | list[SnapshotFields] | None:
    if isinstance(variable, MultiObjectVar):
        return copies(model_name=variable.model, keys=value or [])
    return None if value is None else copies(model_name=variable.model, keys=[value])[0]


def _upload(value: str, *, user: User | None) -> InputFile:
    """The upload of that id; with a user, only of that user."""
    rows = InputFile.objects.filter(pk=value)
    row = (rows.filter(user=user) if user else rows).first()
    if row is None:
        raise VariableError("There is no uploaded file with this id.")
    return row
