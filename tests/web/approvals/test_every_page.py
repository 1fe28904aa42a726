"""Every page that can be opened answers, with rows to show, and sends nothing inline."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import NoReverseMatch, reverse
from tests.web.test_shell import _web_patterns

from foureyes.models import ApprovalRequest, Worker
from foureyes.people.groups import create_group
from foureyes.people.tokens import create_token
from foureyes.runs.workers import register
from foureyes.users.models import ObjectPermission, User

INLINE = re.compile(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)")
WITHOUT_ROWS = {  # what needs more than a row: a file, a dry run under way, a secret address, an owner who is gone
    "result-file", "run-dry-run", "plan-feed", "schedule-assume",
}  # fmt: skip


def test_every_page_answers_with_rows_and_has_nothing_inline(
    pages_of: Callable[[User], Client],
    admin: User,
    alice: User,
    future: ApprovalRequest,
    tried: Any,
    bob: User,
    now: datetime,
) -> None:
    worker = register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=now)
    run = tried(future, by=bob)
    group = create_group(name="Ops", by=admin, now=now)
    token = create_token(user=admin, by=admin, now=now).token
    rows: dict[str, Any] = {
        "result": run.pk, "schedule": future.scheduled_job_id, "request": future.pk, "user": alice.pk,
        "group": group.pk, "permission": ObjectPermission.objects.all()[0].pk, "worker": worker.pk, "token": token.pk,
    }  # fmt: skip
    client, opened, wrong = pages_of(admin), 0, []
    for name in sorted({str(pattern.name) for pattern in _web_patterns()} - WITHOUT_ROWS):
        address = _address(name, rows, slug=future.job.slug)
        if address is None:
            continue
        answer = client.get(address)
        opened += 1
        if answer.status_code not in (200, 302, 303):
            wrong.append(f"{address}: {answer.status_code}")
        elif answer["Content-Type"].startswith("text/html") and INLINE.search(answer.content.decode()):
            wrong.append(f"{address}: something inline")
    assert wrong == []
    assert opened > 30


def _address(name: str, rows: dict[str, Any], *, slug: str) -> str | None:
    kind = name.partition("-")[0]
    for values in ({}, {"slug": slug}, {"pk": rows.get(kind)}, {"form": "csv"}):
        try:
            return reverse(f"web:{name}", kwargs=values)
        except NoReverseMatch:
            continue
    return None
