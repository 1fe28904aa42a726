"""The gated job and the people of the approvals' tests, and processes that are alive."""

from collections.abc import Callable
from datetime import datetime

import pytest
from tests.approvals.conftest import *  # noqa: F403 - fixtures

from foureyes.checkups.finding import Finding
from foureyes.models import Worker
from foureyes.runs.workers import register


@pytest.fixture
def processes(db: None, now: datetime) -> Callable[..., None]:
    """A worker and a scheduler that were heard of at that moment."""

    def start(at: datetime = now, *queues: str) -> None:
        register(kind=Worker.Kind.WORKER, name="here:1", queues=list(queues or ("default",)), slots=2, now=at)
        register(kind=Worker.Kind.SCHEDULER, name="here:2", now=at)

    return start


def levels(findings: object) -> dict[str, str]:
    """What was found, by code."""
    found: list[Finding] = list(findings)  # type: ignore[call-overload]
    assert all(finding.text for finding in found)
    return {finding.code: finding.level for finding in found}
