"""`foureyes jobs`."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import JOB, OTHER_JOB, Recorded

Cli = Callable[..., Any]
DETAIL = f"/api/extras/jobs/{JOB['id']}/"
VARIABLES = f"/api/jobs/{JOB['id']}/variables/"


def test_the_list_is_aligned_text_in_a_pipe(at_server: Recorded, cli: Cli) -> None:
    result = cli("jobs", "list")
    assert result.out.splitlines() == [
        "SLUG                       NAME             GROUP    ENABLED  NOTES",
        "local-purge-purgeoldfiles  Purge old files  Samples  yes",
        "local-purge-purgecache     Purge cache      Samples  yes",
    ]
    assert "\x1b" not in result.out


def test_the_list_as_json_is_the_servers_rows_alone(at_server: Recorded, cli: Cli) -> None:
    result = cli("jobs", "list", "old", "--enabled", "--json")
    assert result.json == [JOB, OTHER_JOB]
    query = at_server.requests[0].query
    assert (query["q"], query["enabled"], query["hidden"]) == ("old", "true", "false")


@pytest.mark.parametrize(
    "named",
    [
        JOB["id"],
        "local-purge-purgeoldfiles",
        "purge-purgeoldfiles",
        "Purge old files",
        "purge-old-files",
        "local/purge/PurgeOldFiles",
        "purge-old",
        "PURGE-OLD-FILES",
    ],
)
def test_a_job_goes_by_many_names(at_server: Recorded, cli: Cli, named: str) -> None:
    at_server.on("GET", DETAIL, JOB)
    at_server.on("GET", VARIABLES, [])
    result = cli("jobs", "show", named, "--json")
    assert result.json == {**JOB, "variables": []}


def test_an_ambiguous_start_lists_what_it_may_mean(at_server: Recorded, cli: Cli) -> None:
    result = cli("jobs", "show", "purge")
    assert result.code == 2
    assert "local-purge-purgeoldfiles" in result.err
    assert "local-purge-purgecache" in result.err


def test_an_empty_name_means_no_job(at_server: Recorded, cli: Cli) -> None:
    """Not even one whose name has no letters."""
    at_server.on("GET", "/api/extras/jobs/", {"count": 1, "next": None, "results": [{**JOB, "name": "🚀"}]})
    result = cli("jobs", "show", "")
    assert result.code == 2
    assert "The name of the job is empty." in result.err


def test_an_unknown_name_brings_similar_ones(at_server: Recorded, cli: Cli) -> None:
    result = cli("jobs", "show", "purge-oldfile")
    assert result.code == 4
    assert "There is no job `purge-oldfile`" in result.err
    assert "Did you mean `local-purge-purgeoldfiles`" in result.err


def test_show_tells_settings_and_variables(at_server: Recorded, cli: Cli) -> None:
    at_server.on("GET", DETAIL, JOB)
    at_server.on("GET", VARIABLES, [{"name": "days", "type": "IntegerVar", "required": True, "default": 30}])
    note = {"code": "approval_ignored", "text": "Its hooks start it."}
    at_server.on("GET", f"/api/jobs/{JOB['id']}/", {"gated": True, "notes": [note]})
    out = cli("jobs", "show", "purge-old").out
    assert "Note                Its hooks start it." in out
    assert "Class path          local/purge/PurgeOldFiles" in out
    assert "Time limit          60 s" in out
    assert "Changed here        time-limit" in out
    assert "days      IntegerVar  yes       30" in out


def test_several_jobs_are_enabled_by_one_request(at_server: Recorded, cli: Cli) -> None:
    at_server.on("PATCH", "/api/extras/jobs/", [JOB, OTHER_JOB])
    result = cli("jobs", "enable", "purge-old-files", "purge-cache")
    assert result.code == 0
    (sent,) = at_server.sent("PATCH", "/api/extras/jobs/")
    assert sent.json == [{"id": JOB["id"], "enabled": True}, {"id": OTHER_JOB["id"], "enabled": True}]
    assert "local-purge-purgecache is enabled." in result.out


def test_jobs_that_the_server_leaves_out_are_told(at_server: Recorded, cli: Cli) -> None:
    at_server.on("PATCH", "/api/extras/jobs/", [])
    result = cli("jobs", "disable", "purge-cache")
    assert result.code == 3


def test_an_edit_sets_value_and_override_and_a_reset_takes_the_override_away(at_server: Recorded, cli: Cli) -> None:
    at_server.on("PATCH", DETAIL, JOB)
    result = cli(
        "jobs",
        "edit",
        "purge-old",
        "--time-limit",
        "5",
        "--no-hidden",
        "--queue",
        "a",
        "--queue",
        "b",
        "--reset",
        "name",
    )
    assert result.code == 0
    assert at_server.sent("PATCH", DETAIL)[0].json == {
        "hidden": False,
        "hidden_override": True,
        "time_limit": 5.0,
        "time_limit_override": True,
        "task_queues": ["a", "b"],
        "task_queues_override": True,
        "name_override": False,
    }


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "Nothing to change"),
        (["--reset", "slug"], "cannot be reset"),
        (["--name", "x", "--reset", "name"], "set and reset at once"),
    ],
)
def test_an_edit_without_sense_is_wrong_usage(at_server: Recorded, cli: Cli, options: list[str], text: str) -> None:
    result = cli("jobs", "edit", "purge-old", *options)
    assert result.code == 2
    assert text in result.err


def test_refused_fields_are_named_as_options(at_server: Recorded, cli: Cli) -> None:
    at_server.on("PATCH", DETAIL, {"approval_required": ["A job with sensitive variables cannot."]}, status=400)
    result = cli("jobs", "edit", "purge-old", "--approval-required")
    assert result.code == 2
    assert "--approval-required: A job with sensitive variables cannot." in result.err


def test_the_source_of_one_file_is_printed_alone(at_server: Recorded, cli: Cli) -> None:
    files = [{"path": "purge.py", "text": "import os\n"}, {"path": "limits.yml", "text": "a: 1\n"}]
    at_server.on("GET", f"/api/jobs/{JOB['id']}/source/", {"digest": "d" * 64, "files": files})
    assert cli("jobs", "source", "purge-old", "purge.py").out == "import os\n"
    assert "# file limits.yml\na: 1" in cli("jobs", "source", "purge-old").out
    assert cli("jobs", "source", "purge-old", "other.py").code == 4
