"""Approvals from the command line against the real thing: one asks, another approves, and then it runs."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.serving import TOKEN, Server, own_database, serving
from tests.serving import until as wait_until

pytestmark = pytest.mark.processes

Cli = Callable[..., Any]
PASSWORD = "s3cret-of-everybody"
JOB = """
from foureyes.jobs import IntegerVar, Job


class Vault(Job):
    days = IntegerVar(default=30)

    class Meta:
        name = "Vault"
        approval_required = True
        has_sensitive_variables = False

    def run(self, *, days):
        if self.change(target="/vault", before="closed", after="open"):
            self.log_success(message=f"opened for {days} days")
"""
until = partial(wait_until, what="what other processes do")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the installation, beside that of its jobs."""
    folder = tmp_path_factory.mktemp("vault")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "vault.py").write_text(JOB)
    return folder / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """A running installation with a gated job."""
    with (
        own_database(f"foureyes_vault_{os.getpid()}") as url,
        serving(data, "--jobs", str(data.parent / "jobs"), FOUREYES_DATABASE_URL=url) as started,
    ):
        yield started


@pytest.fixture
def people(server: Server, data: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Cli]:
    """The command line as alice, who may run the job, or as bob, who may approve it: `people("alice")`."""
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(data))
    monkeypatch.setenv("FOUREYES_TOKEN", TOKEN)
    if "alice" not in cli("users", "list").out:
        set_up(cli)
    monkeypatch.delenv("FOUREYES_TOKEN")

    def sign_in(name: str) -> Cli:
        assert cli("login", "--user", name, "--password", "-", stdin=f"{PASSWORD}\n").code == 0
        return cli

    return sign_in


def set_up(cli: Cli) -> None:
    until(lambda: len(cli("jobs", "list", "--all", "--json").json) == 1)
    assert cli("jobs", "enable", "vault").code == 0
    for name in ("alice", "bob"):
        assert cli("users", "create", name, "--password-stdin", stdin=f"{PASSWORD}\n").code == 0
    allow(cli, "users.token", "view", "add", to=("alice", "bob"))
    allow(cli, "extras.job", "view", "run", to=("alice", "bob"))
    allow(cli, "extras.job", "approve", to=("bob",))
    allow(cli, "extras.scheduledjob", "view", "change", "delete", to=("bob",))
    allow(cli, "extras.jobresult", "view", to=("alice", "bob"))


def allow(cli: Cli, kind: str, *actions: str, to: tuple[str, ...]) -> None:
    options = [part for action in actions for part in ("--action", action)]
    options += [part for name in to for part in ("--user", name)]
    assert cli("permissions", "create", f"{kind} {' '.join(actions)}", "--type", kind, *options).code == 0


def test_what_alice_asks_for_runs_when_bob_has_approved_it(people: Callable[[str], Cli]) -> None:
    alice = people("alice")
    assert (
        "Request 1 waits for approval by a second person"
        in alice("run", "vault", "--days", "3", "--reason", "It jams").out
    )
    refused = alice("approvals", "approve", "1")
    assert (refused.code, "May approve  admin, bob" in refused.out) == (3, True)
    assert "You approve  no: You" in refused.out
    assert alice("approvals", "comment", "1", "It is urgent.").code == 0

    bob = people("bob")
    assert [row["number"] for row in bob("approvals", "list", "--json").json] == [1]
    suggested = bob("approvals", "suggest", "1", "--data", '{"days": 2}', "--text", "two are enough")
    assert (suggested.code, suggested.err) == (0, "")

    accepted = people("alice")("approvals", "accept", "1")
    assert (accepted.code, "Request 2 is what waits" in accepted.out) == (0, True)

    bob = people("bob")
    assert bob("approvals", "dry-run", "2", "--follow").code == 0
    shown = bob("approvals", "show", "2").out
    for text in ("Contributors  alice (", "days  2", "/vault", "You approve  yes", "--source"):
        assert text in shown
    assert "class Vault(Job)" in bob("approvals", "show", "2", "--source").out
    assert bob("approvals", "approve", "2", "--digest", "0" * 64).code == 5
    approved = bob("approvals", "approve", "2", "--reason", "fine")
    assert (approved.code, approved.err) == (0, "")
    run = bob("approvals", "show", "2", "--json").json["runs"][0]["id"]
    assert until(lambda: bob("results", "show", run, "--json").json["completed"])
    assert "opened for 2 days" in bob("results", "logs", run).out


def test_what_is_denied_or_withdrawn_never_runs(people: Callable[[str], Cli]) -> None:
    alice = people("alice")
    refused = alice("run", "vault")
    assert (refused.code, "--reason" in refused.err) == (2, True)
    denied, withdrawn = (
        alice("run", "vault", "--json", "--reason", "It jams").json["request"]["number"] for _ in range(2)
    )
    assert alice("approvals", "withdraw", str(withdrawn)).code == 0
    bob = people("bob")
    assert bob("approvals", "deny", str(denied), "--reason", "not today").code == 0
    assert bob("approvals", "approve", str(withdrawn)).code == 5
    shown = bob("approvals", "show", str(denied)).out
    assert "deny by bob" in shown
    assert "not today" in shown
