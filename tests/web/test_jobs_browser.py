"""Jobs and the run form in a real browser: journeys with and without scripts, races, and accessibility."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect
from tests.serving import PASSWORD, until
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.site import Site

FUTURE = "2031-03-01T09:30"
TYPES = {
    "Once in the future": "future",
    "Recurring hourly": "hourly",
    "Recurring daily": "daily",
    "Recurring weekly": "weekly",
    "Recurring custom": "custom",
}


@pytest.fixture(autouse=True)
def patient() -> None:
    expect.set_options(timeout=PATIENCE)


def expected_422(trouble: str) -> bool:
    """The browser tells of every answer that is an error, also of those that a test provokes."""
    return "status of 422" in trouble


def schedule_in_form(page: Page, site: Site, *, kind: str, name: str) -> None:
    """Fill the form for one type of schedule, and send it."""
    page.goto(site.run_path("Count words"))
    page.get_by_role("radio", name=kind).check()
    if kind == "Recurring custom":
        page.get_by_role("textbox", name="Crontab").fill("30 2 1 * *")
    else:
        page.get_by_label("Starting date and time").fill(FUTURE)
    page.get_by_label("Schedule name").fill(name)


def stored(site: Site, name: str) -> dict[str, Any]:
    """The schedule of that name."""
    found = site.call("GET", f"/api/schedules/?name={name}")["results"]
    assert len(found) == 1, found
    row: dict[str, Any] = found[0]
    return row


def test_each_type_is_scheduled_with_what_the_page_foretold(people: People, site: Site) -> None:
    page = people.page("alice")
    for kind, interval in TYPES.items():
        name = f"with-{interval}"
        schedule_in_form(page, site, kind=kind, name=name)
        expect(page.locator("#preview ol.next li").first).to_be_visible()
        expect(page.get_by_role("button", name="Schedule job")).to_be_visible()
        expect(page.get_by_role("textbox", name="Crontab")).to_be_visible(visible=interval == "custom")
        page.get_by_role("button", name="Schedule job").click()
        page.wait_for_url(lambda url: "/run/" not in url)
        assert stored(site, name)["interval"] == interval


def test_each_type_is_scheduled_without_scripts(people: People, site: Site) -> None:
    page = people.page("alice", js=False)
    for kind, interval in TYPES.items():
        name = f"without-{interval}"
        schedule_in_form(page, site, kind=kind, name=name)
        expect(page.get_by_text("Used for Recurring custom")).to_be_visible()
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#preview ol.next li").first).to_be_visible()
        page.get_by_role("button", name="Schedule job").click()
        page.wait_for_url(lambda url: "/run/" not in url)
        assert stored(site, name)["interval"] == interval


def test_from_the_list_to_a_request_that_says_why(people: People, site: Site) -> None:
    page = people.page("alice", forgive=expected_422)
    page.goto("/jobs/")
    page.get_by_role("link", name="Run Rotate certificates").click()
    page.get_by_label("Edge hosts").fill("edge-ams-1")
    page.get_by_label("Edge hosts").blur()
    expect(page.get_by_text("1 of 3 differs from the defaults")).to_be_visible()
    page.get_by_role("button", name="Request approval to run").click()
    problems = page.locator("#problems")
    expect(problems).to_be_focused()
    problems.get_by_role("link", name="Reason").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    expect(page.get_by_label("Edge hosts")).to_have_value("edge-ams-1")
    page.get_by_label("Reason").fill("CHG-1: certificates expire on Friday")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/run/" not in url)
    asked = site.call("GET", "/api/approvals/?limit=50")["results"]
    assert any(row["reason"].startswith("CHG-1") for row in asked)


def test_presets_fill_the_crontab_and_the_preview_follows(people: People, site: Site) -> None:
    page = people.page("alice")
    page.goto(site.run_path("Count words"))
    page.get_by_role("radio", name="Recurring custom").check()
    page.get_by_role("button", name="Mondays at 06:00").click()
    expect(page.get_by_role("textbox", name="Crontab")).to_have_value("0 6 * * 1")
    expect(page.locator("#preview .human")).to_have_text("Every Monday at 06:00")
    expect(page.get_by_role("button", name="Mondays at 06:00", pressed=True)).to_be_visible()
    page.get_by_role("textbox", name="Crontab").fill("0 6 1 * 1")
    expect(page.get_by_text("Day of month and day of week are both given")).to_be_visible()
    page.get_by_role("radio", name="Once immediately").check()
    expect(page.get_by_role("button", name="Run job now")).to_be_visible()
    page.get_by_label("Commit changes").uncheck()
    expect(page.locator(".formfoot").get_by_role("button", name="Dry run now")).to_be_visible()


def test_a_dry_run_shows_its_end_in_the_form_and_keeps_the_inputs(people: People, site: Site) -> None:
    page = people.page("alice")
    page.goto(site.run_path("Count words"))
    page.get_by_label("Text").fill("four words are here")
    page.get_by_role("button", name="Dry run now").click()
    panel = page.locator("#tried")
    expect(panel.get_by_text("Succeeded")).to_be_visible()
    expect(panel.get_by_text("counting 1 times")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("four words are here")


def test_a_double_click_runs_once(people: People, site: Site) -> None:
    page = people.page("alice")
    page.goto(site.run_path("Count words"))
    page.get_by_label("Text").fill("double-click")
    page.get_by_role("button", name="Run job now").dblclick()
    page.wait_for_url(lambda url: "/run/" not in url)
    assert runs_with(site, "double-click") == 1


def runs_with(site: Site, text: str) -> int:
    """How many runs were asked for with that text."""
    rows = site.call("GET", "/api/runs/?job=local-operations-countwords&limit=100")["results"]
    return sum(text in str(row) for row in rows)


def signed_in_session(site: Site, person: str) -> requests.Session:
    """What a browser has after signing in, without the browser."""
    session = requests.Session()
    session.trust_env = False
    html = session.get(f"{site.url}/account/sign-in/").text
    sent = {"login": person, "password": PASSWORD, "csrfmiddlewaretoken": token_of(html)}
    answer = session.post(f"{site.url}/account/sign-in/", data=sent, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return session


def token_of(html: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert found
    return found[1]


@pytest.mark.parametrize("job", ["Count words", "Rotate certificates"])
def test_the_same_form_from_many_at_the_same_time_is_done_once(site: Site, job: str) -> None:
    first = signed_in_session(site, "alice")
    address = site.url + site.run_path(job)
    html = first.get(address).text
    hidden = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', html))
    mark = f"race-{job.split()[0].lower()}"
    sent = {name: unescape(value) for name, value in hidden.items()} | {
        "csrfmiddlewaretoken": token_of(html),
        "text": mark,
        "hosts": mark,
        "authority": "internal",
        "_reason": mark,
        "_commit": "true",
        "_schedule_interval": "immediately",
    }
    if job == "Count words":
        del sent["hosts"], sent["authority"]
    gate = threading.Barrier(4)

    def post() -> str:
        session = requests.Session()
        session.trust_env = False
        session.cookies.update(first.cookies)
        gate.wait()
        answer = session.post(address, data=sent, allow_redirects=False, timeout=60)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    with ThreadPoolExecutor(4) as pool:
        places = {task.result() for task in [pool.submit(post) for _ in range(4)]}
    assert len(places) == 1
    if job == "Count words":
        assert runs_with(site, mark) == 1
    else:
        asked = site.call("GET", "/api/approvals/?limit=100")["results"]
        assert sum(row["reason"] == mark for row in asked) == 1


def test_a_session_that_ended_signs_in_and_comes_back_to_the_form(people: People, site: Site) -> None:
    page = people.page("alice")
    page.goto(site.run_path("Count words"))
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Run job now").click()
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Count words")).to_be_visible()
    assert site.run_path("Count words") in page.url


def test_a_row_is_found_opened_and_run_from_the_keyboard(people: People) -> None:
    page = people.page("alice")
    page.goto("/jobs/")
    page.keyboard.press("/")
    page.keyboard.type("count wor")
    expect(page.get_by_role("link", name="Fail always", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Count words", exact=True)).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_role("link", name="Run Count words")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Count words")).to_be_visible()


def test_an_override_holds_until_it_is_taken_away(people: People, site: Site) -> None:
    page = people.page("admin")
    path = f"/jobs/{site.jobs['Ask for a secret']['slug']}/"
    for words, override in (("Takes **one** word.", True), ("Takes a value that is not stored.", False)):
        page.goto(path)
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_role("checkbox", name="Override Description").set_checked(override)
        if override:
            page.get_by_role("textbox", name="Description").fill(words)
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_role("heading", name="Ask for a secret")).to_be_visible()
        expect(page.locator(".prose")).to_have_text(words.replace("*", ""))


@pytest.mark.any_database
def test_every_page_is_accessible_in_both_themes_and_widths(people: People, site: Site) -> None:
    page = people.page("admin", forgive=expected_422)
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    plan = {"name": "axe", "interval": "daily", "start_time": later}
    run = f"/api/extras/jobs/{site.jobs['Count words']['id']}/run/"
    site.call("POST", run, json={"data": {"text": "a"}, "schedule": plan})
    ended = site.call("POST", run, json={"data": {"text": "a"}})["job_result"]["id"]
    until(lambda: site.call("GET", f"/api/runs/{ended}/")["completed"], what="the end of a run")
    words, gated = site.jobs["Count words"]["slug"], site.jobs["Rotate certificates"]["slug"]
    for path in ("/jobs/", f"/jobs/{words}/", f"/jobs/{gated}/", f"/jobs/{words}/edit/"):
        page.goto(path)
        assert blemishes(page) == [], path
    page.goto(f"/jobs/{gated}/run/")
    page.get_by_role("radio", name="Recurring custom").check()
    page.get_by_role("button", name="First of the month").click()
    expect(page.locator("#preview ol.next li")).to_have_count(5)
    page.locator("#send").click()
    expect(page.locator("#problems")).to_be_visible()
    assert blemishes(page) == []
