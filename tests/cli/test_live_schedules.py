"""Schedules from the command line against the real thing: what is stored there is fired by a real scheduler."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.serving import TOKEN, Server, own_database, serving
from tests.serving import until as wait_until

pytestmark = pytest.mark.processes

Cli = Callable[..., Any]
JOBS = Path(__file__).with_name("jobs")
NIGHTLY = ("--crontab", "30 2 * * mon-fri", "--zone", "Europe/Berlin")
until = partial(wait_until, what="what other processes do")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the installation."""
    return tmp_path_factory.mktemp("later") / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """A running installation with the jobs of this test."""
    with (
        own_database(f"foureyes_later_{os.getpid()}") as url,
        serving(data, "--jobs", str(JOBS), FOUREYES_DATABASE_URL=url) as started,
    ):
        yield started


@pytest.fixture
def live(server: Server, data: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line as the administrator of that installation, with jobs that can run."""
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(data))
    monkeypatch.setenv("FOUREYES_TOKEN", TOKEN)
    until(lambda: len(cli("jobs", "list", "--all", "--json").json) == 5)
    assert cli("jobs", "enable", "everything", "counts").code == 0
    return cli


def stored(live: Cli, name: str, *plan: str) -> Any:
    """A schedule of that name."""
    result = live("run", "counts", "--last", "3", *plan, "--name", name, "--json")
    assert (result.code, result.err) == (0, "")
    return result.json


def lines(live: Cli, name: str) -> Any:
    return live("ledger", "--schedule", name, "--json").json


def soon(seconds: float = 5) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_single_instant_runs_on_time_and_once(live: Cli) -> None:
    at = soon()
    assert stored(live, "once", "--at", at)["state"] == "active"
    line = until(lambda: (found := lines(live, "once")) and found[0]["run_status"] == "completed" and found[0])
    assert datetime.fromisoformat(line["planned_at"]) == datetime.fromisoformat(at)
    run = live("results", "show", line["run"], "--json").json
    late = datetime.fromisoformat(run["started_at"]) - datetime.fromisoformat(at)
    assert late >= timedelta(0)
    over = live("schedules", "show", "once", "--json").json
    assert (over["state"], over["total_run_count"], over["next_run_at"]) == ("finished", 1, None)
    assert len(lines(live, "once")) == 1


def test_the_preview_is_what_is_stored(live: Cli) -> None:
    preview = live("preview", *NIGHTLY, "--json").json
    schedule = stored(live, "previewed", *NIGHTLY)
    assert schedule["sentence"] == preview["sentence"] == "Every weekday at 02:30, Europe/Berlin"
    assert schedule["next_run_at"] == preview["instants"][0]["utc"]


def test_what_the_guide_calls_rules_is_stored(live: Cli) -> None:
    rules = "--end 2050-01-01 --max-runs 9 --jitter 10m --day-rule and --gap skip --fold both --misfire all"
    more = "--misfire-limit 3 --latest-start 2h --overlap queue --description why"
    schedule = stored(live, "ruled", *NIGHTLY, *rules.split(), *more.split())
    expected = {
        "end_time": "2049-12-31T23:00:00Z",
        "max_runs": 9,
        "jitter_seconds": 600,
        "day_rule": "and",
        "gap": "skip",
        "fold": "both",
        "misfire": "all",
        "misfire_limit": 3,
        "latest_start_seconds": 7200,
        "overlap": "queue",
        "description": "why",
    }
    assert {name: schedule[name] for name in expected} == expected
    cleared = [part for name in ("end", "max-runs", "misfire-limit", "latest-start") for part in ("--clear", name)]
    changed = live("schedules", "edit", "ruled", *cleared, "--json").json
    assert [changed[name] for name in ("end_time", "max_runs", "misfire_limit", "latest_start_seconds")] == [None] * 4
    assert (changed["jitter_seconds"], changed["overlap"]) == (600, "queue")


def test_wrong_plans_and_values_are_told_under_their_options(live: Cli) -> None:
    result = live("run", "counts", "--last", "3", "--crontab", "0 25 * * *")
    assert (result.code, "--crontab: The hour field cannot be “25”." in result.err) == (2, True)
    assert "--at: " in live("run", "counts", "--last", "3", "--at", "2001-01-01").err
    assert "--last: Give a value." in live("run", "counts", *NIGHTLY).err
    assert "There is no time zone" in live("preview", "--crontab", "0 0 * * *", "--zone", "Nowhere/Land").err


def test_a_paused_schedule_records_its_instants_and_goes_on_without_them(live: Cli) -> None:
    stored(live, "paused", "--at", soon(8))
    assert "is paused" in live("schedules", "pause", "paused", "--note", "new disk").out
    (line,) = until(lambda: lines(live, "paused"))
    assert (line["fate"], line["reason"], line["run"]) == ("skipped", "paused: new disk", None)


def test_one_schedule_is_skipped_cloned_edited_cancelled_and_deleted(live: Cli) -> None:
    first = stored(live, "handled", *NIGHTLY)
    assert "skips its next instant" in live("schedules", "skip-next", "handled").out
    (line,) = lines(live, "handled")
    assert (line["fate"], line["reason"], line["planned_at"]) == ("skipped", "skipped by admin", first["next_run_at"])
    copy = live("schedules", "clone", "handled", "--name", "handled-2", "--json").json
    assert (copy["inputs"], copy["crontab"]) == (first["inputs"], first["crontab"])
    edited = live("schedules", "edit", "handled-2", "--data", '{"last": 5}', "--crontab", "0 4 * * *", "--json").json
    assert (edited["inputs"]["last"], edited["sentence"]) == (5, "Every day at 04:00, Europe/Berlin")
    assert live("schedules", "edit", "handled-2", "--data", '{"last": "x"}').code == 2
    assert live("schedules", "cancel", "handled-2").code == 0
    assert live("schedules", "resume", "handled-2").code == 5
    assert live("schedules", "delete", copy["id"][:18], "--yes").code == 0
    assert live("schedules", "show", copy["id"]).code == 4
    assert live("schedules", "take-over", "handled").code == 5


def test_several_schedules_are_done_one_by_one(live: Cli) -> None:
    names = ["many-1", "many-2", "many-3"]
    keys = [stored(live, name, *NIGHTLY)["id"] for name in names]
    assert live("schedules", "pause", "many-1").code == 0
    result = live("schedules", "pause", *names)
    assert (result.code, result.out.count("is paused\n"), result.out.count("refused")) == (5, 2, 1)
    missing = keys[0][:-1] + ("0" if keys[0][-1] != "0" else "1")
    assert "no such schedule" in live("schedules", "resume", *keys, missing).out
    assert live("schedules", "delete", *keys, "--yes").code == 0
    assert not live("schedules", "list", "many-", "--json").json


def test_run_now_is_a_run_of_its_own(live: Cli) -> None:
    stored(live, "at once", *NIGHTLY)
    result = live("schedules", "run-now", "at once", "--follow")
    assert (result.code, "number 2" in result.out) == (0, True)
    assert live("schedules", "show", "at once", "--json").json["total_run_count"] == 0


def key_of(live: Cli, home: Path, name: str) -> str:
    """The token of a new person who may see and run every job."""
    password = f"s3cret-of-{name}\n"
    assert live("users", "create", name, "--password-stdin", stdin=password).code == 0
    for kind, *actions in (("extras.job", "view", "run"), ("users.token", "view", "add")):
        rights = [part for action in actions for part in ("--action", action)]
        assert live("permissions", "create", f"{name} {kind}", "--type", kind, *rights, "--user", name).code == 0
    assert live("login", "--user", name, "--password", "-", stdin=password).code == 0
    key = json.loads((home / "config/foureyes/cli.json").read_text())["token"]
    assert live("logout").code == 0
    return str(key)


def test_a_schedule_without_an_active_owner_is_listed_and_taken_over(live: Cli, home: Path) -> None:
    def warned() -> list[str]:
        return [row["name"] for row in live("schedules", "list", "--warnings", "--json").json]

    erin = key_of(live, home, "erin")
    assert stored(live, "orphan", *NIGHTLY, "--token", erin)["user"]["username"] == "erin"
    assert warned() == []
    assert live("users", "edit", "erin", "--inactive").code == 0
    assert warned() == ["orphan"]
    assert "Its requester erin is inactive." in live("schedules", "list", "--warnings").out
    assert "erin (inactive)" in live("schedules", "show", "orphan").out
    assert "is yours" in live("schedules", "take-over", "orphan").out
    assert (warned(), live("schedules", "show", "orphan", "--json").json["user"]["username"]) == ([], "admin")


def test_the_ledger_names_wrong_filters(live: Cli) -> None:
    assert "--fate: " in live("ledger", "--fate", "nonsense").err
    assert live("ledger", "--from", "2050-01-01").err == "No instant was planned then.\n"
