"""Clients written for 2.x servers and later, which name themselves: they are served as far as answers of 1.x can.

`pynautobot` 3 knows neither the bare list of jobs of version 1.2 nor the labels of 1.x: it would count no list, and
take every run for ended when it looks for the first time. Everybody else gets what 1.x answers.
"""

import re
from collections.abc import Mapping

from rest_framework.request import Request

from foureyes.api.settings import DEFAULT_VERSION, VERSIONS
from foureyes.models import JobResult

NEWER = re.compile(r"\bpynautobot/(?:[3-9]|\d\d)")
LABELS = {str(value): str(label) for value, label in JobResult.Status.choices}
NEWER_LABELS = LABELS | {"pending": "PENDING", "running": "STARTED"}
NEWER_PARAMETERS = frozenset({"depth", "exclude_m2m"})  # how much of related objects to tell: ours are always brief


def is_newer(request: Request) -> bool:
    """Was the client written for a later server?"""
    return NEWER.search(request.headers.get("User-Agent", "")) is not None


def version_unless_named(request: Request) -> str:
    """The version of an answer when the request names none."""
    return VERSIONS[-1] if is_newer(request) else DEFAULT_VERSION


def status_labels(request: Request) -> Mapping[str, str]:
    """What the states of a run are called. Those of runs that go on differ: newer clients wait while they read them."""
    return NEWER_LABELS if is_newer(request) else LABELS


def ignored_parameters(request: Request) -> frozenset[str]:
    """Query parameters that mean nothing here and are taken all the same."""
    return NEWER_PARAMETERS if is_newer(request) else frozenset()
