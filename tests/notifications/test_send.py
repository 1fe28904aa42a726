"""One message over HTTP: what is sent, what is refused, and what comes back."""

import socket
import threading
from typing import Any

import pytest
from tests.notifications.conftest import Receiver

from foureyes.notifications.send import Answer, Message, send

TRUSTED = {"127.0.0.1"}


def message(url: str, **values: Any) -> Message:
    given: dict[str, Any] = {"method": "POST", "headers": {"X-Key": "abc"}, "body": b"{}", "verify": True}
    return Message(url=url, **(given | values))


def test_receiver_gets_the_message_and_its_answer_comes_back(receiver: Receiver) -> None:
    answer = send(message(receiver.url, method="PUT"), trusted=TRUSTED, seconds=30)
    assert answer == Answer(status=200, text="thank you")
    [(path, headers, body)] = receiver.requests
    assert (path, headers["x-key"], headers["user-agent"][:8], body) == ("/hook", "abc", "Foureyes", b"{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "127.1",
    ],
)
def test_addresses_of_private_networks_are_refused(host: str) -> None:
    """Nothing of the inside is reached through the server, in whatever way the address is written."""
    answer = send(message(f"http://{host}:9/"), trusted=(), seconds=30)
    assert answer.status is None
    assert answer.hopeless, answer
    assert "private network" in answer.error


def test_name_that_leads_inside_is_refused(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    answer = send(message(f"http://hooks.example.org:{port}/hook"), trusted=(), seconds=30)
    assert answer.hopeless
    assert not receiver.requests


def test_trusting_one_host_trusts_no_other(receiver: Receiver) -> None:
    url = receiver.url.replace("127.0.0.1", "localhost")
    assert send(message(url), trusted=TRUSTED, seconds=30).hopeless
    assert not receiver.requests


def test_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [302], {"Location": receiver.url.replace("/hook", "/inside")}
    answer = send(message(receiver.url), trusted=TRUSTED, seconds=30)
    assert (answer.status, answer.is_good, len(receiver.requests)) == (302, False, 1)


def test_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert send(message(receiver.url), trusted=TRUSTED, seconds=30).is_good


def test_long_answers_are_cut(receiver: Receiver) -> None:
    receiver.says = b"x\x00" * 100_000
    assert send(message(receiver.url), trusted=TRUSTED, seconds=30).text == "x�" * 1000


def test_nobody_there_is_an_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    answer = send(message(f"http://127.0.0.1:{port}/"), trusted=TRUSTED, seconds=30)
    assert (answer.status, answer.hopeless) == (None, False)
    assert "could not be reached" in answer.error


def test_silence_is_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = send(message(url), trusted=TRUSTED, seconds=0.2)
    assert "did not answer" in answer.error


def test_nonsense_is_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"hello?\r\n\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        answer = send(message(f"http://127.0.0.1:{server.getsockname()[1]}/"), trusted=TRUSTED, seconds=30)
        thread.join()
    assert "could not be reached" in answer.error
