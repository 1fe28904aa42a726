"""`foureyes run`: options made of a job's variables, and what is sent."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from .conftest import JOB, RUN, RUN_ID, Recorded, Stream

Cli = Callable[..., Any]
RUN_PATH = f"/api/jobs/{JOB['id']}/run/"
DRY_PATH = f"/api/jobs/{JOB['id']}/dry-run/"
STARTED = {"schedule": None, "job_result": {"id": RUN_ID, "name": "local/purge/PurgeOldFiles"}}
VARIABLES = [
    {"name": "folder", "type": "StringVar", "help_text": "Where to look.", "required": True},
    {"name": "days", "type": "IntegerVar", "default": 30, "min_value": 1, "required": True},
    {"name": "recurse", "type": "BooleanVar"},
    {"name": "kind", "type": "ChoiceVar", "choices": [["a", "All"], [7, "Seven"]]},
    {"name": "tags", "type": "MultiChoiceVar", "choices": [["x", "X"], ["y", "Y"]]},
    {"name": "group", "type": "ObjectVar", "model": "auth.group"},
    {"name": "extra", "type": "JSONVar"},
    {"name": "url", "type": "StringVar"},
    {"name": "table", "type": "FileVar"},
]


@pytest.fixture
def job(at_server: Recorded) -> Recorded:
    at_server.on("GET", f"/api/extras/jobs/{JOB['id']}/", JOB)
    at_server.on("GET", f"/api/jobs/{JOB['id']}/variables/", VARIABLES)
    at_server.on("POST", RUN_PATH, STARTED, status=201)
    at_server.on("POST", DRY_PATH, {**RUN, "status": "pending", "schedule": None}, status=201)
    return at_server


def sent_data(job: Recorded, path: str = RUN_PATH) -> Any:
    (sent,) = job.sent("POST", path)
    return sent.json["data"]


def test_options_are_typed_by_the_variables_and_defaults_apply(job: Recorded, cli: Cli) -> None:
    result = cli("run", "purge-old-files", "--folder", "/tmp", "--recurse", "--kind", "7", "--tags", "x", "--tags", "y")
    assert result.code == 0
    assert sent_data(job) == {"folder": "/tmp", "days": 30, "recurse": True, "kind": 7, "tags": ["x", "y"]}
    assert f"foureyes results logs {RUN_ID} --follow" in result.out


def test_options_win_over_data_and_data_over_defaults(job: Recorded, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text('{"folder": "/data", "days": 5}')
    assert cli("run", "purge-old", "--data", f"@{tmp_path}/values.json", "--folder", "/tmp").code == 0
    assert sent_data(job) == {"folder": "/tmp", "days": 5}


def test_data_comes_from_standard_input(job: Recorded, cli: Cli) -> None:
    assert cli("run", "purge-old", "--data", "@-", stdin='{"folder": "/srv"}').code == 0
    assert sent_data(job)["folder"] == "/srv"


def test_objects_go_by_key_or_by_lookups_and_json_is_json(job: Recorded, cli: Cli) -> None:
    cli("run", "purge-old", "--group", "name=ops,id=3", "--extra", '{"a": [1]}')
    assert sent_data(job) == {"days": 30, "group": {"name": "ops", "id": "3"}, "extra": {"a": [1]}}
    job.requests.clear()
    cli("run", "purge-old", "--group", "12")
    assert sent_data(job)["group"] == 12


def test_a_variable_named_like_an_option_of_ours_has_a_prefix(job: Recorded, cli: Cli) -> None:
    cli("run", "purge-old", "--var-url", "http://example.org", "--url", job.url)
    assert sent_data(job)["url"] == "http://example.org"


def test_own_options_may_stand_before_the_job(job: Recorded, cli: Cli) -> None:
    result = cli("run", "--queue", "night", "--no-commit", "--json", "purge-old", "--folder", "/tmp")
    assert result.json == STARTED
    (sent,) = job.sent("POST", RUN_PATH)
    assert (sent.json["task_queue"], sent.json["commit"]) == ("night", False)


def test_how_long_a_request_waits_is_sent_with_the_run_and_not_with_a_dry_run(job: Recorded, cli: Cli) -> None:
    terms = ("--decide-within", "8h", "--decide-before-start", "--no-tell")
    assert cli("run", "purge-old", "--folder", "/tmp", "--reason", "Full", *terms).code == 0
    (sent,) = job.sent("POST", RUN_PATH)
    assert {name: sent.json[name] for name in ("decide_within_seconds", "decide_before_start", "tell_requester")} == {
        "decide_within_seconds": 28_800,
        "decide_before_start": True,
        "tell_requester": False,
    }
    assert cli("run", "purge-old", "--folder", "/tmp", "--dry-run", *terms).code == 0
    assert list(job.sent("POST", DRY_PATH)[0].json) == ["data"]


def test_terms_that_the_server_refuses_are_told_by_their_option(job: Recorded, cli: Cli) -> None:
    refused = {"detail": "", "code": "invalid_terms", "fields": {"decide_within_seconds": ["Give a time from 60 on."]}}
    job.on("POST", RUN_PATH, refused, status=400)
    result = cli("run", "purge-old", "--folder", "/tmp", "--decide-within", "5s")
    assert (result.code, "--decide-within: Give a time from 60 on." in result.err) == (2, True)
    assert cli("run", "purge-old", "--folder", "/tmp", "--decide-within", "soon").code == 2


def test_a_dry_run_has_a_path_of_its_own(job: Recorded, cli: Cli) -> None:
    assert cli("run", "purge-old", "--folder", "/tmp", "--dry-run").code == 0
    assert sent_data(job, DRY_PATH)["folder"] == "/tmp"
    assert not job.sent("POST", RUN_PATH)


def test_files_go_as_a_form_with_the_other_values(job: Recorded, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "hosts.csv").write_text("a,b\n")
    result = cli("run", "purge-old", "--table", f"{tmp_path}/hosts.csv", "--tags", "x", "--tags", "y", "--commit")
    assert result.code == 0
    (sent,) = job.sent("POST", RUN_PATH)
    assert sent.headers["Content-Type"].startswith("multipart/form-data")
    body = sent.body.decode()
    assert 'name="table"; filename="hosts.csv"' in body
    assert body.count('name="tags"') == 2
    assert 'name="_commit"\r\n\r\ntrue' in body
    assert 'name="days"\r\n\r\n30' in body


def test_help_shows_the_jobs_own_variables(job: Recorded, cli: Cli) -> None:
    result = cli("run", "purge-old-files", "--help")
    words = " ".join(result.out.split())
    assert result.code == 0
    assert "Deletes files older than a number of days." in words
    assert "Where to look. (text; required)" in words
    assert "(whole number; at least 1; default 30)" in words
    assert "(choice; one of a (All), 7 (Seven))" in words
    assert "--recurse / --no-recurse" in words
    assert not job.sent("POST", RUN_PATH)


def test_help_of_run_lists_the_jobs(job: Recorded, cli: Cli) -> None:
    result = cli("run", "--help")
    assert "purge-old-files  Deletes files older than a number of days." in result.out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--days", "many"], "--days"),
        (["--kind", "z"], "--kind: `z` is not one of a (All), 7 (Seven)."),
        (["--extra", "{"], "--extra is not JSON"),
        (["--data", "[1]"], "--data wants a JSON object"),
        (["--data", "@/nowhere"], "cannot be read"),
        (["--file", "table"], "--file wants VARIABLE=PATH"),
        (["--file", "table=/nowhere"], "there is no file"),
        (["--table", "/nowhere"], "--table"),
        (["--dry-run", "--commit"], "exclude each other"),
        (["--unknown", "1"], "--unknown"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(job: Recorded, cli: Cli, options: list[str], text: str) -> None:
    result = cli("run", "purge-old", *options)
    assert result.code == 2
    assert text in result.err
    assert not job.sent("POST", RUN_PATH)


def test_the_servers_refusals_are_listed_per_option(job: Recorded, cli: Cli) -> None:
    errors = {"folder": ["This field is required."], "url": ["Enter a valid value."]}
    job.on("POST", RUN_PATH, {"errors": errors}, status=400)
    result = cli("run", "purge-old")
    assert result.code == 2
    assert "--folder: Give a value." in result.err
    assert "--var-url: Enter a valid value." in result.err


def test_a_disabled_job_is_told_with_the_way_to_enable_it(job: Recorded, cli: Cli) -> None:
    job.on("POST", RUN_PATH, {"detail": "This job is not enabled to be run."}, status=403)
    result = cli("run", "purge-old")
    assert result.code == 3
    assert "foureyes jobs enable" in result.err


def test_a_required_secret_is_asked_for_on_the_terminal_and_not_shown(job: Recorded) -> None:
    secret = {
        "name": "secret",
        "label": "Secret of the device",
        "type": "StringVar",
        "required": True,
        "sensitive": True,
    }
    job.on("GET", f"/api/jobs/{JOB['id']}/variables/", [secret])
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "foureyes", "run", "purge-old"]
    with Popen(command, stdin=theirs, stdout=PIPE, stderr=theirs, text=True, start_new_session=True) as process:
        os.close(theirs)
        seen = b""
        while b"Secret of the device: " not in seen:  # what is typed before the last blank is dropped
            seen += os.read(ours, 4096)
        os.write(ours, b"s3cret\n")
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    assert sent_data(job) == {"secret": "s3cret"}
    assert "s3cret" not in out


def test_an_unknown_job_is_not_found(job: Recorded, cli: Cli) -> None:
    assert cli("run", "nonsense", "--folder", "/tmp").code == 4


def test_following_ends_with_the_runs_outcome(job: Recorded, cli: Cli) -> None:
    end = b'event: end\ndata: {"id": "%s", "status": "failed", "duration_seconds": 1}\n\n' % RUN_ID.encode()
    job.on("GET", f"/api/runs/{RUN_ID}/events/", Stream([end]))
    result = cli("run", "purge-old", "--follow")
    assert result.code == 1
    assert "Run failed after 1.00 s." in result.out
