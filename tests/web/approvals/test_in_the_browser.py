"""Approvers and requesters in the browser: journeys with and without scripts, races, paper, accessibility."""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect
from tests.serving import until
from tests.web.browser import PATIENCE, People, blemishes, overflow
from tests.web.site import Site

expect.set_options(timeout=PATIENCE)
JOB = "Rotate certificates"
Call = Callable[..., Any]


@pytest.fixture
def as_alice(people: People) -> Call:
    """Alice's requests to the API, from her browser."""
    return caller(people.page("alice"))


def caller(page: Page) -> Call:
    """What the API answers to whoever is signed in on the page."""
    page.goto("/jobs/approvals/")

    def call(method: str, path: str, body: Any = None) -> Any:
        token = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["csrftoken"]
        headers = {"X-CSRFToken": token, "Referer": page.url, "Content-Type": "application/json"}
        sent = json.dumps(body) if body is not None else None
        answer = page.request.fetch(path, method=method, data=sent, headers=headers)
        assert answer.ok, answer.text()
        return answer.json() if answer.text() else None

    return call


def ask(call: Call, site: Site, hosts: str, *, reason: str = "They expire", **schedule: Any) -> dict[str, Any]:
    """Somebody asks for a run of the gated job."""
    data = {"hosts": hosts, "reload": True, "authority": "internal"}
    body = {"data": data, "reason": reason} | ({"schedule": {"name": hosts, **schedule}} if schedule else {})
    answer = call("POST", f"/api/jobs/{site.jobs[JOB]['id']}/run/", body)
    request: dict[str, Any] = answer["request"]
    return request


def reloaded(page: Page) -> Page:
    """The page as it is now. At the moment at which it refreshes itself, the browser refuses to load it again."""
    with contextlib.suppress(Error):
        page.reload()
    return page


def past_due(call: Call, site: Site, hosts: str, *, interval: str = "future") -> dict[str, Any]:
    """One whose time passes before anybody decides: put off to a moment from now, which is a new request."""
    first = ask(call, site, hosts, interval=interval, start_time=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    soon = datetime.now(UTC) + timedelta(seconds=2)
    schedule = first["schedule"]["id"]
    call("PATCH", f"/api/schedules/{schedule}/", {"start_time": soon.isoformat()})
    until(lambda: datetime.now(UTC) > soon, what="the start to pass")
    (request,) = call("GET", f"/api/approvals/?schedule={schedule}&state=open")["results"]
    found: dict[str, Any] = request
    return found


def path(request: dict[str, Any], more: str = "") -> str:
    return f"/jobs/approvals/{request['id']}/{more}"


def state(site: Site, request: dict[str, Any]) -> str:
    return str(site.call("GET", f"/api/approvals/{request['id']}/")["state"])


def choose(page: Page, request: dict[str, Any]) -> None:
    """Select a request in the list."""
    page.locator(f"#row-{request['number']} a").click()
    expect(page).to_have_url(re.compile(path(request)))
    expect(page.locator("#review")).to_have_attribute("data-request", str(request["number"]))


@pytest.mark.any_database
@pytest.mark.parametrize("width", [1440, 390])
def test_no_code_is_out_of_sight_behind_blanks(site: Site, people: People, as_alice: Call, width: int) -> None:
    """G22: what is read is what runs, also of a line with six hundred blanks in it."""
    request = ask(as_alice, site, f"far-{width}")
    page = people.page("bob", size=(width, 900))
    page.goto(path(request))
    line = page.locator("#code .diff td:last-child").first
    line.evaluate("cell => cell.textContent = 'x = 1' + ' '.repeat(600) + '; evil()' + '_'.repeat(600)")
    box = page.locator("#code .diff").first
    assert box.evaluate("one => one.scrollWidth - one.clientWidth") <= 0


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_from_the_queue_by_a_dry_run_to_an_approval(site: Site, people: People, as_alice: Call, js: bool) -> None:
    request = ask(as_alice, site, f"journey-{js}")
    page = people.page("bob", js=js)
    page.goto("/jobs/approvals/")
    choose(page, request)
    expect(page.get_by_role("heading", level=1)).to_have_text(JOB)
    expect(page.locator(".crumbs")).to_contain_text(f"Request {request['number']}")
    expect(page.locator(".quote")).to_have_text("They expire")
    page.locator(".decide").get_by_role("button", name="Dry run").click()
    if js:
        expect(page.locator("#dry")).to_contain_text("Succeeded")
    else:
        until(lambda: "Succeeded" in reloaded(page).locator("#dry").inner_text(), what="the dry run")
    expect(page.locator("#dry .changes")).to_contain_text(f"journey-{js}")
    page.get_by_label("Comment needed to deny").fill("looks right")
    page.locator(".decide").get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Approved: {JOB}. It starts within seconds.")).to_be_visible()
    assert state(site, request) == "granted"
    page.goto(path(request))
    expect(page.locator("#history")).to_contain_text("looks right")


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_denying_says_what_is_missing_and_then_why(site: Site, people: People, as_alice: Call, js: bool) -> None:
    request = ask(as_alice, site, f"denied-{js}")
    page = people.page("carol", js=js, forgive=lambda trouble: "422" in trouble)
    page.goto(path(request))
    page.locator(".decide").get_by_role("button", name="Deny").click()
    expect(page.locator(".err")).to_contain_text("Say why")
    if js:
        expect(page.get_by_label("Comment needed to deny")).to_be_focused()
    page.get_by_label("Comment needed to deny").fill("not this week")
    page.locator(".decide").get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Denied:")).to_be_visible()
    alice = people.page("alice", js=js)
    alice.goto(path(request))
    expect(alice.get_by_text("Carol Cruz denied this.")).to_be_visible()
    expect(alice.locator("#top")).to_contain_text("not this week")


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_what_is_past_due_asks_what_should_happen(site: Site, people: People, as_alice: Call, js: bool) -> None:
    request = past_due(as_alice, site, f"late-{js}")
    page = people.page("bob", js=js)
    page.goto(path(request))
    expect(page.locator("#top")).to_contain_text("Past due by")
    page.get_by_label("Comment needed to deny").fill("late, and fine")
    page.locator(".decide").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What should happen now?")
    expect(page.get_by_label("Comment")).to_have_value("late, and fine")
    assert [radio.is_checked() for radio in page.get_by_role("radio").all()] == [False, False]
    page.get_by_label("Run it immediately").check()
    page.get_by_label("I know that this job is past its scheduled time.").check()
    page.get_by_role("button", name="Approve and run now").click()
    expect(page.get_by_text("It starts within seconds.")).to_be_visible()
    assert state(site, request) == "granted"


def test_the_button_for_what_is_late_says_what_was_chosen(site: Site, people: People, as_alice: Call) -> None:
    request = past_due(as_alice, site, "late-daily", interval="daily")
    page = people.page("bob")
    page.goto(path(request, "approve/"))
    button = page.locator(".confirm button.primary")
    for choice, words in (
        ("Skip to the next run", "Approve from the next run on"),
        ("Run it immediately", "Approve and run now"),
        ("Send it back to the requester", "Send back with a new time"),
    ):
        page.get_by_label(choice).check()
        shown, around = button.get_by_text(words).bounding_box(), button.bounding_box()
        assert shown is not None
        assert around is not None
        assert around["y"] < shown["y"] < around["y"] + around["height"], f"“{words}” is not on the button"


def test_a_suggested_time_is_accepted_by_the_requester(site: Site, people: People, as_alice: Call) -> None:
    request = past_due(as_alice, site, "sent-back")
    bob = people.page("bob")
    bob.goto(path(request, "approve/"))
    bob.get_by_label("Send it back to the requester").check()
    bob.get_by_label("I know that this job is past its scheduled time.").check()
    bob.get_by_role("button", name="Send back with a new time").click()
    expect(bob.get_by_text("Sent back to Alice Arden")).to_be_visible()
    alice = people.page("alice")
    alice.goto(path(request))
    alice.get_by_role("button", name="Accept and ask for it").click()
    expect(alice.get_by_text("The suggestion was accepted.")).to_be_visible()
    assert state(site, request) == "superseded"


def test_of_two_browsers_one_decides_and_the_other_keeps_what_was_typed(
    site: Site, people: People, as_alice: Call
) -> None:
    request = ask(as_alice, site, "race")
    bob = people.page("bob")
    carol = people.page("carol", forgive=lambda trouble: "409" in trouble)
    for page in (bob, carol):
        page.goto(path(request))
        page.get_by_label("Comment needed to deny").fill("mine")
    bob.locator(".decide").get_by_role("button", name="Approve").click()
    expect(bob.get_by_text("Approved:")).to_be_visible()
    carol.locator(".decide").get_by_role("button", name="Deny").click()
    expect(carol.get_by_role("alert")).to_contain_text("This request is not open any more.")
    expect(carol.get_by_text("Bob Berg approved this.")).to_be_visible()
    expect(carol.get_by_label("Say something")).to_have_value("mine")
    assert state(site, request) == "granted"


def test_an_open_review_follows_without_disturbing_who_types(site: Site, people: People, as_alice: Call) -> None:
    request, other = ask(as_alice, site, "polled"), ask(as_alice, site, "another")
    page = people.page("bob")
    page.goto(path(request))
    comment = page.get_by_label("Comment needed to deny")
    comment.fill("half a tho")
    as_alice("POST", f"/api/approvals/{request['id']}/comment/", {"text": "one more thing"})
    page.evaluate("htmx.trigger('#review', 'poll')")
    expect(page.locator("#history")).to_contain_text("one more thing")
    expect(comment).to_be_focused()
    expect(comment).to_have_value("half a tho")
    third = ask(as_alice, site, "appears")
    page.evaluate("htmx.trigger('#queue', 'poll')")
    expect(page.locator(f"#row-{third['number']}")).to_be_visible()
    expect(comment).to_be_focused()
    choose(page, other)
    expect(page.get_by_label("Comment needed to deny")).to_have_value("")
    page.go_back()
    expect(page.locator("#review")).to_have_attribute("data-request", str(request["number"]))


def test_keys_move_select_and_focus_but_never_decide(site: Site, people: People, as_alice: Call) -> None:
    requests = [ask(as_alice, site, f"keys-{number}") for number in (1, 2)]
    page = people.page("carol")
    page.goto(path(requests[0]))
    page.keyboard.press("a")
    expect(page.locator(".decide").get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator(".decide").get_by_role("button", name="Deny")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_label("Comment needed to deny")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    expect(page).to_have_url(re.compile("#code$"))
    for request in requests:
        page.locator(f"#row-{request['number']} a").focus()
        page.keyboard.press("x")
    page.get_by_role("button", name="Deny selected").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deny 2 requests")
    page.get_by_label("Comment").fill("freeze")
    page.get_by_role("button", name="Deny 2 requests").click()
    expect(page.get_by_text("Denied 2 requests.")).to_be_visible()
    assert [state(site, request) for request in requests] == ["denied", "denied"]


def test_a_review_and_its_decision_fit_the_narrowest_window(site: Site, people: People, as_alice: Call) -> None:
    request = ask(as_alice, site, "narrow")
    page = people.page("bob")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path(request))
    assert overflow(page) <= 0
    approve = page.locator(".decide").get_by_role("button", name="Approve")
    for button in (approve, page.locator(".decide").get_by_role("button", name="Deny")):
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def test_paper_has_everything_and_no_controls(site: Site, people: People, as_alice: Call) -> None:
    request = ask(as_alice, site, "paper")
    page = people.page("bob")
    page.goto(path(request))
    full = site.call("GET", f"/api/approvals/{request['id']}/")
    page.emulate_media(media="print")
    for text in (
        "They expire",
        "Reload afterwards",
        "authority",
        "Time zone",
        full["digest"],
        full["source"]["digest"],
    ):
        expect(page.get_by_text(text, exact=False).locator("visible=true").first).to_be_visible()
    expect(page.locator("#history")).to_contain_text("Alice Arden asked for approval")
    expect(page.locator("#history time").first).to_have_css("font-size", "0px")  # the whole date stands in its place
    expect(page.locator(".paper")).to_contain_text(f"{path(request)} · as Bob Berg saw it")
    page.set_viewport_size({"width": 500, "height": 700})
    assert overflow(page) <= 0  # long lines of source go on below: nothing is cut off
    assert page.get_by_role("button").locator("visible=true").count() == 0
    assert page.locator("#queue").is_hidden()


@pytest.mark.any_database
def test_the_pages_are_accessible_in_both_themes_and_widths(site: Site, people: People, as_alice: Call) -> None:
    request, late = ask(as_alice, site, "axe"), past_due(as_alice, site, "axe-late")
    page = people.page("bob")
    addresses = [
        "/jobs/approvals/",
        "/jobs/approvals/?show=decided&requester=nobody",
        path(request),
        path(request, "source/"),
        path(late, "approve/"),
        f"/jobs/approvals/deny/?ids={request['id']}",
        f"/jobs/approvals/approve/?ids={request['id']}",
    ]
    for address in addresses:
        page.goto(address)
        assert blemishes(page) == [], address
