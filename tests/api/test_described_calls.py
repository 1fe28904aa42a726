"""Schemathesis over the whole OpenAPI description: calls made from it, right and wrong ones, as an administrator and as
somebody without a single permission. No answer is an error of the server, every answer is one that the description
tells of, and a refusal has written nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.db.models import Model
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.world import FILE, World, build_world, undone

from foureyes.models import (
    ApprovalRequest,
    Event,
    Job,
    JobHook,
    JobLogEntry,
    JobResult,
    ObjectChange,
    ScheduledJob,
    Webhook,
    WebhookDelivery,
    Worker,
)
from foureyes.users.models import ObjectPermission, Token, User

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ACCEPT = "application/json; version=1.3"  # the description is of the newest shapes
EXAMPLES = {"superuser": 3, "nobody": 1}  # of each operation and kind of data
BOUNDED = settings(
    derandomize=True,  # the same calls on every machine
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MODELS: dict[str, type[Model]] = {
    "approvals": ApprovalRequest,
    "events": Event,
    "job-hooks": JobHook,
    "object-changes": ObjectChange,
    "requests": ApprovalRequest,
    "webhook-deliveries": WebhookDelivery,
    "webhooks": Webhook,
    "groups": Group,
    "job-logs": JobLogEntry,
    "job-results": JobResult,
    "jobs": Job,
    "permissions": ObjectPermission,
    "runs": JobResult,
    "scheduled-jobs": ScheduledJob,
    "schedules": ScheduledJob,
    "tokens": Token,
    "users": User,
}


@pytest.fixture
def world(db: None, now: datetime) -> Iterator[World]:
    # As Django's own test client does: the end of a request would close the connection of the test's transaction.
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    world = build_world(now)
    Worker.objects.update(heartbeat_at=datetime.now(UTC) + timedelta(days=1))  # else a slow test outlives it
    yield world
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", EXAMPLES)
def test_described_calls_are_answered_as_described(world: World, role: str, mode: GenerationMode) -> None:
    failures = [failure for operation in operations() for failure in failures_of(operation, world, role, mode)]
    assert not failures, "\n\n".join(failures)


def operations() -> list[Any]:
    """All operations of the description, which is read as a client reads it."""
    schema = schemathesis.openapi.from_wsgi("/api/swagger.json", get_wsgi_application())
    return [found.ok() for found in schema.get_all_operations()]


def failures_of(operation: Any, world: World, role: str, mode: GenerationMode) -> Iterator[str]:
    """What is wrong with the answers to a few calls of one operation."""
    found: dict[str, None] = {}

    @settings(BOUNDED, max_examples=EXAMPLES[role])
    @given(operation.as_strategy(generation_mode=mode), st.integers(0, 3))
    def call(case: Any, chance: int) -> None:
        if chance:  # made-up ids name nothing, and would test little but that
            name_a_row(case, world, role)
        with undone():
            before = size_of_database()
            answer = case.call(headers={"Authorization": f"Token {world.keys[role]}", "Accept": ACCEPT})
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as group:
                found.update(dict.fromkeys(told(case, one) for one in group.exceptions))
            if answer.status_code >= 400 and size_of_database() != before:
                found[f"{operation.label}: {answer.status_code}, but something was written"] = None

    if negatable(operation, mode):
        call()
    yield from found


def negatable(operation: Any, mode: GenerationMode) -> bool:
    """Whether there is anything to send that could be wrong."""
    sent = [*operation.path_parameters, *operation.query, *operation.body]
    return mode is GenerationMode.POSITIVE or bool(sent)


def name_a_row(case: Any, world: World, role: str) -> None:
    """Address a row that is there."""
    parts = [part for part in case.operation.path.split("/") if part]
    model = MODELS.get(parts[max(0, parts.index("{id}") - 1)]) if "{id}" in parts else None
    if model:
        case.path_parameters["id"] = world.id(model, role)
    if "name" in case.path_parameters:
        case.path_parameters["name"] = FILE
    if "class_path" in case.path_parameters:
        case.path_parameters["class_path"] = "local/tools/Target"


def size_of_database() -> list[Any]:
    """How many rows every table has."""
    tables = sorted(connection.introspection.table_names())
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return sorted(cursor.fetchall())


def told(case: Any, failure: Any) -> str:
    """What is wrong, and how to do it again."""
    return f"{case.operation.label}: {type(failure).__name__}: {failure}\n{case.as_curl_command()}"
