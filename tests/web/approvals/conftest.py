"""Requests as `tests/approvals` makes them, at the time that the pages read from the clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.approvals.conftest import (  # noqa: F401 - fixtures
    allow,
    ask,
    change_source,
    daily,
    future,
    make_job,
    purge,
    team,
)

from foureyes.approvals.dry_run import dry_run_request
from foureyes.models import ApprovalRequest, JobLogEntry, JobResult, RunChange
from foureyes.users.models import User

PagesOf = Callable[[User], Client]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def tried(now: datetime) -> Callable[..., JobResult]:
    """A dry run of a request that ended, with what it wrote and reported."""

    def make(request: ApprovalRequest, *, by: User, status: str = "completed", lines: int = 3) -> JobResult:
        run = dry_run_request(request=request, by=by, now=now)
        ended = {"started_at": now, "completed": now + timedelta(seconds=41), "log_count": lines}
        JobResult.objects.filter(pk=run.pk).update(status=status, **ended)
        JobLogEntry.objects.bulk_create(
            JobLogEntry(
                job_result=run,
                sequence=number,
                created=now,
                log_level="warning" if number == 1 else "info",
                message=f"line {number + 1}",
            )
            for number in range(lines)
        )
        RunChange.objects.create(job_result=run, sequence=0, created=now, target="edge-1", before="old", after="new")
        run.refresh_from_db()
        return run

    return make


def text_of(answer: Any) -> str:
    """The page without tags and runs of white space, as a person reads it."""
    import html
    import re

    body = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(body))
