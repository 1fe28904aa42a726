"""What is done on the pages: each decision, what is said afterwards, and every refusal with what was typed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from tests.web.approvals.conftest import PagesOf, text_of
from tests.web.approvals.test_review import path

from foureyes.approvals.decide import approve
from foureyes.approvals.talk import suggest
from foureyes.models import ApprovalRequest, Job, JobResult, Occurrence, RequestComment, RequestParty, ScheduledJob
from foureyes.users.models import User

HOUR = timedelta(hours=1)


def fresh(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=request.pk)


def send(client: Client, request: ApprovalRequest, what: str, **sent: str) -> Any:
    return client.post(path(request, f"{what}/"), {"digest": request.digest, "comment": "", **sent})


@pytest.fixture
def late(ask: Any, now: datetime) -> ApprovalRequest:
    """A single run whose time has passed while nobody decided."""
    request: ApprovalRequest = ask(at=now - 3 * HOUR, interval="future", start_time=now - 2 * HOUR)
    return request


@pytest.fixture
def late_series(ask: Any, now: datetime) -> ApprovalRequest:
    """The same of a series."""
    request: ApprovalRequest = ask(at=now - 3 * HOUR, interval="daily", start_time=now - 2 * HOUR)
    return request


def test_approving_runs_it_and_opens_the_next_request(pages_of: PagesOf, ask: Any, bob: User) -> None:
    first, second = ask(), ask(site="rome")
    answer = send(pages_of(bob), first, "approve", comment="looks right")
    assert (answer.status_code, answer["Location"]) == (303, f"{path(second)}#title")
    assert JobResult.objects.get().grant.request == first  # type: ignore[union-attr]
    decision = RequestParty.objects.get(part="decider")
    assert (decision.verdict, decision.reason, decision.digest) == ("approve", "looks right", first.digest)
    assert (decision.address, decision.token_hint) == ("127.0.0.1", "")


def test_after_the_last_request_the_list_says_that_nothing_waits(pages_of: PagesOf, ask: Any, bob: User) -> None:
    client = pages_of(bob)
    answer = client.post(path(ask(), "approve/") + "?show=me", {"digest": fresh(ApprovalRequest.objects.get()).digest})
    assert answer["Location"] == "/jobs/approvals/?show=me"
    page = text_of(client.get(answer["Location"]))
    assert "Approved: Purge . It starts within seconds." in page
    assert "Nothing waits for you" in page


def test_denying_needs_a_comment_and_says_so_at_its_field(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    answer = send(pages_of(bob), request, "deny", comment="  ")
    assert answer.status_code == 422
    assert "Say why" in text_of(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert fresh(request).state == "open"
    assert send(pages_of(bob), request, "deny", comment="too early").status_code == 303
    assert (fresh(request).state, JobResult.objects.count()) == ("denied", 0)


def test_a_decision_about_something_else_than_was_read_is_refused(pages_of: PagesOf, ask: Any, bob: User) -> None:
    """G11: the page sends the digest of what it showed; one that sends none has shown nothing."""
    request = ask()
    for digest in ("0" * 64, ""):
        answer = send(pages_of(bob), request, "approve", digest=digest, comment="keep <this>")
        assert answer.status_code == 409
        assert "keep &lt;this&gt;</textarea>" in answer.content.decode()
        assert "What you have read is not what request" in text_of(answer)
    assert fresh(request).state == "open"


def test_decided_meanwhile_answers_with_the_review_as_it_is(
    pages_of: PagesOf, ask: Any, bob: User, carol: User, now: datetime
) -> None:
    request = ask()
    approve(request=request, by=carol, now=now)
    answer = send(pages_of(bob), request, "deny", comment="not like this")
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Nothing was done." in page
    assert "This request is not open any more." in page
    assert "carol approved this." in page
    assert "not like this" in page
    assert not RequestParty.objects.filter(person_id=bob.pk).exists()


@pytest.mark.parametrize("what", ["approve", "deny"])
def test_nobody_decides_their_own_request(pages_of: PagesOf, ask: Any, alice: User, allow: Any, what: str) -> None:
    request = ask()
    allow(alice, Job, "approve")
    allow(alice, ScheduledJob, "delete")
    answer = send(pages_of(alice), request, what, comment="mine")
    assert answer.status_code == 403
    assert "mine</textarea>" in answer.content.decode()
    assert fresh(request).state == "open"


def test_who_may_not_approve_is_refused(pages_of: PagesOf, ask: Any, dave: User, allow: Any) -> None:
    request = ask()
    assert send(pages_of(dave), request, "approve").status_code == 404
    allow(dave, ScheduledJob, "view")
    assert send(pages_of(dave), request, "approve").status_code == 403
    assert send(pages_of(dave), request, "comment", comment="I only look").status_code == 303
    assert RequestComment.objects.get().text == "I only look"


def test_a_dry_run_keeps_what_was_typed(pages_of: PagesOf, ask: Any, bob: User) -> None:
    client, request = pages_of(bob), ask()
    answer = send(client, request, "dry-run", comment="half a thought")
    assert answer["Location"] == f"{path(request)}#title"
    assert JobResult.objects.get().purpose == "dry_run"
    assert "half a thought</textarea>" in client.get(path(request)).content.decode()


def test_the_requester_withdraws(pages_of: PagesOf, ask: Any, alice: User, bob: User) -> None:
    request = ask()
    assert send(pages_of(bob), request, "withdraw").status_code == 403
    assert send(pages_of(alice), request, "withdraw").status_code == 303
    assert fresh(request).state == "withdrawn"


def test_an_approval_is_taken_back(pages_of: PagesOf, daily: Any, alice: User, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    assert send(pages_of(alice), daily, "take-back").status_code == 403
    assert send(pages_of(bob), daily, "take-back", comment="on second thoughts").status_code == 303
    assert ScheduledJob.objects.get().state == "cancelled"
    assert fresh(daily).grant.voided_at is not None


def test_only_the_approval_of_the_request_on_the_page_is_taken_back(
    pages_of: PagesOf, daily: Any, bob: User, now: datetime
) -> None:
    """What nobody has decided yet is not ended that way, and neither is what came after an old page."""
    client = pages_of(bob)
    assert send(client, daily, "take-back", comment="no more").status_code == 409
    assert fresh(daily).state == "open"
    approve(request=daily, by=bob, now=now)
    send(client, daily, "take-back", comment="no more")
    assert send(client, daily, "take-back", comment="once more").status_code == 409


def test_the_requester_accepts_a_suggestion(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, now: datetime
) -> None:
    said = suggest(request=daily, by=bob, changes={"start_time": now + 5 * HOUR}, now=now)
    assert send(pages_of(bob), daily, "accept", suggestion=str(said.pk)).status_code == 403
    answer = send(pages_of(alice), daily, "accept", suggestion=str(said.pk))
    following = ApprovalRequest.objects.get(state="open")
    assert answer["Location"] == f"{path(following)}#title"
    assert fresh(daily).state == "superseded"
    assert send(pages_of(alice), following, "accept", suggestion="nonsense").status_code == 409


def test_what_is_past_due_asks_first(pages_of: PagesOf, late: Any, bob: User) -> None:
    client = pages_of(bob)
    assert "Past due by" in text_of(client.get(path(late)))
    answer = send(client, late, "approve", comment="fine by me")
    assert (answer.status_code, answer["Location"]) == (303, path(late, "approve/"))
    shown = client.get(path(late, "approve/"))
    page = text_of(shown)
    assert "What should happen now?" in page
    assert "Run it immediately" in page
    assert "Send it back to the requester" in page
    assert "Skip to the next run" not in page
    assert "fine by me</textarea>" in shown.content.decode()
    assert "checked" not in shown.content.decode()
    assert (fresh(late).state, JobResult.objects.count()) == ("open", 0)


def confirm(client: Client, request: ApprovalRequest, **sent: str) -> Any:
    page = client.get(path(request, "approve/")).content.decode()
    token = page.partition('name="token" value="')[2].partition('"')[0]
    return client.post(path(request, "approve/"), {"token": token, "comment": "why not", **sent})


def test_it_runs_late_on_purpose(pages_of: PagesOf, late: Any, bob: User) -> None:
    answer = confirm(pages_of(bob), late, when="now", aware="1")
    assert answer.status_code == 303
    assert (fresh(late).state, JobResult.objects.count()) == ("granted", 1)
    assert RequestParty.objects.get(part="decider").reason == "why not"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"aware": "1"}, "Choose what should happen."),
        ({"when": "now"}, "Tick that you know how late it is."),
        ({"when": "back", "aware": "1"}, "Give the new starting date and time."),
        ({"when": "back", "aware": "1", "at": "2020-01-01T10:00"}, "This time has passed too."),
        ({"when": "back", "aware": "1", "at": "soon"}, "Give a date and a time."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(
    pages_of: PagesOf, late: Any, bob: User, sent: dict[str, str], sentence: str
) -> None:
    answer = confirm(pages_of(bob), late, **sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "why not</textarea>" in answer.content.decode()
    assert bool(re.search(r'id="aware"[^>]* checked', answer.content.decode())) == ("aware" in sent)
    assert (fresh(late).state, RequestComment.objects.count()) == ("open", 0)


def test_it_is_sent_back_with_a_new_time(pages_of: PagesOf, late: Any, alice: User, bob: User) -> None:
    at = timezone.now() + 3 * HOUR
    answer = confirm(pages_of(bob), late, when="back", aware="1", at=f"{at:%Y-%m-%dT%H:%M}")
    assert answer.status_code == 303
    said = RequestComment.objects.get()
    assert (said.text, said.suggestion) == ("why not", {"start_time": f"{at:%Y-%m-%dT%H:%M}:00+00:00"})
    assert fresh(late).state == "open"
    send(pages_of(alice), late, "accept", suggestion=str(said.pk))
    assert ApprovalRequest.objects.get(state="open").reason == "It is full"


def test_a_series_skips_to_its_next_run_first(pages_of: PagesOf, late_series: Any, bob: User) -> None:
    client = pages_of(bob)
    page = client.get(path(late_series, "approve/")).content.decode()
    assert page.index("Skip to the next run") < page.index("Run it immediately")
    assert confirm(client, late_series, when="skip", aware="1").status_code == 303
    assert fresh(late_series).state == "granted"
    assert [line.fate for line in Occurrence.objects.all()] == ["skipped"]
    assert ScheduledJob.objects.get().next_run_at > timezone.now()  # type: ignore[operator]


def test_a_confirmation_is_for_one_request_one_content_and_one_person(
    pages_of: PagesOf, late: Any, bob: User, carol: User, change_source: Callable[..., None]
) -> None:
    page = pages_of(carol).get(path(late, "approve/")).content.decode()
    token = page.partition('name="token" value="')[2].partition('"')[0]
    for stolen in (token, "forged"):
        answer = pages_of(bob).post(path(late, "approve/"), {"token": stolen, "when": "now", "aware": "1"})
        assert answer.status_code == 409
        assert "has changed since you opened this page" in text_of(answer)
    change_source()
    answer = pages_of(carol).post(path(late, "approve/"), {"token": token, "when": "now", "aware": "1"})
    assert answer.status_code == 409
    assert not JobResult.objects.exists()


def test_the_page_for_late_ones_leads_back_where_there_is_nothing_to_confirm(
    pages_of: PagesOf, ask: Any, late: Any, alice: User, bob: User
) -> None:
    request = ask()
    assert pages_of(bob).get(path(request, "approve/"))["Location"] == path(request)
    assert pages_of(alice).get(path(late, "approve/"))["Location"] == path(late)


def test_many_are_denied_with_one_comment(pages_of: PagesOf, ask: Any, alice: User, bob: User) -> None:
    first, second, other = ask(), ask(site="rome"), ask(site="oslo")
    client = pages_of(bob)
    chosen = {"ids": [str(first.pk), str(second.pk), "nonsense"]}
    page = text_of(client.get("/jobs/approvals/deny/", chosen))
    assert "Deny 2 requests" in page
    assert client.post("/jobs/approvals/deny/", chosen).status_code == 422
    answer = client.post("/jobs/approvals/deny/", {**chosen, "comment": "freeze"})
    assert answer.status_code == 303
    assert [fresh(one).state for one in (first, second, other)] == ["denied", "denied", "open"]
    assert "Denied 2 requests." in text_of(client.get("/jobs/approvals/"))
    answer = pages_of(alice).post("/jobs/approvals/deny/", {"ids": [str(other.pk)], "comment": "mine"}, follow=True)
    assert f"Request {other.number} was not denied" in text_of(answer)


def test_many_are_approved_on_a_page_that_tells_of_each(
    pages_of: PagesOf, ask: Any, tried: Any, bob: User, now: datetime
) -> None:
    approve(request=ask(), by=bob, now=now)
    client = pages_of(bob)
    assert "Approve selected" not in text_of(client.get("/jobs/approvals/"))
    low, other, untried = ask(), ask(site="rome"), ask(site="oslo")
    for request in (low, other):
        tried(request, by=bob)
    assert "Approve selected" in text_of(client.get("/jobs/approvals/"))
    chosen = {"ids": [str(one.pk) for one in (low, other, untried)]}
    answer = client.get("/jobs/approvals/approve/", chosen)
    page = text_of(answer)
    assert "Approve 2 requests" in page
    assert "Approving starts the run within seconds." in page
    assert "rome</ins>" in answer.content.decode()
    assert f"Request {untried.number}, alice. No dry run of exactly this ended well." in page
    read = dict(re.findall(r'name="(digest-[0-9a-f-]+)" value="(\w+)"', answer.content.decode()))
    sent = client.post("/jobs/approvals/approve/", {**chosen, **read, "comment": "routine"}, follow=True)
    assert "Approved 2 requests." in text_of(sent)
    assert f"Request {untried.number} was not approved: No dry run" in text_of(sent)
    assert [fresh(one).state for one in (low, other, untried)] == ["granted", "granted", "open"]
    assert "Nothing here can be approved together" in text_of(client.get("/jobs/approvals/approve/", chosen))


def test_an_open_page_is_told_only_what_is_new(
    pages_of: PagesOf, ask: Any, bob: User, carol: User, now: datetime
) -> None:
    request = ask()
    client = pages_of(bob)
    page = client.get(path(request)).content.decode()
    poll = page.partition('hx-get="' + path(request) + "?seen=")[2].partition('"')[0]
    part = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#review"}
    asked = f"{path(request)}?seen={poll}"
    assert client.get(asked, headers=part).status_code == 204
    approve(request=request, by=carol, now=now)
    answer = client.get(asked, headers=part)
    assert answer.status_code == 200
    assert "carol approved this." in text_of(answer)
    assert 'id="queue"' not in answer.content.decode()


def test_a_decision_without_the_token_of_the_form_is_refused(ask: Any, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    assert send(client, ask(), "approve").status_code == 403
    assert not JobResult.objects.exists()


def test_an_approver_suggests_other_inputs_and_another_time(
    pages_of: PagesOf, daily: Any, alice: User, bob: User, now: datetime
) -> None:
    client, address = pages_of(bob), path(daily, "suggest/")
    page = client.get(address).content.decode()
    assert 'value="paris"' in page
    asked = page.partition('name="_at" value="')[2].partition('"')[0]
    assert client.post(address, {"site": "paris", "_at": asked}).status_code == 422
    wrong = client.post(address, {"site": "", "_at": "2020-01-01T10:00", "_comment": "kept"})
    assert wrong.status_code == 422
    assert "This time has passed too." in text_of(wrong)
    assert "kept</textarea>" in wrong.content.decode()
    answer = client.post(address, {"site": "rome", "_at": asked, "_comment": "nearer"})
    assert (answer.status_code, answer["Location"]) == (303, f"{path(daily)}#title")
    said = RequestComment.objects.get()
    assert (said.text, said.suggestion) == ("nearer", {"inputs": {"site": "rome"}})
    assert "paris</del>" in pages_of(alice).get(path(daily)).content.decode()
    send(pages_of(alice), daily, "accept", suggestion=str(said.pk))
    following = ApprovalRequest.objects.get(state="open")
    assert following.snapshot["content"]["inputs"] == {"site": "rome"}
    assert pages_of(alice).get(path(following, "suggest/"))["Location"] == path(following)
    assert send(client, following, "approve").status_code == 303  # who only suggested may decide


def test_what_is_over_is_asked_for_again_in_the_form(pages_of: PagesOf, daily: Any, alice: User, now: datetime) -> None:
    client = pages_of(alice)
    send(client, daily, "withdraw")
    page = client.get(path(daily)).content.decode()
    url = f"/jobs/local-ops-purge/run/?from={daily.scheduled_job_id}"
    assert f'href="{url}"' in page
    assert 'value="paris"' in client.get(url).content.decode()


def test_a_comment_outlives_the_session_and_decides_nothing(pages_of: PagesOf, ask: Any, bob: User) -> None:
    found = ask()
    url, client = f"/jobs/approvals/{found.pk}/", pages_of(bob)
    marks = re.findall(r'name="_draft" value="([^"]+)"', client.get(url).content.decode())
    for address, box in (("approve", "comment-"), ("deny", "comment-"), ("comment", "say-")):
        Session.objects.all().delete()
        sent = {"comment": f"typed for {address}", "digest": found.digest, "_draft": marks[0]}
        assert client.post(f"{url}{address}/", sent)["Location"] == f"/account/sign-in/?next={url}"
        client.force_login(bob)
        html = client.get(url).content.decode()
        held = re.search(rf'<textarea[^>]* id="{box}{found.number}"[^>]*>([^<]*)</textarea>', html)
        assert held
        assert held.group(1) == f"typed for {address}"
        found.refresh_from_db()
        assert found.state == ApprovalRequest.State.OPEN
        assert not found.comments.exists()


@pytest.mark.parametrize("word", ["deny", "approve"])
def test_the_comment_on_many_outlives_the_session_with_what_was_selected(
    pages_of: PagesOf, ask: Any, tried: Any, bob: User, now: datetime, word: str
) -> None:
    approve(request=ask(), by=bob, now=now)
    first, second, other = ask(), ask(site="rome"), ask(site="oslo")
    for request in (first, second, other):
        tried(request, by=bob)
    url, client, chosen = f"/jobs/approvals/{word}/", pages_of(bob), {"ids": [str(first.pk), str(second.pk)]}
    mark = re.findall(r'name="_draft" value="([^"]+)"', client.get(url, chosen).content.decode())
    Session.objects.all().delete()
    sent = {**chosen, "comment": "freeze until Monday", "_draft": mark}
    assert client.post(url, sent)["Location"] == f"/account/sign-in/?next={url}"
    client.force_login(bob)
    html = client.get(url).content.decode()
    assert f"{word.capitalize()} 2 requests" in html
    assert ">freeze until Monday</textarea>" in html
    anew = client.get(url, {"ids": [str(other.pk)]}).content.decode()
    assert f"{word.capitalize()} 1 request<" in anew
    assert "freeze until Monday" not in anew
    assert {fresh(one).state for one in (first, second, other)} == {"open"}


@pytest.mark.parametrize("what", ["approve", "deny", "dry-run", "comment"])
def test_a_comment_that_is_too_long_is_refused_and_kept_where_it_was_typed(
    pages_of: PagesOf, ask: Any, bob: User, what: str
) -> None:
    request, text = ask(), "x" * 10_001
    answer = send(pages_of(bob), request, what, comment=text)
    box = "say" if what == "comment" else "comment"
    assert answer.status_code == 422
    assert "This has 10,001 characters, and at most 10,000 are kept. Shorten it." in text_of(answer)
    held = re.search(rf'<textarea[^>]* id="{box}-{request.number}"([^>]*)>([^<]*)</textarea>', answer.content.decode())
    assert held
    assert 'aria-invalid="true"' in held.group(1)
    assert "maxlength" not in held.group(1)  # a browser would cut what is pasted, and not say so
    assert held.group(2) == text
    assert (fresh(request).state, JobResult.objects.count(), RequestComment.objects.count()) == ("open", 0, 0)


def test_a_withdrawal_keeps_what_was_typed_too_long(pages_of: PagesOf, ask: Any, alice: User) -> None:
    request = ask()
    answer = send(pages_of(alice), request, "withdraw", comment="x" * 10_001)
    assert (answer.status_code, fresh(request).state) == (422, "open")
    assert f">{'x' * 10_001}</textarea>" in answer.content.decode()


def test_a_comment_on_what_is_late_that_is_too_long_is_refused_before_and_on_its_page(
    pages_of: PagesOf, late: Any, bob: User
) -> None:
    client = pages_of(bob)
    assert send(client, late, "approve", comment="x" * 10_001).status_code == 422
    answer = confirm(client, late, when="now", aware="1", comment="y" * 10_001)
    assert answer.status_code == 422
    assert "This has 10,001 characters" in text_of(answer)
    assert 'aria-describedby="comment-err"' in answer.content.decode()
    assert f">{'y' * 10_001}</textarea>" in answer.content.decode()
    assert fresh(late).state == "open"


def test_a_reset_in_a_suggestion_sends_nothing(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    answer = pages_of(bob).post(path(request, "suggest/"), {"site": "rome", "_comment": "nearer", "_reset": "site"})
    assert answer.status_code == 200
    assert 'name="site" value=""' in answer.content.decode()
    assert "nearer</textarea>" in answer.content.decode()
    assert not RequestComment.objects.exists()


def test_a_suggestion_with_a_comment_that_is_too_long_comes_back_as_it_was_typed(
    pages_of: PagesOf, ask: Any, bob: User
) -> None:
    request = ask()
    answer = pages_of(bob).post(path(request, "suggest/"), {"site": "rome", "_comment": "x" * 10_001})
    assert answer.status_code == 422
    assert "This has 10,001 characters" in text_of(answer)
    assert 'aria-describedby="comment-err"' in answer.content.decode()
    assert f">{'x' * 10_001}</textarea>" in answer.content.decode()
    assert 'value="rome"' in answer.content.decode()
    assert not RequestComment.objects.exists()


@pytest.mark.parametrize("word", ["deny", "approve"])
def test_a_comment_on_many_that_is_too_long_is_refused_for_all_of_them(
    pages_of: PagesOf, ask: Any, tried: Any, bob: User, now: datetime, word: str
) -> None:
    approve(request=ask(), by=bob, now=now)
    requests = [ask(site="rome"), ask(site="oslo")]
    for request in requests:
        tried(request, by=bob)
    sent = {"ids": [str(one.pk) for one in requests], "comment": "x" * 10_001}
    answer = pages_of(bob).post(f"/jobs/approvals/{word}/", sent)
    assert answer.status_code == 422
    assert f"{word.capitalize()} 2 requests" in text_of(answer)
    assert "This has 10,001 characters" in text_of(answer)
    assert f">{'x' * 10_001}</textarea>" in answer.content.decode()
    assert {fresh(one).state for one in requests} == {"open"}


def test_a_comment_a_suggestion_and_a_dry_run_sent_twice_are_there_once(
    pages_of: PagesOf, ask: Any, bob: User, alice: User
) -> None:
    found = ask()
    pages, url = pages_of(bob), path(found)
    key = {"_once": "one form"}
    for what, sent in (("comment/", {"comment": "look"}), ("suggest/", {"site": "rome", "_comment": "there"})):
        html = pages.get(url if what == "comment/" else path(found, what)).content.decode()
        assert 'name="_once"' in html
        for _ in range(2):
            assert pages.post(path(found, what), {**key, **sent}).status_code == 303
        assert "This was sent before. Nothing was done twice." in text_of(pages.get(url))
    assert RequestComment.objects.count() == 2
    for _ in range(2):
        assert pages.post(path(found, "dry-run/"), {**key, "comment": ""}).status_code == 303
    assert JobResult.objects.count() == 1
