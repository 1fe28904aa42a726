import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from tests.api.world import build_world

from foureyes.api.wire.size import MeasuredBodies
from foureyes.models import Job


def test_named_length_that_is_too_large_is_not_read(client: Client, db: None) -> None:
    answer = client.post("/api/extras/jobs/x/run/", b"x", content_type="application/json", CONTENT_LENGTH=str(2**40))
    assert answer.status_code == 413
    assert "the most allowed" in answer.json()["detail"]


def measured(body: bytes, **environ: str) -> tuple[str, bytes, bytes]:
    """The length that the application is told, what it reads, and what is left unread."""
    stream, told = io.BytesIO(body), {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told.update(length=environ.get("CONTENT_LENGTH", ""), text=environ["wsgi.input"].read())
        return []

    given = {"wsgi.input": stream, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "application/json", **environ}
    MeasuredBodies(application)(given, None)
    return told["length"], told["text"], stream.read()


def test_body_in_chunks_gets_a_length() -> None:
    assert measured(b'{"a": 1}') == ("8", b'{"a": 1}', b"")


def test_body_in_chunks_without_end_is_not_read_to_the_end(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    length, _, left = measured(b"x" * 1_000_000)
    assert int(length) > 100_000
    assert len(left) > 800_000


def test_named_length_is_left_alone() -> None:
    assert measured(b"abc", CONTENT_LENGTH="2", HTTP_TRANSFER_ENCODING="")[0] == "2"


@pytest.fixture
def post(db: None, now: datetime) -> Callable[..., Any]:
    """Sends a form that runs a job."""
    world = build_world(now)
    client = world.client("superuser")
    client.raise_request_exception = False
    path = f"/api/extras/jobs/{world.target[Job].pk}/run/"
    return lambda body, content_type: client.generic("POST", path, body, content_type=content_type)


def form(*parts: tuple[str, str]) -> str:
    return "".join(f'--a\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts) + "--a--\r\n"


def test_form_has_a_limited_number_of_parts(post: Callable[..., Any]) -> None:
    answer = post(form(*((f"v{number}", "x") for number in range(1100))), "multipart/form-data; boundary=a")
    assert answer.status_code == 413
    assert "1000 fields" in answer.json()["detail"]


def test_form_has_a_limited_number_of_files(post: Callable[..., Any]) -> None:
    one = '--a\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nx\r\n'
    answer = post(one * 200 + "--a--\r\n", "multipart/form-data; boundary=a")
    assert answer.status_code == 413
    assert "100 files" in answer.json()["detail"]


@pytest.mark.parametrize(("parameters", "status"), [("", 400), ("; boundary=ü", 400), ("; boundary=" + "x" * 500, 415)])
def test_form_that_cannot_be_taken_apart_is_refused(post: Callable[..., Any], parameters: str, status: int) -> None:
    assert post("--a\r\nnonsense", f"multipart/form-data{parameters}").status_code == status


@pytest.mark.parametrize("part", [("a", "x\x00y"), ("a\x00", "x")])
def test_null_character_in_a_form_is_a_400(post: Callable[..., Any], part: tuple[str, str]) -> None:
    answer = post(form(part), "multipart/form-data; boundary=a")
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert "null character" in answer.json()["detail"]


def test_form_that_is_no_utf_8_is_taken_or_refused(post: Callable[..., Any]) -> None:
    body = form(("_schedule_name", "NAME"), ("_schedule_interval", "daily")).encode().replace(b"NAME", b"\xff\xfe")
    assert post(body, "multipart/form-data; boundary=a").status_code == 400
