"""One request: everything that would run, and each state with its sentence and who can act."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.web.approvals.conftest import PagesOf, text_of

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.steps import expire, open_gate_requests, reopen_held
from foureyes.approvals.talk import comment, suggest
from foureyes.catalog.edit import edit_job
from foureyes.jobs import JSONVar
from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob
from foureyes.schedules.fire import fire_due
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import submit
from foureyes.users.models import User

HOUR = timedelta(hours=1)


def path(request: ApprovalRequest, more: str = "") -> str:
    return f"/jobs/approvals/{request.pk}/{more}"


def read(client: Client, request: ApprovalRequest) -> str:
    answer = client.get(path(request))
    assert answer.status_code == 200
    return text_of(answer)


def html(client: Client, request: ApprovalRequest) -> str:
    return client.get(path(request)).content.decode()


def buttons(client: Client, request: ApprovalRequest) -> dict[str, bool]:
    """The words of the buttons of the decision bar, and whether they do something."""
    page = html(client, request)
    bar = page[page.index('class="decide"') :]
    bar = bar[: bar.index("</form>")]
    found = {}
    for piece in bar.split("<button")[1:]:
        head, _, rest = piece.partition(">")
        words = rest.partition("</button>")[0]
        for tag in ("<kbd", "<svg"):
            while tag in words:
                start = words.index(tag)
                end = words.index("</", start)
                words = words[:start] + words[words.index(">", end) + 1 :]
        words = words.replace("<span>", "").replace("</span>", "").replace('<span class="hide-s">', "")
        found[words.strip()] = 'aria-disabled="true"' not in head
    return found


def test_an_approver_sees_what_runs_and_what_an_approval_leads_to(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask(site="paris")
    page = read(pages_of(bob), request)
    assert "Awaiting approval" in page
    assert f"Request {request.number}" in page
    assert "It is full" in page
    assert "No run of this job has been approved before" in page
    assert "old = 1" in page
    assert request.bundle_id in page
    assert request.digest in page
    assert "Approving starts the run within seconds." in page
    assert buttons(pages_of(bob), request) == {"Dry run": True, "Deny": True, "Approve and run now": True}


def test_only_what_changed_stands_out(
    pages_of: PagesOf, ask: Any, bob: User, change_source: Callable[..., None], now: datetime
) -> None:
    first = ask(site="edge-fra, edge-ams-2")
    approve(request=first, by=bob, now=now)
    change_source(b"old = 2\nmore = <b>\n")
    second = ask(site="edge-fra, edge-ams-4")
    page = html(pages_of(bob), second)
    assert "edge-ams-<del>2</del>" in page.replace("edge</td>", "")
    assert "<ins>4</ins>" in page
    assert "old = <del>1</del>" in page
    assert "old = <ins>2</ins>" in page
    assert "more = &lt;b&gt;" in page
    assert f"request {first.number}</a>, approved" in page
    assert f"<b>The source has changed</b> since request {first.number}." in page
    assert f"<b>The only input differs</b> from request {first.number}: Site." in page


def test_unseen_characters_are_shown_loudly(
    pages_of: PagesOf, ask: Any, bob: User, change_source: Callable[..., None]
) -> None:
    """G22: what is read is what runs."""
    change_source("a = 1  # \u202e\u2066 admin\u2028b = 2\n".encode())
    page = html(pages_of(bob), ask(site="pa\u200bris"))
    for code in ("U+202E", "U+2066", "U+2028", "U+200B"):
        assert f'">{code}</mark>' in page
    assert "\u202e" not in page
    assert "characters that nobody sees" in page


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"name": "a.csv", "size": "rm -rf /", "sha256": "ab", "then": "drop all"}, ["rm -rf /", "drop all"]),
        ("a\nb", ['"a\\nb"']),
        (["a", "b"], ['[ "a", "b" ]']),
        ([1, "1"], ['[ 1, "1" ]']),
        ("1", ['"1"']),
        (True, ["true"]),
        ("nothing", ['"nothing"']),
    ],
)
def test_json_is_shown_so_that_no_two_values_look_alike(
    pages_of: PagesOf, team: None, make_job: Any, alice: User, bob: User, now: datetime, given: Any, shown: list[str]
) -> None:
    """G22: what is read is what runs. Nothing hides behind the looks of a file, a list or a word."""
    job = make_job(variables=[JSONVar().spec("order")])
    done = submit(job=job, by=alice, data={"order": json.dumps(given)}, files={}, reason="r", now=now)
    assert done.request is not None
    assert done.request.snapshot["content"]["inputs"] == {"order": given}
    page = read(pages_of(bob), done.request)
    inputs = page[page.index("Order") :]
    for text in shown:
        assert text in inputs


def test_a_reason_has_links_and_nothing_else(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    ApprovalRequest.objects.filter(pk=request.pk).update(
        reason="See https://tickets.example/CHG-1?a=b&c=d. <script>alert(1)</script> javascript:alert(1)"
    )
    page = html(pages_of(bob), request)
    assert 'href="https://tickets.example/CHG-1?a=b&amp;c=d" rel="noopener noreferrer nofollow"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript' not in page


def test_ones_own_request_is_for_others_to_approve(pages_of: PagesOf, ask: Any, alice: User) -> None:
    request = ask()
    page = read(pages_of(alice), request)
    assert "Your own request. bob or carol can approve it." in page
    assert buttons(pages_of(alice), request) == {
        "Dry run": False,
        "Deny": False,
        "Withdraw request": True,
        "Approve and run now": False,
    }


def test_who_may_not_decide_reads_who_can(pages_of: PagesOf, ask: Any, dave: User, allow: Any) -> None:
    request = ask()
    assert pages_of(dave).get(path(request)).status_code == 404
    allow(dave, ScheduledJob, "view")
    page = read(pages_of(dave), request)
    assert "You may not approve this request. bob or carol can approve it." in page
    assert "You may not read the source of this job." in page
    assert "old = 1" not in page
    assert buttons(pages_of(dave), request) == {}
    assert "Comment" in page


def test_a_job_that_was_disabled_says_so(pages_of: PagesOf, ask: Any, bob: User, purge: Job) -> None:
    request = ask()
    Job.objects.update(enabled=False)
    page = read(pages_of(bob), request)
    assert "It cannot run as it is. This job is not enabled to be run." in page
    assert buttons(pages_of(bob), request)["Approve and run now"] is False
    assert buttons(pages_of(bob), request)["Deny"] is True


def test_a_requester_who_is_gone_says_so(pages_of: PagesOf, ask: Any, alice: User, bob: User) -> None:
    request = ask()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "Its requester alice is inactive." in read(pages_of(bob), request)
    alice.delete()
    assert "Its requester was deleted." in read(pages_of(bob), request)
    assert buttons(pages_of(bob), request)["Approve and run now"] is False


def test_a_queue_that_is_gone_says_so(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    ScheduledJob.objects.update(queue="gone")
    page = read(pages_of(bob), request)
    assert "has changed since this was asked for" in page or "The queue “gone” is none" in page
    assert buttons(pages_of(bob), request)["Approve and run now"] is False


def test_source_that_changed_since_makes_it_void(
    pages_of: PagesOf, future: Any, bob: User, change_source: Callable[..., None]
) -> None:
    change_source()
    page = read(pages_of(bob), future)
    assert "What would run has changed since this was asked for." in page
    bar = buttons(pages_of(bob), future)
    assert [word for word, on in bar.items() if not on and word.startswith("Approve")]


def test_ended_requests_are_read_only_and_say_what_became_of_them(
    pages_of: PagesOf, ask: Any, alice: User, bob: User, now: datetime
) -> None:
    approved, denied, withdrawn, expired = ask(), ask(), ask(), ask()
    approve(request=approved, by=bob, reason="looks right", now=now)
    deny(request=denied, by=bob, reason="too early", now=now)
    withdraw(request=withdrawn, by=alice, now=now)
    ApprovalRequest.objects.filter(pk=expired.pk).update(expires_at=now - HOUR)
    assert expire(now=now) == 1
    client = pages_of(bob)
    assert "bob approved this." in read(client, approved)
    assert "looks right" in read(client, approved)
    assert "bob denied this." in read(client, denied)
    assert "too early" in read(client, denied)
    assert "The request was withdrawn before anybody decided." in read(client, withdrawn)
    assert "Nobody decided in time." in read(client, expired)
    for request in (approved, denied, withdrawn, expired):
        assert not [word for word in buttons(client, request) if word.startswith(("Approve", "Deny"))]


def test_a_replaced_request_leads_to_the_one_after_it(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, now: datetime
) -> None:
    changed = edit_schedule(schedule=daily.scheduled_job, changes={"inputs": {"site": "rome"}}, by=alice, now=now)
    assert changed.request is not None
    page = html(pages_of(bob), daily)
    assert "another request replaced this one" in page
    assert f'href="/jobs/approvals/{changed.request.pk}/">Request {changed.request.number}</a>' in page


def test_an_approval_that_was_taken_back_says_why(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, now: datetime
) -> None:
    approve(request=daily, by=bob, now=now)
    assert buttons(pages_of(bob), daily) == {"Take the approval back": True}
    edit_schedule(schedule=daily.scheduled_job, changes={"inputs": {"site": "rome"}}, by=alice, now=now)
    page = read(pages_of(bob), daily)
    assert "The approval does not hold any more." in page
    assert "changed by alice" in page


def test_a_run_that_is_held_says_what_it_waits_for(
    pages_of: PagesOf, daily: Any, bob: User, change_source: Callable[..., None], now: datetime
) -> None:
    approve(request=daily, by=bob, now=now)
    change_source()
    fire_due(now=now + 2 * HOUR)
    assert reopen_held(now=now + 2 * HOUR) == 1
    request = ApprovalRequest.objects.get(state="open")
    page = read(pages_of(bob), request)
    assert "Held. Its run of" in page
    assert "waits for this decision" in page


def test_opening_a_gate_has_its_own_words(
    pages_of: PagesOf, purge: Job, team: None, alice: User, bob: User, now: datetime
) -> None:
    Job.objects.update(class_values={"approval_required": True})
    edit_job(job=purge, changes={"approval_required_override": True, "approval_required": False}, by=alice, now=now)
    open_gate_requests(now=now)
    request = ApprovalRequest.objects.get(kind="open_gate")
    page = read(pages_of(bob), request)
    assert "Open the gate of Purge" in page
    assert "After an approval this job runs without anybody's approval." in page
    assert "old = 1" in page
    assert buttons(pages_of(bob), request) == {"Deny": True, "Approve and open the gate": True}
    answer = pages_of(bob).post(path(request, "approve/"), {"digest": request.digest, "comment": ""})
    assert answer.status_code == 303
    assert Job.objects.get().gated is False


def test_a_dry_run_shows_its_end_its_log_and_its_changes(
    pages_of: PagesOf, ask: Any, bob: User, tried: Any, allow: Any
) -> None:
    request = ask()
    tried(request, by=bob, lines=40)
    assert "You may not view this run" in read(pages_of(bob), request)
    allow(bob, JobResult, "view")
    page = read(pages_of(bob), request)
    assert "Succeeded in 41 s" in page
    assert "reported by the job" in page
    assert "line 40" in page
    assert "WARN line 2" in page
    assert "line 10 " not in page
    assert "19 earlier lines not shown" in page
    assert "edge-1" in page
    assert "1 target" in page


def test_the_page_of_a_run_has_the_number_of_requests_in_its_menu(
    pages_of: PagesOf, ask: Any, bob: User, tried: Any, allow: Any
) -> None:
    tried(ask(), by=bob)
    allow(bob, JobResult, "view")
    page = pages_of(bob).get(f"/jobs/results/{JobResult.objects.get().pk}/").content.decode()
    assert page.count(" waiting for you</span>") == 2  # beside the page, and in the sheet of small windows
    assert "<title>(1) " in page


def test_a_dry_run_of_something_else_is_stale(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, tried: Any, now: datetime
) -> None:
    tried(daily, by=bob)
    changed = edit_schedule(schedule=daily.scheduled_job, changes={"inputs": {"site": "rome"}}, by=alice, now=now)
    assert changed.request is not None
    page = read(pages_of(bob), changed.request)
    assert "Stale" in page
    assert "It tried other inputs, and not exactly this." in page
    assert "Not known before a dry run" in page


def test_history_has_everything_said_and_done(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, carol: User, now: datetime
) -> None:
    comment(request=daily, by=carol, text="Ask the network team first", now=now)
    suggest(request=daily, by=bob, changes={"start_time": now + 5 * HOUR}, text="after lunch", now=now)
    page = read(pages_of(alice), daily)
    for text in ("alice asked for approval", "carol commented", "Ask the network team first"):
        assert text in page
    for text in (
        "bob sent it back with a suggestion",
        "after lunch",
        "Starting date and time",
        "Accept and ask for it",
    ):
        assert text in page
    assert "Accept and ask for it" not in read(pages_of(bob), daily)


@pytest.mark.parametrize("more", ["approve/", "source/", ""])
def test_nobody_sees_a_request_that_is_not_for_them(pages_of: PagesOf, ask: Any, dave: User, more: str) -> None:
    assert pages_of(dave).get(path(ask(), more)).status_code == 404


def test_the_whole_source_is_there_where_it_is_the_approved_one(
    pages_of: PagesOf, ask: Any, bob: User, now: datetime
) -> None:
    approve(request=ask(), by=bob, now=now)
    page = pages_of(bob).get(f"/jobs/approvals/{ask().pk}/")
    assert "Show the whole source, 1 line" in text_of(page)
    assert '<tr><td class="ln">1</td><td>old = 1</td></tr>' in page.content.decode()


def test_the_whole_source_has_a_page(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    page = text_of(pages_of(bob).get(path(request, "source/")))
    assert "ops.py" in page
    assert request.bundle_id in page


def test_an_approver_who_lost_the_right_is_named_while_runs_lie_ahead(
    pages_of: PagesOf, daily: Any, bob: User, carol: User, now: datetime
) -> None:
    """G18: the right is judged at the decision, and today's state is shown."""
    approve(request=daily, by=bob, now=now)
    assert "any more" not in read(pages_of(carol), daily)
    bob.object_permissions.clear()
    assert "bob may not approve this any more." in read(pages_of(carol), daily)


def test_what_nobody_decided_ended_and_was_not_decided(pages_of: PagesOf, ask: Any, alice: User, now: datetime) -> None:
    request = ask()
    withdraw(request=request, by=alice, reason="", now=now)
    page = read(pages_of(alice), request)
    assert "Ended Today" in page
    assert "Decided Today" not in page
