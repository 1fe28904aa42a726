"""`foureyes approvals`."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .approval_rows import (
    CHANGES,
    COMMENT_ID,
    DECIDERS,
    DIGEST,
    FULL,
    GRANTED,
    ID,
    LIST_PATH,
    ONE,
    REQUEST,
    SUGGESTION,
)
from .conftest import JOB, RUN, RUN_ID, Recorded
from .schedule_rows import ID as SCHEDULE_ID
from .schedule_rows import SCHEDULE, listed
from .terminal import on_a_terminal

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def requests(at_server: Recorded) -> Recorded:
    at_server.on("GET", LIST_PATH, lambda sent: (200, listed(*[REQUEST][: sent.query.get("number", "12") == "12"])))
    at_server.on("GET", ONE, FULL)
    at_server.on("GET", f"{ONE}deciders/", DECIDERS)
    at_server.on("GET", f"/api/runs/{RUN_ID}/changes/", listed(*CHANGES))
    at_server.on("GET", f"/api/schedules/{SCHEDULE_ID}/", SCHEDULE)
    at_server.on("POST", f"{ONE}approve/", GRANTED)
    for action in ("deny", "revoke", "withdraw", "accept"):
        at_server.on("POST", f"{ONE}{action}/", {**FULL, "number": 13})
    for action in ("comment", "suggest"):
        at_server.on("POST", f"{ONE}{action}/", SUGGESTION, status=201)
    at_server.on("POST", f"{ONE}dry-run/", RUN, status=201)
    return at_server


def sent_to(requests: Recorded, action: str) -> Any:
    (sent,) = requests.sent("POST", f"{ONE}{action}/")
    return sent.json


def test_the_list_has_what_waits_for_me(requests: Recorded, cli: Cli) -> None:
    out = cli("approvals", "list").out
    assert "12      open   high  Purge old files  alice         Every weekday at 02:30, Europe/Berlin" in out
    assert requests.sent("GET", LIST_PATH)[0].query == {"waits_for": "me", "limit": "50"}
    assert cli("approvals", "list", "--json").json == [REQUEST]


@pytest.mark.parametrize(
    ("options", "query"),
    [
        (["--mine"], {"mine": "true"}),
        (["--all"], {}),
        (["--state", "denied", "--job", "purge-old"], {"state": "denied", "job": JOB["id"]}),
    ],
)
def test_the_list_has_others_on_demand(requests: Recorded, cli: Cli, options: list[str], query: Any) -> None:
    assert cli("approvals", "list", *options).code == 0
    assert requests.sent("GET", LIST_PATH)[0].query == {**query, "limit": "50"}


def test_nothing_that_waits_is_no_error(requests: Recorded, cli: Cli) -> None:
    requests.on("GET", LIST_PATH, listed())
    result = cli("approvals", "list")
    assert (result.code, result.err) == (0, "Nothing waits for your decision.\n")


@pytest.mark.parametrize("named", ["12", "#12", ID, ID.upper()])
def test_a_request_goes_by_its_number_or_id(requests: Recorded, cli: Cli, named: str) -> None:
    assert cli("approvals", "show", named, "--json").json["number"] == 12


@pytest.mark.parametrize(("named", "code"), [("99", 4), ("nightly", 2), (ID.replace("b0aa", "b0ab"), 4)])
def test_a_request_that_is_not_there_is_told(requests: Recorded, cli: Cli, named: str, code: int) -> None:
    result = cli("approvals", "show", named)
    assert (result.code, named in result.err) == (code, True)


def test_show_puts_everything_on_one_screen(requests: Recorded, cli: Cli) -> None:
    out = cli("approvals", "show", "12").out
    for text in (
        f"Request       12 ({ID})",
        "Asks for      every run of a schedule",
        "Contributors  alice (requester, run_as)",
        "Reason        the disk is full",
        "2030-01-31 02:30:00 +01:00 in Europe/Berlin",
        f"Digest        {DIGEST}",
        "!  The source has changed since request 9.",
        "Risk          high\n              The job needs a second person.",
        "folder  /srv  was /tmp",
        "site    3  Berlin",
        "deep    (nothing)  was yes",
        "crontab  30 2 * * mon-fri  was 0 3 * * *",
        "purge.py (changed since request 9)",
        "-old\n+new\\x1b[2J\\u202e\n",
        f"{RUN_ID} by alice completed",
        "/srv/old.log  1              remove it",
        "carol: Is the backup\\x1b[2J done?",
        f'suggests {{"inputs": {{"folder": "/srv", "days": 30}}}}  ({COMMENT_ID})',
        "May approve  bob, carol",
        "May deny     nobody",
        "You approve  no: You cannot approve your own request.",
        "You deny     yes",
    ):
        assert text in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_show_as_json_has_deciders_and_changes(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "show", "12", "--json").json == {
        **FULL,
        "deciders": DECIDERS,
        "dry_run_changes": CHANGES,
    }


def test_show_of_a_decided_request_tells_the_decision(requests: Recorded, cli: Cli) -> None:
    requests.on("GET", ONE, GRANTED)
    out = cli("approvals", "show", "12").out
    assert "approve by bob at 2026-11-24 06:00:00 +09:00: fine" in out
    assert "used up" in out
    assert "Who decides" not in out


def test_show_copes_with_what_is_out_of_sight_or_gone(requests: Recorded, cli: Cli) -> None:
    hidden = {**FULL["differences"], "against": None, "inputs": [], "schedule": [], "settings": [], "source": None}
    requests.on("GET", ONE, {**FULL, "job": None, "schedule": None, "start_time": None, "differences": hidden})
    requests.on("GET", f"/api/runs/{RUN_ID}/changes/", {"detail": "Not found."}, status=404)
    out = cli("approvals", "show", "12").out
    assert "Job           local/purge/PurgeOldFiles" in out
    assert "You may not read the source of this job." in out
    assert "You may not see its changes." in out


def test_show_of_a_first_request_says_where_the_source_is(requests: Recorded, cli: Cli) -> None:
    requests.on("GET", ONE, {**FULL, "differences": {**FULL["differences"], "against": None, "source": []}})
    files = [{"path": "purge.py", "size": 4, "sha256": "", "text": "x\u001b=1"}]
    requests.on("GET", f"{ONE}source/", {"digest": "ab" * 32, "files": files})
    assert "foureyes approvals show 12 --source" in cli("approvals", "show", "12").out
    assert cli("approvals", "show", "12", "--source").out == "purge.py\nx\\x1b=1\n"


def test_show_of_an_opened_gate_compares_no_source(requests: Recorded, cli: Cli) -> None:
    content = {"open_gate_of": JOB["id"], "class_path": "local/purge/PurgeOldFiles", "source": "ab" * 32}
    nothing = {"against": None, "inputs": [], "schedule": [], "settings": [], "source": []}
    gate = {"kind": "open_gate", "content": content, "schedule": None, "start_time": None, "differences": nothing}
    requests.on("GET", ONE, {**FULL, **gate, "dry_runs": []})
    out = cli("approvals", "show", "12").out
    assert "runs of the job without approval" in out
    assert "Nothing to compare with" not in out


def test_approve_shows_the_request_and_sends_the_digest_that_was_shown(requests: Recorded, cli: Cli) -> None:
    result = cli("approvals", "approve", "12", "--reason", "fine")
    assert result.code == 0
    assert f"Digest        {DIGEST}" in result.out
    assert "Request 12 of Purge old files is approved.\n" in result.out
    assert f"foureyes results logs {RUN_ID} --follow" in result.out
    assert sent_to(requests, "approve") == {"digest": DIGEST, "reason": "fine", "force": False}


def test_approve_claims_no_reading_where_nothing_was_shown(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "approve", "12", "--json").json["state"] == "granted"
    assert sent_to(requests, "approve") == {"reason": "", "force": False}


def test_approve_takes_the_digest_of_an_earlier_look(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "approve", "12", "--digest", "ee" * 32, "--json", "--force").code == 0
    assert sent_to(requests, "approve") == {"digest": "ee" * 32, "reason": "", "force": True}


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 2)])
def test_a_person_is_asked_before_approval(requests: Recorded, answer: bytes, code: int) -> None:
    seen, ended = on_a_terminal("approvals", "approve", "12", answer=answer)
    assert (ended, b"Approve request 12?" in seen) == (code, True)
    assert len(requests.sent("POST", f"{ONE}approve/")) == (code == 0)


@pytest.mark.parametrize(("status", "code"), [(400, 2), (403, 3), (409, 5)])
def test_a_refused_decision_is_a_sentence(requests: Recorded, cli: Cli, status: int, code: int) -> None:
    requests.on("POST", f"{ONE}approve/", {"detail": "Bob denied this.", "code": "over"}, status=status)
    result = cli("approvals", "approve", "12")
    assert (result.code, result.err) == (code, "Error: Bob denied this.\n")


def test_a_past_due_request_says_how_to_force_it(requests: Recorded, cli: Cli) -> None:
    refused = "The job's start time is in the past. If you want to force a run anyway, add the `force` query parameter."
    requests.on("POST", f"{ONE}approve/", {"detail": refused, "code": "past_due"}, status=400)
    assert "`--force`" in cli("approvals", "approve", "12").err


def test_passed_instants_are_skipped_on_demand(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "approve", "12", "--skip-passed", "--yes").code == 0
    assert sent_to(requests, "approve") == {"reason": "", "skip_passed": True, "digest": DIGEST}
    assert cli("approvals", "approve", "12", "--skip-passed", "--force").code == 2


def test_deny_needs_a_reason(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "deny", "12").code == 2
    assert not requests.sent("POST", f"{ONE}deny/")
    assert cli("approvals", "deny", "12", "--reason", "not now").out == "Request 12 is denied.\n"
    assert sent_to(requests, "deny") == {"reason": "not now"}


def test_several_are_denied_in_one_call_and_each_has_its_outcome(requests: Recorded, cli: Cli) -> None:
    other = {**FULL, "id": ID.replace("b0aa", "b0ac"), "number": 13}
    requests.on("GET", f"{LIST_PATH}{other['id']}/", other)
    done = {"id": ID, "ok": True, "code": "", "detail": ""}
    refusal = {"id": other["id"], "ok": False, "code": "own_request", "detail": "You contributed to it."}
    requests.on("POST", f"{LIST_PATH}deny/", {"results": [done, refusal]})
    result = cli("approvals", "deny", "12", other["id"], "12", "--reason", "not now")
    assert requests.sent("POST", f"{LIST_PATH}deny/")[0].json == {"ids": [ID, other["id"]], "reason": "not now"}
    assert [line.split()[0] for line in result.out.splitlines()] == ["NUMBER", "12", "13"]
    assert "You contributed to it." in result.out
    assert (result.code, "Refused for 1 of 2 requests" in result.err) == (5, True)
    requests.on("POST", f"{LIST_PATH}deny/", {"results": [done, {**done, "id": other["id"]}]})
    assert cli("approvals", "deny", "12", other["id"], "--reason", "not now").code == 0


def test_an_approval_is_taken_back_with_a_reason(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "revoke", "12").code == 2
    assert cli("approvals", "revoke", "12", "--reason", "not now").code == 0
    assert sent_to(requests, "revoke") == {"reason": "not now"}


def test_withdraw_and_comment_are_told(requests: Recorded, cli: Cli) -> None:
    assert cli("approvals", "withdraw", "12").out == "Request 12 is withdrawn.\n"
    assert sent_to(requests, "withdraw") == {}
    assert cli("approvals", "comment", "12", "Is it done?").code == 0
    assert sent_to(requests, "comment") == {"text": "Is it done?"}


def test_a_request_is_tried(requests: Recorded, cli: Cli) -> None:
    assert f"Run {RUN_ID} tries request 12" in cli("approvals", "dry-run", "12").out
    assert cli("approvals", "dry-run", "12", "--json").json["id"] == RUN_ID


def test_a_change_is_suggested_on_the_clock_of_the_schedule(requests: Recorded, cli: Cli) -> None:
    options = ["--data", '{"days": 14}', "--at", "2030-02-01T22:00", "--text", "later"]
    result = cli("approvals", "suggest", "12", *options)
    assert "foureyes approvals accept 12" in result.out
    changes = {
        "inputs": {"folder": "/tmp", "days": 14},
        "start_time": "2030-02-01T22:00:00+01:00",
        "interval": "future",
        "crontab": "",
    }
    assert sent_to(requests, "suggest") == {"changes": changes, "text": "later"}
    assert cli("approvals", "suggest", "12", "--text", "hm").code == 2


def test_the_only_suggestion_is_accepted(requests: Recorded, cli: Cli) -> None:
    assert "Request 13 is what waits" in cli("approvals", "accept", "12").out
    assert sent_to(requests, "accept") == {"comment": COMMENT_ID}


def test_of_several_suggestions_one_is_named(requests: Recorded, cli: Cli) -> None:
    other = {**SUGGESTION, "id": COMMENT_ID.replace("b0aa", "b0ab")}
    requests.on("GET", ONE, {**FULL, "comments": [SUGGESTION, other]})
    assert cli("approvals", "accept", "12").code == 2
    assert cli("approvals", "accept", "12", "--suggestion", other["id"]).code == 0
    assert sent_to(requests, "accept") == {"comment": other["id"]}
    requests.on("GET", ONE, {**FULL, "comments": []})
    assert cli("approvals", "accept", "12").code == 5


def test_a_run_of_a_gated_job_names_its_request(requests: Recorded, cli: Cli) -> None:
    requests.on("GET", f"/api/extras/jobs/{JOB['id']}/", JOB)
    requests.on("GET", f"/api/jobs/{JOB['id']}/variables/", [])
    waits = {"schedule": {"id": SCHEDULE_ID, "name": "x"}, "job_result": None}
    requests.on("POST", f"/api/jobs/{JOB['id']}/run/", waits, status=201)
    assert cli("run", "purge-old").out.startswith("Request 12 waits for approval by a second person;")
    assert requests.sent("GET", LIST_PATH)[0].query == {"schedule": SCHEDULE_ID, "state": "open", "limit": "1"}
    assert cli("run", "purge-old", "--json").json == {**waits, "request": REQUEST}
