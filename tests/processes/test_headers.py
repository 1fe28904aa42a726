import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from foureyes.conf import get_conf
from foureyes.processes.headers import ALWAYS, send_head
from foureyes.users.models import User
from foureyes.web.results.stream import page_streams

ANSWERS = ["/api/", "/api/status/", "/api/nothing/", "/nothing", "/api/docs/", "/health/", "/api/runs/a%00/",
           "/static/foureyes/api/docs.js", "/api/swagger.json", "/account/sign-in/"]  # fmt: skip


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_keeps_browsers_careful(db: None, client: Client, path: str) -> None:
    answer = client.get(path)
    for name, value in ALWAYS.items():
        assert answer[name] == value or name in ("Content-Security-Policy", "Cache-Control"), name
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer


UNKEPT = "no-store, private"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/users/users/", "/api/runs/", "/api/nothing/", "/api/swagger.json", "/health/"]
)
def test_nobody_keeps_what_is_answered_to_programs(db: None, client: Client, admin: User, path: str) -> None:
    assert client.get(path)["Cache-Control"] == UNKEPT
    client.force_login(admin)
    assert client.get(path)["Cache-Control"] == UNKEPT


def test_nobody_keeps_what_a_program_has_changed(db: None, client: Client, admin: User) -> None:
    client.force_login(admin)
    made = client.post("/api/users/groups/", {"name": "netops"}, content_type="application/json")
    assert (made.status_code, made["Cache-Control"]) == (201, UNKEPT)
    deleted = client.delete(f"/api/users/groups/{made.json()['id']}/")
    assert (deleted.status_code, deleted["Cache-Control"]) == (204, UNKEPT)


def test_nobody_keeps_files_of_runs_and_exports(db: None, client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/jobs/results/export.csv")["Cache-Control"] == UNKEPT


def test_pages_and_static_files_say_themselves_how_long_they_are_kept(db: None, client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/jobs/")["Cache-Control"] == "private, no-cache"
    assert "no-store" not in client.get("/static/foureyes/api/docs.js")["Cache-Control"]


def test_errors_and_refused_sizes_have_the_headers(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("foureyes.web.health.timezone.now", lambda: 1 / 0)
    crashed = client.get("/health/")
    assert crashed.status_code == 500
    large = client.post("/api/users/groups/", "x", content_type="application/json", CONTENT_LENGTH=str(2**40))
    assert large.status_code == 413
    for answer in (crashed, large):
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_browsers_are_held_to_https_where_it_is_configured(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = get_conf().model_copy(update={"https": True})
    monkeypatch.setattr("foureyes.processes.headers.get_conf", lambda: secure)
    assert client.get("/api/")["Strict-Transport-Security"].startswith("max-age=")


def test_streams_have_the_headers(db: None) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(send_head(HttpResponse(), send))
    names = {name.decode() for name, _ in sent[0]["headers"]}
    assert {name.lower() for name in ALWAYS} <= {name.lower() for name in names}


def test_stream_of_a_page_has_the_headers_also_where_there_is_nothing(transactional_db: None) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = f"/jobs/results/{uuid4()}/stream/"
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    asyncio.run(page_streams(scope, None, send))
    assert sent[0]["status"] == 404
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"] == b"text/plain"
    assert {name.lower().encode() for name in ALWAYS} <= set(headers)
