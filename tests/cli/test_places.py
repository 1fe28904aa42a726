"""Which server a command talks to, and as whom."""

import json
import stat
from pathlib import Path

import pytest

from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.places import checked_url, config_file, find_place, forget, store, stored


def started_locally(home: Path, url: str = "http://127.0.0.1:8000") -> None:
    (home / "data/run").mkdir(parents=True)
    (home / "data/run/server.json").write_text(json.dumps({"url": url}))


def test_the_local_server_is_the_default_and_a_demo_gives_its_administrators_token(home: Path) -> None:
    started_locally(home)
    users = {"bob": {"token": "b" * 40}, "admin": {"password": "x", "token": "a" * 40}}
    (home / "data/demo-credentials.json").write_text(json.dumps({"users": users}))
    place = find_place()
    assert (place.url, place.token) == ("http://127.0.0.1:8000", "a" * 40)
    assert place.token_from.endswith("demo-credentials.json")


def test_options_win_over_environment_and_environment_over_the_stored_sign_in(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started_locally(home)
    store(url="https://stored.example", token="s" * 40)
    assert find_place().url == "https://stored.example"
    monkeypatch.setenv("FOUREYES_URL", "https://named.example/")
    monkeypatch.setenv("FOUREYES_TOKEN", "e" * 40)
    assert (find_place().url, find_place().token) == ("https://named.example", "e" * 40)
    place = find_place(url="https://option.example", token="o" * 40)
    assert (place.url, place.token, place.url_from) == ("https://option.example", "o" * 40, "--url")


def test_a_stored_token_goes_to_the_server_it_was_stored_for_alone() -> None:
    store(url="https://stored.example", token="s" * 40)
    assert find_place().token == "s" * 40
    assert find_place(url="https://stored.example/").token == "s" * 40
    assert find_place(url="https://elsewhere.example").token == ""


def test_the_stored_sign_in_is_readable_by_its_owner_alone() -> None:
    file = store(url="https://stored.example", token="s" * 40)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file == config_file()
    assert forget()
    assert not forget()
    assert stored() == {}


def test_without_any_server_the_answer_says_how_to_name_one() -> None:
    with pytest.raises(Failure, match="no local server is running") as caught:
        find_place()
    assert caught.value.exit_code == ExitCode.UNREACHABLE
    assert "foureyes up" in caught.value.hint


@pytest.mark.parametrize("address", ["ftp://host", "http://", "://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Failure) as caught:
        checked_url(address)
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_bare_host_is_an_http_address() -> None:
    assert checked_url("localhost:8000/") == "http://localhost:8000"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://127.0.0.9:1", True), ("http://[::1]:1", True), ("http://localhost", True), ("http://10.0.0.1", False)],
)
def test_loopback_is_recognised(url: str, loopback: bool) -> None:
    assert find_place(url=url).is_loopback is loopback
