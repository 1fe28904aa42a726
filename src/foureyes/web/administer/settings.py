"""The effective settings and where each comes from. Read only; secrets are not shown."""

import os
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from foureyes.conf import Conf, get_conf
from foureyes.errors import NotAllowed
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page
from foureyes.web.times import MINUTE, duration

SECRET = frozenset({"secret_key", "database_url", "job_database_url"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it is in force."""

    name: str
    value: str
    source: str
    description: str


@require_safe
@signed_in
def settings(request: SignedInRequest) -> HttpResponse:
    """For administrators."""
    if not request.user.is_superuser:
        raise NotAllowed("Only administrators see the settings.")
    conf = get_conf()
    return page(
        request,
        "web/administer/settings.html",
        title="Settings",
        nav="settings",
        settings=[_setting(conf, name) for name in sorted(Conf.model_fields)],
        database=connection.vendor,
        boundary=_boundary(conf),
    )


def _setting(conf: Conf, name: str) -> Setting:
    field, value = Conf.model_fields[name], getattr(conf, name)
    variable = f"FOUREYES_{name.upper()}"
    if variable in os.environ:
        source = f"environment, {variable}"
    else:
        source = "foureyes.toml" if name in conf.model_fields_set else "default"
    return Setting(name=name, value=_text(name, value), source=source, description=field.description or "")


def _text(name: str, value: Any) -> str:
    if name in SECRET:
        return "set, not shown" if value else "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, int | float):
        return _with_unit(name.rpartition("_")[2], value)
    return str(value) if value not in (None, "") else "not set"


def _with_unit(unit: str, value: float) -> str:
    if unit == "seconds":
        return duration(value) if value >= MINUTE else f"{value:g} s"
    if unit == "minutes":
        return duration(value * MINUTE)
    if unit == "bytes":
        return f"{value / 2**20:g} MiB"
    return f"{value:g} day{'' if value == 1 else 's'}" if unit == "days" else str(value)


def _boundary(conf: Conf) -> str:
    """What really keeps job code away from the product (gate G6)."""
    if conf.run_as_user:
        return f"Jobs run as the operating-system user {conf.run_as_user}, who cannot read the data of Foureyes."
    return (
        "Jobs run as the same operating-system user as Foureyes. They get no credentials, but code that means harm "
        "could read the data folder: set run_as_user for a real boundary."
    )
