"""`foureyes schedules` and `foureyes ledger`."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import JOB, RUN, RUN_ID, Recorded, Stream
from .schedule_rows import ID, LINE, LIST_PATH, OTHER, OTHER_ID, PREVIEW, PREVIEW_PATH, SCHEDULE, listed

Cli = Callable[..., Any]
ONE = f"{LIST_PATH}{ID}/"
BULK = f"{LIST_PATH}bulk/"
LEDGER = "/api/occurrences/"


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


def answer_list(sent: Any) -> tuple[int, Any]:
    """The list as the server filters it by name."""
    rows = [SCHEDULE, OTHER]
    if name := sent.query.get("name__ie"):
        rows = [row for row in rows if row["name"] == name.lower()]
    if start := sent.query.get("name__isw"):
        rows = [row for row in rows if row["name"].startswith(start.lower())]
    return 200, listed(*rows)


@pytest.fixture
def schedules(at_server: Recorded) -> Recorded:
    at_server.on("GET", LIST_PATH, answer_list)
    at_server.on("GET", ONE, SCHEDULE)
    at_server.on("GET", LEDGER, listed(LINE))
    return at_server


def test_the_list_says_when_in_words_and_warns(schedules: Recorded, cli: Cli) -> None:
    alone = {**SCHEDULE, "user": None, "warning": "Its requester was deleted."}
    schedules.on("GET", LIST_PATH, listed(alone))
    out = cli("schedules", "list", "purge", "--job", "purge-old", "--state", "active", "--warnings").out
    assert (
        "nightly  Purge old files  active  Every weekday at 02:30, Europe/Berlin  2030-01-30 20:30:00 -05:00  3" in out
    )
    assert "Its requester was deleted." in out
    (sent,) = schedules.sent("GET", LIST_PATH)
    assert sent.query == {"q": "purge", "job": JOB["id"], "state": "active", "without_owner": "true", "limit": "50"}
    assert cli("schedules", "list", "--json").json == [alone]


def test_no_schedules_are_no_error(schedules: Recorded, cli: Cli) -> None:
    schedules.on("GET", LIST_PATH, listed())
    result = cli("schedules", "list")
    assert (result.code, result.out, result.err) == (0, "", "There are no such schedules.\n")


def test_show_tells_each_instant_on_three_clocks_and_all_rules(schedules: Recorded, cli: Cli) -> None:
    rules = {
        "misfire": "all",
        "misfire_limit": 3,
        "latest_start_seconds": 1800,
        "overlap": "queue",
        "jitter_seconds": 90,
    }
    schedules.on("GET", ONE, {**SCHEDULE, **rules, "max_runs": 9, "owner_active": False})
    lines = cli("schedules", "show", ID).out.splitlines()
    at = lines.index("Next run       2030-01-31 02:30:00 +01:00 in Europe/Berlin")
    assert [line.strip() for line in lines[at + 1 : at + 3]] == [
        "2030-01-30 20:30:00 -05:00 here",
        "2030-01-31 01:30:00 UTC",
    ]
    for line in (
        "Noticed late   the last 3 run; missed if more than 30m late",
        "Overlap        waits for the previous run",
        "Delay          up to 90s",
        "Runs           3 of 9",
        "Asked for by   alice (inactive)",
        "Clock forward  runs right after the gap",
        'Inputs         {"folder": "/tmp", "days": 30}',
    ):
        assert line in lines
    assert cli("schedules", "show", ID, "--json").json["misfire_limit"] == 3


def test_show_copes_with_a_schedule_whose_people_and_job_are_gone(schedules: Recorded, cli: Cli) -> None:
    gone = {
        "user": None,
        "owner_active": False,
        "job": None,
        "state": "errored",
        "next_run_at": None,
        "time_zone": "UTC",
    }
    schedules.on("GET", ONE, {**SCHEDULE, **gone, "state_reason": "Its requester was deleted."})
    out = cli("schedules", "show", ID).out
    assert "Asked for by   nobody: the account was deleted" in out
    assert "Job            local/purge/PurgeOldFiles" in out
    assert "Because        Its requester was deleted." in out


@pytest.mark.parametrize("named", [ID, "nightly", "Nightly", "night", "01a0c", ID[:13].upper()])
def test_a_schedule_goes_by_its_name_its_id_or_the_start_of_one(schedules: Recorded, cli: Cli, named: str) -> None:
    assert cli("schedules", "show", named, "--json").json == SCHEDULE


def test_a_start_that_fits_two_lists_both(schedules: Recorded, cli: Cli) -> None:
    result = cli("schedules", "show", "01a0")
    assert result.code == 2
    assert f"{ID}  nightly  active" in result.err
    assert f"{OTHER_ID}  weekly  active" in result.err


def test_of_two_schedules_of_one_name_the_one_that_is_not_over_is_meant(schedules: Recorded, cli: Cli) -> None:
    over = {**OTHER, "name": "nightly", "state": "cancelled"}
    schedules.on("GET", LIST_PATH, listed(over, SCHEDULE))
    assert cli("schedules", "show", "nightly", "--json").json["id"] == ID
    schedules.on("GET", LIST_PATH, listed({**over, "state": "paused"}, SCHEDULE))
    assert cli("schedules", "show", "nightly").code == 2


@pytest.mark.parametrize("named", ["nonsense", "feed", OTHER_ID])
def test_an_unknown_schedule_is_not_found(schedules: Recorded, cli: Cli, named: str) -> None:
    result = cli("schedules", "show", named)
    assert result.code == 4
    assert f"There is no schedule `{named}` that you may see." in result.err


@pytest.mark.parametrize(
    ("command", "state", "sentence"),
    [
        ("pause", "paused", "`nightly` is paused."),
        ("resume", "active", "`nightly` goes on. Next: 2030-01-30 20:30:00 -05:00."),
        ("skip-next", "active", "`nightly` skips its next instant. Next: 2030-01-30 20:30:00 -05:00."),
        ("cancel", "cancelled", "`nightly` is cancelled and never runs again."),
        ("take-over", "active", "`nightly` is yours. Next: 2030-01-30 20:30:00 -05:00."),
    ],
)
def test_one_schedule_is_told_what_to_do(
    schedules: Recorded, cli: Cli, command: str, state: str, sentence: str
) -> None:
    upcoming = SCHEDULE["next_run_at"] if state != "cancelled" else None
    schedules.on("POST", f"{ONE}{command}/", {**SCHEDULE, "state": state, "next_run_at": upcoming})
    result = cli("schedules", command, "nightly")
    assert (result.code, result.out) == (0, f"{sentence}\n")
    assert schedules.sent("POST", f"{ONE}{command}/")[0].json == {}


def test_a_pause_has_a_note(schedules: Recorded, cli: Cli) -> None:
    schedules.on("POST", f"{ONE}pause/", {**SCHEDULE, "state": "paused"})
    assert cli("schedules", "pause", ID, "--note", "new disk", "--json").json["state"] == "paused"
    assert schedules.sent("POST", f"{ONE}pause/")[0].json == {"note": "new disk"}


def test_what_the_server_refuses_is_told_with_its_exit_code(schedules: Recorded, cli: Cli) -> None:
    refusal = {"detail": "The schedule “nightly” is finished.", "code": "schedule_state"}
    schedules.on("POST", f"{ONE}resume/", refusal, status=409)
    result = cli("schedules", "resume", ID)
    assert (result.code, result.err) == (5, "Error: The schedule “nightly” is finished.\n")


def test_several_schedules_each_have_an_outcome(schedules: Recorded, cli: Cli) -> None:
    refused = {"id": OTHER_ID, "ok": False, "code": "schedule_state", "detail": "It is paused already."}
    schedules.on("POST", BULK, {"results": [{"id": ID, "ok": True, "code": "", "detail": ""}, refused]})
    result = cli("schedules", "pause", "nightly", OTHER_ID, ID, "--note", "disk")
    assert schedules.sent("POST", BULK)[0].json == {"action": "pause", "ids": [ID, OTHER_ID], "note": "disk"}
    assert f"{ID}  nightly  ok       is paused" in result.out
    assert f"{OTHER_ID}           refused  It is paused already." in result.out
    assert (result.code, result.err) == (5, "Error: Refused for 1 of 2 schedules; the others are done.\n")


def test_several_schedules_of_which_none_is_refused(schedules: Recorded, cli: Cli) -> None:
    done = [{"id": key, "ok": True, "code": "", "detail": ""} for key in (ID, OTHER_ID)]
    schedules.on("POST", BULK, {"results": done})
    assert cli("schedules", "skip-next", ID, OTHER_ID, "--json").json == {"results": done}
    assert cli("schedules", "delete", ID, OTHER_ID, "--yes").code == 0
    assert [sent.json["action"] for sent in schedules.sent("POST", BULK)] == ["skip-next", "delete"]


def test_deleting_asks_first_and_in_a_pipe_wants_yes(schedules: Recorded, cli: Cli) -> None:
    schedules.on("DELETE", ONE, b"", status=204)
    assert cli("schedules", "delete", "nightly").code == 2
    assert not schedules.sent("DELETE", ONE)
    assert cli("schedules", "delete", "nightly", "--yes").out == "`nightly` is deleted.\n"
    assert cli("schedules", "delete", "nightly", "--yes", "--json").json == {"deleted": ID}


def test_run_now_gives_a_run_that_can_be_followed(schedules: Recorded, cli: Cli) -> None:
    schedules.on("POST", f"{ONE}run-now/", {**RUN, "status": "pending"}, status=201)
    assert f"Run {RUN_ID} of nightly waits for a worker." in cli("schedules", "run-now", "nightly").out
    end = b'event: end\ndata: {"id": "%s", "status": "failed", "duration_seconds": 1}\n\n' % RUN_ID.encode()
    schedules.on("GET", f"/api/runs/{RUN_ID}/events/", Stream([end]))
    assert cli("schedules", "run-now", "nightly", "--follow").code == 1
    assert cli("schedules", "run-now", "nightly", OTHER_ID, "--follow").code == 2


def test_an_edit_sends_what_was_given_and_nothing_else(schedules: Recorded, cli: Cli) -> None:
    schedules.on("PATCH", ONE, {**SCHEDULE, "name": "every night"})
    result = cli("schedules", "edit", "nightly", "--name", "every night", "--data", '{"days": 14}')
    assert schedules.sent("PATCH", ONE)[0].json == {"name": "every night", "inputs": {"folder": "/tmp", "days": 14}}
    assert not schedules.sent("POST", PREVIEW_PATH)
    assert result.out == (
        f"`every night` ({ID}) is changed: Every weekday at 02:30, Europe/Berlin. Next: 2030-01-30 20:30:00 -05:00.\n"
    )


def test_another_plan_is_shown_before_it_is_stored(schedules: Recorded, cli: Cli) -> None:
    schedules.on("PATCH", ONE, SCHEDULE)
    schedules.on("POST", PREVIEW_PATH, PREVIEW)
    result = cli(
        "schedules", "edit", "nightly", "--crontab", "30 3 * * *", "--end", "2031-01-01", "--clear", "max-runs"
    )
    assert result.code == 0
    assert "Mon  2030-04-01 02:30:00 +02:00  2030-04-01 00:30:00" in result.out
    changes = {"crontab": "30 3 * * *", "interval": "custom", "end_time": "2031-01-01T00:00:00+01:00", "max_runs": None}
    assert schedules.sent("PATCH", ONE)[0].json == changes
    previewed = schedules.sent("POST", PREVIEW_PATH)[0].json
    assert {name: previewed[name] for name in changes} == changes
    assert (previewed["time_zone"], previewed["misfire"], previewed.get("start_time")) == (
        "Europe/Berlin",
        "latest",
        None,
    )


def test_the_preview_of_a_repetition_goes_on_from_its_next_instant(schedules: Recorded, cli: Cli) -> None:
    daily = {**SCHEDULE, "interval": "daily", "crontab": "", "max_runs": 5}
    schedules.on("GET", ONE, daily)
    schedules.on("PATCH", ONE, daily)
    schedules.on("POST", PREVIEW_PATH, PREVIEW)
    assert cli("schedules", "edit", ID, "--end", "2031-01-01").code == 0
    previewed = schedules.sent("POST", PREVIEW_PATH)[0].json
    assert (previewed["start_time"], previewed["max_runs"]) == (SCHEDULE["next_run_at"], 2)
    assert cli("schedules", "edit", ID, "--zone", "Asia/Tokyo").code == 0  # from when on, only the server can tell
    assert len(schedules.sent("POST", PREVIEW_PATH)) == 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "Nothing to change was given."),
        (["--clear", "name"], "`name` cannot be taken away, but end, max-runs"),
        (["--clear", "end", "--end", "2031-01-01"], "--end cannot be set and cleared at once."),
        (["--at", "22:00", "--every", "daily"], "--at and --every exclude each other."),
        (["--start", "2030-03-31T02:30"], "does not exist in Europe/Berlin"),
        (["--data", "[]"], "--data wants a JSON object"),
    ],
)
def test_a_wrong_edit_is_told_before_anything_is_sent(
    schedules: Recorded, cli: Cli, options: list[str], text: str
) -> None:
    result = cli("schedules", "edit", "nightly", *options)
    assert result.code == 2
    assert text in result.err
    assert not schedules.sent("PATCH", ONE)


def test_refused_changes_are_told_under_their_options(schedules: Recorded, cli: Cli) -> None:
    fields = {"end_time": ["The end is before the start."], "days": ["Too many."]}
    schedules.on("PATCH", ONE, {"detail": "x", "code": "y", "fields": fields}, status=400)
    result = cli("schedules", "edit", "nightly", "--data", "{}", "--name", "x")
    assert "--end: The end is before the start." in result.err
    assert "--days: Too many." in result.err


def test_a_clone_may_have_another_name(schedules: Recorded, cli: Cli) -> None:
    schedules.on("POST", f"{ONE}clone/", {**OTHER, "name": "nightly-2"}, status=201)
    assert f"`nightly-2` ({OTHER_ID}) is stored" in cli("schedules", "clone", "nightly", "--name", "nightly-2").out
    assert schedules.sent("POST", f"{ONE}clone/")[0].json == {"name": "nightly-2"}


def test_the_ledger_tells_of_each_instant_what_came_of_it(schedules: Recorded, cli: Cli) -> None:
    many = {"planned_at": "2026-11-20T01:30:00Z", "last_planned_at": "2026-11-21T01:30:00Z", "count": 25}
    late = {**LINE, **many, "fate": "missed", "reason": "The scheduler was late.", "run": None, "run_status": None}
    schedules.on("GET", LEDGER, listed(LINE, late))
    period = ("--from", "2026-11-01", "--to", "2026-12-01")
    out = cli("ledger", "--schedule", "night", "--job", "purge-old", *period, "--fate", "missed").out.splitlines()
    first, second = out[1:]
    assert first.split("  ")[0] == "2026-11-22 20:30:00 -05:00"
    assert first.endswith(f"{RUN_ID}  completed")
    assert second.startswith("2026-11-19 20:30:00 -05:00 to 2026-11-20 20:30:00 -05:00 (25 instants)  nightly   missed")
    assert "The scheduler was late." in second
    (sent,) = schedules.sent("GET", LEDGER)
    assert sent.query == {
        "schedule": ID,
        "job": JOB["id"],
        "from": "2026-11-01T00:00:00-04:00",
        "to": "2026-12-01T00:00:00-05:00",
        "fate": "missed",
        "limit": "101",
    }


def test_a_ledger_that_is_longer_says_so(schedules: Recorded, cli: Cli) -> None:
    schedules.on("GET", LEDGER, listed(*[LINE] * 3))
    result = cli("ledger", "--limit", "2", "--json")
    assert len(result.json) == 2
    assert "There are older ones: only the latest 2 are shown" in result.err
    assert cli("ledger", "--limit", "3").err == ""


def test_the_ledger_of_a_deleted_schedule_is_read_by_its_id(schedules: Recorded, cli: Cli) -> None:
    assert cli("ledger", "--schedule", OTHER_ID).code == 0
    assert schedules.sent("GET", LEDGER)[0].query["schedule"] == OTHER_ID
    assert cli("ledger", "--from", "yesterday").code == 2


@pytest.mark.parametrize("given", ["", " "])
def test_an_empty_name_means_no_schedule(schedules: Recorded, cli: Cli, given: str) -> None:
    """As an empty variable of a shell leaves it. The only schedule there is would be deleted."""
    schedules.on("GET", LIST_PATH, listed(SCHEDULE))
    schedules.on("DELETE", ONE, (204, None))
    result = cli("schedules", "delete", given, "--yes")
    assert result.code == 2
    assert "The name of the schedule is empty." in result.err
    assert not schedules.sent("DELETE", ONE)
