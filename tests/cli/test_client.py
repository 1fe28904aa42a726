"""Requests as the server sees them, and every kind of failure as a sentence with an exit code."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from foureyes.cli.client import Client
from foureyes.cli.exits import Failure
from foureyes.cli.places import find_place

from .conftest import JOB, OTHER_JOB, Recorded

PATH = "/api/extras/jobs/"


@pytest.fixture
def client(at_server: Recorded) -> Client:
    return Client(find_place())


def test_requests_carry_version_and_token(at_server: Recorded, client: Client) -> None:
    client.get(PATH)
    headers = at_server.requests[0].headers
    assert headers["Accept"] == "application/json; version=1.6"
    assert headers["Authorization"] == f"Token {'k' * 40}"


def test_no_proxy_stands_before_loopback(at_server: Recorded, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert client.get(PATH)["count"] == 2


def test_rows_follow_the_pages_on_the_named_server_whatever_host_the_links_name(
    at_server: Recorded, client: Client
) -> None:
    second = {"next": None, "results": [OTHER_JOB]}
    at_server.on("GET", PATH, {"next": f"http://inside.example{PATH}?cursor=x", "results": [JOB]}, second)
    assert [row["name"] for row in client.rows(PATH)] == ["Purge old files", "Purge cache"]
    assert at_server.requests[1].query == {"cursor": "x"}


def test_rows_stop_at_the_number_asked_for(at_server: Recorded, client: Client) -> None:
    at_server.on("GET", PATH, {"next": f"{at_server.url}{PATH}?cursor=x", "results": [JOB, OTHER_JOB]})
    assert len(list(client.rows(PATH, most=1))) == 1
    assert len(at_server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (403, {"detail": "Authentication credentials were not provided."}, 3, "You are not signed in at"),
        (403, {"detail": "Invalid token"}, 3, "does not take the token from FOUREYES_TOKEN"),
        (403, {"detail": "Token expired"}, 3, "Token expired"),
        (403, {"detail": "You do not have permission to perform this action."}, 3, "You do not have permission"),
        (403, "You cannot approve your own job request!", 3, "You cannot approve your own request."),
        (404, {"detail": "Not found."}, 4, f"The server has nothing at {PATH} that you may see."),
        (405, {"detail": "This job is not presently installed and cannot be run"}, 5, "not presently installed"),
        (409, {"detail": "The run has ended.", "code": "run_ended"}, 5, "The run has ended."),
        (
            503,
            {"detail": "Unable to process request: No celery workers running on queue default."},
            6,
            "No worker takes runs from the queue default",
        ),
        (500, {"error": "boom", "exception": "ValueError"}, 6, "The server had an error of its own: ValueError: boom"),
        (400, ["Unable to run or schedule job: sensitive"], 2, "Unable to run or schedule job: sensitive"),
        (400, {"errors": ["s is a required field"]}, 2, "s: give a value."),
        (400, {"errors": {"folder_name": ["This field is required."]}}, 2, "--folder-name: Give a value."),
        (400, {"schedule": {"name": ["Too long."]}}, 2, "--name: Too long."),
        (400, {"detail": "days: Bad.", "code": "invalid", "fields": {"days": ["Bad."]}}, 2, "--days: Bad."),
        (502, b"<html>Bad gateway</html>", 6, "answered 502"),
        (404, b"<html>no</html>", 4, f"does not know {PATH}"),
        (301, b"", 6, "sends on to"),
        (200, b"<html>hello</html>", 6, "is not a Foureyes server"),
    ],
)
def test_a_failure_is_a_sentence_with_an_exit_code(
    at_server: Recorded, client: Client, status: int, body: Any, code: int, text: str
) -> None:
    at_server.on("POST", PATH, body, status=status)
    with pytest.raises(Failure) as caught:
        client.post(PATH, {})
    assert caught.value.exit_code == code
    assert text in "\n".join(caught.value.lines())


def test_fields_are_named_as_their_options(at_server: Recorded, client: Client) -> None:
    at_server.on("POST", PATH, {"errors": {"url": ["Bad."]}}, status=400)
    with pytest.raises(Failure) as caught:
        client.post(PATH, {}, labels={"url": "--var-url"})
    assert caught.value.fields == {"--var-url": ["Bad."]}


def test_a_server_that_is_away_is_told_with_the_place_its_address_came_from(cli: Callable[..., Any]) -> None:
    result = cli("jobs", "list", "--url", "http://127.0.0.1:9")
    assert result.code == 6
    assert result.out == ""
    assert "No server answers at http://127.0.0.1:9" in result.err
    assert "came from --url" in result.err


def test_a_silent_server_is_given_up(at_server: Recorded) -> None:
    done = Event()
    at_server.on("GET", PATH, lambda _: (200, {"waited": done.wait(60)}))
    with pytest.raises(Failure, match="does not answer in time") as caught:
        Client(find_place(), read_seconds=0.1).get(PATH)
    done.set()
    assert caught.value.exit_code == 6
