from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg import errors
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from foureyes.api.wire.errors import handle
from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal, Unavailable
from foureyes.users.models import User


class OwnErrors(APIView):
    own_errors = True


def answered(exc: Exception, view: Any = None) -> tuple[int, Any]:
    request = Request(APIRequestFactory().get("/api/"))
    answer = handle(exc, {"view": view, "request": request})
    return answer.status_code, answer.data


@pytest.mark.parametrize(
    ("refusal", "status", "body"),
    [
        (Invalid("no"), 400, {"detail": "no"}),
        (Invalid(fields={"a": ["b"]}), 400, {"a": ["b"]}),
        (NotAllowed("no"), 403, {"detail": "no"}),
        (Conflict("no"), 409, {"detail": "no"}),
        (Unavailable("no"), 503, {"detail": "no"}),
        (Conflict("no", code="job_not_installed"), 405, {"detail": "no"}),
        (Invalid("no", code="job_sensitive_and_gated"), 400, ["no"]),
    ],
)
def test_refusals_have_the_bodies_of_1_x(refusal: Refusal, status: int, body: Any) -> None:
    assert answered(refusal) == (status, body)


def test_refusals_of_our_own_addresses_have_codes_and_fields() -> None:
    refusal = Invalid(fields={"a": ["b"]}, code="bad")
    assert answered(refusal, OwnErrors()) == (400, {"detail": "a: b", "code": "bad", "fields": {"a": ["b"]}})


def test_crash_tells_no_more_than_its_type(caplog: pytest.LogCaptureFixture) -> None:
    status, body = answered(RuntimeError("secret"))
    assert (status, body["exception"]) == (500, "RuntimeError")
    assert "secret" not in str(body)
    assert "secret" in caplog.text


def test_a_row_that_is_deleted_meanwhile_is_a_409() -> None:
    status, body = answered(User.DoesNotExist("User matching query does not exist."))
    assert (status, body) == (409, {"detail": "What this is about was deleted in the meantime. Nothing was changed."})


def test_a_database_that_does_not_answer_is_a_503(caplog: pytest.LogCaptureFixture) -> None:
    status, body = answered(OperationalError("secret host"))
    assert (status, "Try again" in body["detail"]) == (503, True)
    assert "secret" not in str(body)
    assert "secret" in caplog.text
    late = OperationalError("canceling statement")
    late.__cause__ = errors.QueryCanceled()
    status, body = answered(late)
    assert (status, "took longer" in body["detail"]) == (503, True)


def test_request_that_is_too_large_is_not_read(client: Client, db: None) -> None:
    answer = client.post("/api/extras/jobs/x/run/", b"x", content_type="application/json", CONTENT_LENGTH=str(2**40))
    assert answer.status_code == 413


def test_wrong_host_name_is_a_400(db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["good"]
    assert APIClient().get("/api/", headers={"Host": "evil"}).status_code == 400
