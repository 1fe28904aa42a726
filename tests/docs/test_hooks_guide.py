"""The examples of the guide to hooks work as they stand there."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient
from tests.api.conftest import api as api
from tests.api.conftest import client_of as client_of
from tests.api.conftest import make_job as make_job
from tests.docs.guide import TREE, executable

from foureyes.hooks.types import OURS
from foureyes.jobs.context import MemoryReporter, wrap
from foureyes.jobs.describe import describe
from foureyes.jobs.job import Job as AuthorsJob
from foureyes.jobs.job import Surroundings, attach
from foureyes.models import Job
from foureyes.notifications.deliver import DELAYS
from foureyes.notifications.signing import message_headers
from foureyes.notifications.templates import rendered

PAGE = "docs/user-guide/hooks.md"
GUIDE = (TREE / PAGE).read_text()


def examples(language: str) -> list[str]:
    return [block.text for block in executable(PAGE, language)]


def run_python(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(source, "hooks.md", "exec"), names)
    return names


def row(model: str, display: str, **fields: Any) -> dict[str, Any]:
    return {"model": model, "pk": "1", "display": display, "fields": fields, "url": None}


@pytest.mark.parametrize(
    ("action", "said"),
    [("create", "ann made netops"), ("delete", "delete: netops, before: {'name': 'netops'}")],
)
def test_receiver_of_the_guide_tells_of_changes(action: str, said: str) -> None:
    receiver_class = run_python(examples("python")[0])["GreetNewGroup"]
    assert describe(receiver_class, grouping="Housekeeping")["is_job_hook_receiver"]
    receiver: AuthorsJob = receiver_class()
    reporter = MemoryReporter()
    attach(receiver, Surroundings(reporter=reporter))
    group = row("auth.group", "netops", name="netops")
    differences = {"removed": {"name": "netops"}, "added": None}
    change = row(
        "extras.objectchange", "c", action=action, user_name="ann", object_repr="netops",
        changed_object=group if action == "create" else None, snapshots={"differences": differences},
    )  # fmt: skip
    receiver.run({"object_change": wrap(change)}, commit=True)
    assert [line.message for line in reporter.lines] == [said]


def test_bodies_of_the_guide_are_taken(api: APIClient, make_job: Callable[..., Job]) -> None:
    hook, webhook = [json.loads(text) for text in examples("json")]
    make_job("Greet", id=hook["job"], is_job_hook_receiver=True)
    for address, body in (("job-hooks", hook), ("webhooks", webhook)):
        answer = api.post(f"/api/extras/{address}/", body)
        assert answer.status_code == 201, answer.content


def test_check_of_the_guide_knows_genuine_messages() -> None:
    is_genuine = run_python(examples("python")[1])["is_genuine"]
    headers = message_headers(message_id=uuid4(), body=b"{}", secret="s", now=datetime.now(UTC))
    assert is_genuine(b"{}", headers["X-Hook-Signature"], "s")
    assert not is_genuine(b"{ }", headers["X-Hook-Signature"], "s")


def test_template_of_the_guide_makes_a_body() -> None:
    [template] = examples("django")
    message = {"username": "ann", "event": "updated", "model": "job", "data": {"name": "Purge"}}
    assert json.loads(rendered(template, message)) == {"text": "Purge", "what": "job updated by ann"}


def test_guide_names_every_type_and_every_delay() -> None:
    assert all(f"`{name}`" in GUIDE for name in OURS)
    assert DELAYS == (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 57_600)
