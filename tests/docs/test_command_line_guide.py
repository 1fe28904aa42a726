"""The guides to the command line and to schedules, typed line after line into a new demo."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.cli.conftest import cli as cli
from tests.docs.guide import executable, is_preview
from tests.docs.reader import Reader
from tests.serving import PASSWORD, PATIENCE_SECONDS, Server, own_database, serving, until

COMMANDS, SCHEDULES = "docs/user-guide/cli.md", "docs/user-guide/schedules.md"
RECEIVER = executable("docs/user-guide/hooks.md", "python")[0]
pytestmark = [pytest.mark.processes, pytest.mark.any_database]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo, and the receiver of the guide to hooks."""
    data = tmp_path_factory.mktemp("command-line") / "data"
    with (
        own_database(f"foureyes_command_line_{os.getpid()}") as url,
        serving(data, "--demo", FOUREYES_DATABASE_URL=url) as demo,
    ):
        (data / "jobs" / "greet.py").write_text(RECEIVER.text)
        until(
            lambda: demo.call("GET", "/api/extras/jobs/?name=Greet+a+new+group").json()["count"],
            what="the receiver is found",
        )
        yield demo


@pytest.fixture
def reader(server: Server, cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """On the demo's own machine, in a folder with the files that the lines name."""
    for name in ("FOUREYES_URL", "FOUREYES_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(server.log.with_suffix("")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("app", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "app" / "settings.ini").write_text("[app]\n")
    for name in ("a.log", "b.log"):
        old = tmp_path / "logs" / name
        old.write_text("a line\n")
        os.utime(old, (0, 0))
    (tmp_path / "server.pem").write_text(certificate())
    (tmp_path / "values.json").write_text('{"who": "all of you"}')
    approver = server.ready["users"]["approver"]["password"]
    return Reader(
        cli=cli,
        here={"https://jobs.example.org": server.url, "/srv/": f"{tmp_path}/"},
        password=lambda name: approver if name == "approver" else PASSWORD,
    )


def certificate() -> str:
    """One that a server might have, as PEM."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1,
        not_valid_before=now, not_valid_after=now + timedelta(days=90),
    ).sign(key, hashes.SHA256())  # fmt: skip
    return made.public_bytes(Encoding.PEM).decode()


def test_every_line_works_when_typed_in_order(reader: Reader, server: Server) -> None:
    reader.type(executable(COMMANDS, "sh", "console"))
    states = {row["number"]: row["state"] for row in server.call("GET", "/api/approvals/").json()["results"]}
    assert states == {1: "superseded", 2: "granted", 3: "withdrawn", 4: "denied", 5: "open"}
    start_afresh(server)
    reader.type(block for block in executable(SCHEDULES, "sh", "console") if not is_preview(block))
    assert len(reader.typed) > 120


def start_afresh(server: Server) -> None:
    """The page begins with a demo without schedules but one of a colleague."""
    there = [row["id"] for row in server.call("GET", "/api/schedules/").json()["results"]]
    answer = server.call("POST", "/api/schedules/bulk/", json={"action": "delete", "ids": there})
    assert [one["detail"] for one in answer.json()["results"] if not one["ok"]] == []
    colleague = requests.post(
        f"{server.url}/api/schedules/",
        json={"job": "local-hello-hello", "name": "inventory", "interval": "custom", "crontab": "0 3 * * *"},
        headers={"Authorization": f"Token {server.ready['users']['approver']['token']}"},
        timeout=PATIENCE_SECONDS,
    )
    assert colleague.status_code == 201, colleague.text
