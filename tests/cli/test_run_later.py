"""`foureyes run JOB --at ...` and its like: what is shown, asked and stored. And `foureyes preview`."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from .conftest import JOB, Recorded
from .schedule_rows import ID, LIST_PATH, PREVIEW, PREVIEW_PATH, SCHEDULE
from .terminal import on_a_terminal

Cli = Callable[..., Any]
RUN_PATH = f"/api/jobs/{JOB['id']}/run/"
VARIABLES = [
    {"name": "folder", "type": "StringVar", "required": True},
    {"name": "days", "type": "IntegerVar", "default": 30},
    {"name": "name", "type": "StringVar"},
    {"name": "table", "type": "FileVar"},
]
NIGHTLY = ("--crontab", "30 2 * * mon-fri", "--zone", "Europe/Berlin")


@pytest.fixture(autouse=True)
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def job(at_server: Recorded) -> Recorded:
    at_server.on("GET", f"/api/extras/jobs/{JOB['id']}/", JOB)
    at_server.on("GET", f"/api/jobs/{JOB['id']}/variables/", VARIABLES)
    at_server.on("POST", PREVIEW_PATH, PREVIEW)
    at_server.on("POST", LIST_PATH, SCHEDULE, status=201)
    at_server.on("GET", "/health/", {"database": "ok", "workers": 1, "scheduler": "ok"})
    return at_server


def stored(job: Recorded) -> Any:
    (sent,) = job.sent("POST", LIST_PATH)
    return sent.json


def test_a_schedule_is_shown_and_then_stored_with_the_values_of_the_job(job: Recorded, cli: Cli) -> None:
    result = cli("run", "purge-old", "--folder", "/tmp", *NIGHTLY, "--name", "nightly", "--queue", "night")
    assert result.code == 0
    assert result.out == (
        "Every weekday at 02:30, Europe/Berlin.\n\n"
        "DAY  LOCAL TIME                  UTC\n"
        "Fri  2030-03-29 02:30:00 +01:00  2030-03-29 01:30:00\n"
        "Mon  2030-04-01 02:30:00 +02:00  2030-04-01 00:30:00\n\n"
        "Note: On Sun 31 Mar 2030 at 02:00 the clock is put forward to 03:00.\n\n"
        f"Stored as `nightly` ({ID}). Next: 2030-01-31 10:30:00 +09:00.\n"
    )
    plan = {"time_zone": "Europe/Berlin", "interval": "custom", "crontab": "30 2 * * mon-fri"}
    about = {"job": JOB["id"], "name": "nightly", "inputs": {"folder": "/tmp", "days": 30}, "queue": "night"}
    assert stored(job) == {**about, **plan}
    (asked,) = job.sent("POST", PREVIEW_PATH)
    assert asked.json == {**plan, "count": 5}
    assert not job.sent("POST", RUN_PATH)


def test_a_schedule_with_a_file_goes_as_a_form(job: Recorded, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_text("a,b")
    result = cli("run", "purge-old", "--at", "22:00", "--table", str(tmp_path / "hosts.csv"), "--reason", "why not")
    assert (result.code, result.err) == (0, "")
    (sent,) = job.sent("POST", LIST_PATH)
    parts = ['name="_job"', 'name="days"', 'name="_reason"', 'name="table"; filename="hosts.csv"', "a,b"]
    assert [part for part in parts if part not in sent.body.decode()] == []


def test_all_rules_of_a_schedule_are_options(job: Recorded, cli: Cli) -> None:
    rules = "--end 2031-01-01 --max-runs 9 --jitter 10m --day-rule and --gap skip --fold both"
    more = "--misfire all --misfire-limit 3 --latest-start 2h --overlap queue --description why --no-commit"
    assert cli("run", "purge-old", *NIGHTLY, *rules.split(), *more.split()).code == 0
    sent = stored(job)
    for given in (sent.pop("inputs"), sent.pop("job")):
        assert given
    assert sent == {
        "name": "Purge old files",
        "description": "why",
        "commit": False,
        "interval": "custom",
        "crontab": "30 2 * * mon-fri",
        "time_zone": "Europe/Berlin",
        "end_time": "2031-01-01T00:00:00+01:00",
        "max_runs": 9,
        "jitter_seconds": 600,
        "day_rule": "and",
        "gap": "skip",
        "fold": "both",
        "misfire": "all",
        "misfire_limit": 3,
        "latest_start_seconds": 7200,
        "overlap": "queue",
    }


def test_a_single_instant_is_on_the_clock_of_this_machine(job: Recorded, cli: Cli) -> None:
    assert cli("run", "purge-old", "--at", "2030-01-31T22:00").code == 0
    sent = stored(job)
    assert (sent["interval"], sent["time_zone"], sent["start_time"]) == (
        "future",
        "Asia/Tokyo",
        "2030-01-31T22:00:00+09:00",
    )


def test_a_repetition_counts_from_its_start(job: Recorded, cli: Cli) -> None:
    assert cli("run", "--every", "weekly", "--start", "2030-01-31T22:00", "purge-old").code == 0
    sent = stored(job)
    assert (sent["interval"], sent["start_time"]) == ("weekly", "2030-01-31T22:00:00+09:00")
    assert cli("run", "purge-old", "--every", "weekly").code == 2


def test_with_json_nothing_is_shown_but_what_was_stored(job: Recorded, cli: Cli) -> None:
    assert cli("run", "purge-old", *NIGHTLY, "--json").json == SCHEDULE
    assert not job.sent("POST", PREVIEW_PATH)


def test_a_warning_is_told(job: Recorded, cli: Cli) -> None:
    job.on("POST", LIST_PATH, {**SCHEDULE, "warning": "Nobody works there."}, status=201)
    assert "Warning: Nobody works there." in cli("run", "purge-old", *NIGHTLY).out


def test_without_a_scheduler_a_schedule_is_stored_with_a_warning(job: Recorded, cli: Cli) -> None:
    job.on("GET", "/health/", {"database": "ok", "workers": 1, "scheduler": "missing"})
    result = cli("run", "purge-old", *NIGHTLY)
    assert (result.code, result.out.splitlines()[-1]) == (
        0,
        "Warning: no scheduler is alive, and nothing is fired without one. See `foureyes doctor`.",
    )


def test_a_plan_that_is_refused_is_not_stored(job: Recorded, cli: Cli) -> None:
    sentence = "The hour field cannot be “25”."
    refusal = {"detail": f"crontab: {sentence}", "code": "invalid_crontab", "fields": {"crontab": [sentence]}}
    job.on("POST", PREVIEW_PATH, refusal, status=400)
    result = cli("run", "purge-old", "--crontab", "0 25 * * *")
    assert (result.code, result.out) == (2, "")
    assert f"--crontab: {sentence}" in result.err
    assert not job.sent("POST", LIST_PATH)


def test_a_start_in_the_past_is_told_under_the_option_that_was_given(job: Recorded, cli: Cli) -> None:
    job.on(
        "POST", PREVIEW_PATH, {"detail": "x", "code": "start_in_past", "fields": {"start_time": ["Past."]}}, status=400
    )
    assert "--at: Past." in cli("run", "purge-old", "--at", "2001-01-31").err
    assert "--start: Past." in cli("run", "purge-old", *NIGHTLY, "--start", "2001-01-31").err


def test_refused_values_are_told_under_the_options_of_the_job(job: Recorded, cli: Cli) -> None:
    job.on("POST", LIST_PATH, {"detail": "x", "code": "y", "fields": {"name": ["Too short."]}}, status=400)
    assert "--var-name: Too short." in cli("run", "purge-old", *NIGHTLY, "--var-name", "x").err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--at", "22:00", "--crontab", "0 0 * * *"], "--at and --crontab exclude each other."),
        (["--at", "22:00", "--start", "22:00"], "leave out --start"),
        (["--every", "daily"], "--every counts from --start"),
        (["--every", "monthly", "--start", "22:00"], "--every"),
        (["--zone", "UTC"], "--zone is about a schedule. Say when: give --at, --every or --crontab."),
        (["--at", "noon"], "--at: `noon` is no time"),
        (["--at", "22:00", "--zone", "Europe/Berlon"], "Did you mean Europe/Berlin?"),
        (["--at", "2030-03-31T02:30", "--zone", "Europe/Berlin"], "2030-03-31T03:30:00+02:00, after it"),
        (["--at", "22:00", "--jitter", "some"], "--jitter: `some` is no length of time"),
        (["--at", "22:00", "--follow"], "--dry-run and --follow are for what runs now"),
        (["--at", "22:00", "--dry-run"], "--dry-run and --follow are for what runs now"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_stored(job: Recorded, cli: Cli, options: list[str], text: str) -> None:
    result = cli("run", "purge-old", *options)
    assert result.code == 2
    assert text in result.err
    assert not job.sent("POST", LIST_PATH)
    assert not job.sent("POST", RUN_PATH)


def test_a_name_without_a_plan_may_mean_the_variable_of_the_job(job: Recorded, cli: Cli) -> None:
    assert "Or did you mean --var-name for the job's `name`?" in cli("run", "purge-old", "--name", "x").err
    assert cli("run", "purge-old", "--var-name", "x", *NIGHTLY, "--name", "nightly").code == 0
    assert (stored(job)["inputs"]["name"], stored(job)["name"]) == ("x", "nightly")


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 2)])
def test_a_person_is_asked_on_the_terminal(job: Recorded, answer: bytes, code: int) -> None:
    seen, ended = on_a_terminal("run", "purge-old", *NIGHTLY, answer=answer)
    assert ended == code
    assert b"Every weekday at 02:30" in seen
    assert len(job.sent("POST", LIST_PATH)) == (code == 0)


def test_a_person_who_says_yes_is_not_asked(job: Recorded) -> None:
    seen, ended = on_a_terminal("run", "purge-old", *NIGHTLY, "--yes", answer=b"")
    assert ended == 0
    assert b"Every weekday at 02:30" in seen
    assert b"[y/N]" not in seen


def test_in_a_pipe_nobody_is_asked(job: Recorded, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "foureyes", "run", "purge-old", *NIGHTLY]
    ours, theirs = os.openpty()
    with Popen(command, stdin=theirs, stdout=PIPE, stderr=PIPE) as process:
        out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, err) == (0, b"")
    assert b"Stored as `nightly`" in out


def test_a_plan_alone_is_previewed(job: Recorded, cli: Cli) -> None:
    result = cli("preview", *NIGHTLY, "--count", "7")
    assert result.code == 0
    assert "Mon  2030-04-01 02:30:00 +02:00  2030-04-01 00:30:00" in result.out
    assert job.sent("POST", PREVIEW_PATH)[0].json["count"] == 7
    assert cli("preview", *NIGHTLY, "--json").json == PREVIEW
    assert cli("preview", "--zone", "UTC").code == 2


def test_a_plan_without_an_instant_shows_its_note(job: Recorded, cli: Cli) -> None:
    nothing = {"code": "never", "text": "There is no instant left: nothing will run."}
    job.on("POST", PREVIEW_PATH, {"sentence": "Once", "instants": [], "notes": [nothing]})
    assert cli("preview", "--at", "22:00").out == "Once.\n\nNote: There is no instant left: nothing will run.\n"
