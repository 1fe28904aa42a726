"""Makes what `run()` receives from what the worker sent."""

import io
from pathlib import Path
from typing import Any

from django.apps import apps

from foureyes.jobs.context import NamedList, RequestStandIn, RequestUser, SnapshotList, wrap
from foureyes.jobs.describe import variables_of
from foureyes.jobs.job import Job
from foureyes.jobs.variables import FileVar, MultiObjectVar, ObjectVar, Variable
from foureyes.sandbox.protocol import Request, Requester, Start


class MissingObjectError(Exception):
    """A row that the person chose has gone since."""


def run_values(job_class: type[Job], start: Start) -> dict[str, Any]:
    """The value of every variable, in form order."""
    return {name: _value(name, variable, start) for name, variable in variables_of(job_class).items()}


def _value(name: str, variable: Variable, start: Start) -> Any:
    canonical = start["values"].get(name, variable.empty)
    if isinstance(variable, FileVar):
        return _file(start, name)
    if not isinstance(variable, ObjectVar):
        return variable.load(canonical)
    many = isinstance(variable, MultiObjectVar)
    if start["database"] is None:
        copies = wrap(start["snapshots"].get(name))
        return (copies or SnapshotList()) if many else copies
    return _rows(variable, canonical) if many else _row(variable, canonical)


def _file(start: Start, name: str) -> Any:
    given = start["files"].get(name)
    if given is None:
        return None
    return NamedFile(Path(given["path"]), given["name"])


class NamedFile(io.BufferedReader):
    """An uploaded file, open for reading bytes; `name` is what the person called it, `size` counts bytes."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(io.FileIO(path))
        self._name = name
        self.size = path.stat().st_size

    @property
    def name(self) -> str:
        """The name of the uploaded file."""
        return self._name


def _row(variable: ObjectVar, key: Any) -> Any:
    if key is None:
        return None
    found = apps.get_model(variable.model)._default_manager.filter(pk=key).first()
    if found is None:
        raise MissingObjectError(f"The {variable.model} {key} that was chosen does not exist any more.")
    return found


def _rows(variable: ObjectVar, keys: list[Any]) -> Any:
    found = apps.get_model(variable.model)._default_manager.filter(pk__in=keys)
    if missing := {str(key) for key in keys} - {str(row.pk) for row in found}:
        raise MissingObjectError(f"Of the chosen {variable.model}, these do not exist any more: {', '.join(missing)}.")
    return found


def request_stand_in(request: Request) -> RequestStandIn:
    """`self.request`."""
    user = request["user"]
    if user is None:
        return RequestStandIn(id=request["id"])
    return RequestStandIn(id=request["id"], user=_user(user))


def _user(user: Requester) -> RequestUser:
    return RequestUser(
        id=user["id"],
        username=user["username"],
        email=user["email"],
        first_name=user["first_name"],
        last_name=user["last_name"],
        is_superuser=user["is_superuser"],
        groups=NamedList(user["groups"]),
    )
