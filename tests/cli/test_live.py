"""The command line against the real thing: `foureyes up` with its web server, scheduler and worker."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from tests.serving import PASSWORD, TOKEN, Server, children_of, own_database, serving
from tests.serving import until as wait_until

pytestmark = pytest.mark.processes

Cli = Callable[..., Any]
JOBS = Path(__file__).with_name("jobs")
until = partial(wait_until, what="what other processes do")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the installation."""
    return tmp_path_factory.mktemp("live") / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """A running installation with the jobs of this test."""
    with (
        own_database(f"foureyes_cli_{os.getpid()}") as url,
        serving(data, "--jobs", str(JOBS), FOUREYES_DATABASE_URL=url) as started,
    ):
        yield started


@pytest.fixture
def live(server: Server, data: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line as the administrator of that installation, found through the data folder."""
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(data))
    monkeypatch.setenv("FOUREYES_TOKEN", TOKEN)
    until(lambda: len(cli("jobs", "list", "--all", "--json").json) == 5)
    assert cli("jobs", "enable", "everything", "read-file", "fails", "sleeps", "counts").code == 0
    if "ops" not in cli("groups", "list").out:
        assert cli("groups", "create", "ops").code == 0
    return cli


def ended(live: Cli, run: str) -> Any:
    return until(lambda: (found := live("results", "show", run, "--json").json)["completed"] and found)


def messages(live: Cli, run: str) -> list[str]:
    return [json.loads(line)["message"] for line in live("results", "logs", run, "--json").out.splitlines()]


def test_a_job_is_run_with_typed_options_and_followed_to_its_end(live: Cli) -> None:
    options = [
        "--word",
        "hello",
        "--deep",
        "--sizes",
        "s",
        "--sizes",
        "l",
        "--group",
        "name=ops",
        "--extra",
        '{"a": 1}',
    ]
    result = live("run", "everything", *options, "--var-url", "http://x", "--follow")
    assert (result.code, result.err) == (0, "")
    said = ["'hello'", "30", "True", "'g'", "['s', 'l']", "'ops'", "{'a': 1}", "'http://x'", "removed"]
    # By what a line ends with: its time can hold any number too.
    ends = [next((text for text in said if line.rstrip().endswith(f" {text}")), "") for line in result.out.splitlines()]
    assert [text for text in ends if text] == said
    assert "remove /tmp/old" in result.out
    assert "all done" in result.out
    assert "Run completed" in result.out


def test_a_dry_run_lists_its_changes_and_does_nothing(live: Cli) -> None:
    result = live("run", "everything", "--word", "hello", "--dry-run", "--follow")
    assert result.code == 0
    assert "removed" not in result.out
    assert [row["target"] for row in live("results", "changes", "last", "--json").json] == ["/tmp/old"]
    assert live("results", "show", "last", "--json").json["purpose"] == "dry_run"


def test_help_shows_the_variables_with_choices_of_a_function(live: Cli) -> None:
    words = " ".join(live("run", "everything", "--help").out.split())
    assert "--word VALUE Any word. (text; at least 2 characters; required)" in words
    assert "one of s (Small), l (Large)" in words
    assert "one of r (Red), g (Green); default g" in words


def test_wrong_values_are_told_per_option(live: Cli) -> None:
    result = live("run", "everything", "--word", "x", "--days", "0")
    assert result.code == 2
    assert "--word: Must have at least 2 characters, and has 1." in result.err
    assert "--days: Must be at least 1." in result.err


def test_a_file_goes_up_and_an_output_file_comes_down(live: Cli, tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_text("a,b")
    result = live("run", "read-file", "--table", f"{tmp_path}/hosts.csv", "--sizes", "s", "--sizes", "l", "--follow")
    assert (result.code, result.err) == (0, "")
    assert "a,b 7 ['s', 'l']" in result.out
    live("run", "everything", "--word", "hello", "--follow")
    assert live("results", "files", "last", "-o", str(tmp_path / "out/")).code == 0
    assert (tmp_path / "out/report.csv").read_text() == "word\nhello\n"


def test_a_failed_run_is_exit_code_1(live: Cli) -> None:
    result = live("run", "fails", "--follow")
    assert result.code == 1
    assert "no luck" in result.out
    assert "Run failed" in result.out


def test_many_lines_come_once_each_and_in_order(live: Cli) -> None:
    result = live("run", "counts", "--last", "3000", "--follow")
    assert result.code == 0
    assert numbers(result.out) == list(range(3000))
    run = live("results", "show", "last", "--json").json["id"]
    assert numbers(live("results", "logs", run, "--follow").out) == list(range(3000))
    assert numbers(live("results", "logs", run).out) == list(range(3000))


def test_following_survives_the_loss_of_the_web_server(live: Cli, server: Server) -> None:
    run = live("run", "counts", "--last", "300", "--pause", "0.1", "--json").json["job_result"]["id"]
    others = {int(row["name"].rpartition(":")[2]) for row in live("workers", "list", "--json").json if row["alive"]}
    (web,) = set(children_of(server.pid)) - others
    killer = Timer(1, os.kill, (web, signal.SIGKILL))
    killer.start()
    result = live("results", "logs", run, "--follow")
    killer.join()
    assert web not in children_of(server.pid)
    assert (result.code, numbers(result.out)) == (0, list(range(300)))


def numbers(out: str) -> list[int]:
    return [int(number) for number in re.findall(r"number (\d+)$", out, re.MULTILINE)]


def test_a_run_is_cancelled(live: Cli) -> None:
    run = live("run", "sleeps", "--json").json["job_result"]["id"]
    until(lambda: "asleep" in messages(live, run))
    assert live("results", "cancel", run).code == 0
    assert ended(live, run)["cancelled_by"] == "admin"
    assert live("results", "cancel", run).code == 5


def test_a_disabled_job_says_how_to_enable_it(live: Cli) -> None:
    live("jobs", "disable", "fails")
    result = live("run", "fails")
    assert result.code == 5
    assert "foureyes jobs enable" in result.err


def test_settings_of_a_job_are_set_and_reset(live: Cli) -> None:
    changed = live("jobs", "edit", "everything", "--time-limit", "33", "--queue", "default", "--json").json
    assert (changed["time_limit"], changed["task_queues"]) == (33.0, ["default"])
    back = live("jobs", "edit", "everything", "--reset", "time-limit", "--reset", "queue", "--json").json
    assert (back["time_limit"], back["task_queues"]) == (0.0, [])
    assert live("jobs", "edit", "everything", "--time-limit", "-1").code == 2


def test_the_source_is_shown(live: Cli) -> None:
    assert live("jobs", "source", "everything", "tour.py").out == (JOBS / "tour.py").read_text()


def test_people_and_permissions_decide_who_may_run(live: Cli) -> None:
    created = live("users", "create", "alice", "--group", "ops", "--password-stdin", stdin="s3cret-of-alice\n")
    assert (created.code, created.err) == (0, "")
    assert live("can", "alice", "run", "everything").code == 1
    options = ["--type", "extras.job", "--action", "view", "--action", "run", "--constraints", '{"name": "Everything"}']
    assert live("permissions", "create", "tour", *options, "--group", "ops").code == 0
    allowed = live("can", "alice", "run", "everything")
    assert (allowed.code, "tour" in allowed.out) == (0, True)
    assert live("can", "alice", "run", "fails").code == 1
    assert live("permissions", "edit", "tour", "--disabled").code == 0
    assert live("can", "alice", "run", "everything").code == 1
    assert live("permissions", "delete", "tour", "--yes").code == 0
    assert live("users", "delete", "alice", "--yes").code == 0


def test_a_sign_in_with_a_password_makes_a_token(live: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOUREYES_TOKEN")
    assert live("whoami").code == 3
    assert live("login", "--user", "admin", "--password", "-", stdin="wrong\n").code == 3
    assert live("login", "--user", "admin", "--password", "-", stdin=f"{PASSWORD}\n").code == 0
    assert live("whoami", "--json").json["user"]["username"] == "admin"
    assert "foureyes login on" in live("tokens", "list").out


def test_a_tokens_key_works_until_it_is_deleted(live: Cli) -> None:
    key = live("tokens", "create", "--read-only").out.strip()
    assert live("jobs", "list", "--token", key).code == 0
    assert live("jobs", "disable", "sleeps", "--token", key).code == 3
    assert live("tokens", "delete", key[-6:], "--yes").code == 0
    assert live("jobs", "list", "--token", key).code == 3


def test_workers_are_drained_and_resumed(live: Cli) -> None:
    assert "draining" in live("workers", "drain").out
    assert live("run", "fails", "--queue", "default").code in {3, 6}
    assert live("workers", "resume").code == 0
    assert {row["state"] for row in live("workers", "list", "--json").json} == {"running"}


def test_status_doctor_and_events_answer(live: Cli) -> None:
    assert live("status", "--json").json["health"]["scheduler"] == "ok"
    assert live("doctor").code in {0, 1}
    assert live("events", "list", "--kind", "job.enabled", "--limit", "1", "--json").json[0]["kind"] == "job.enabled"
