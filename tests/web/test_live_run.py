"""A run followed live in the browser: every line once, whatever happens to the connection."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.serving import until
from tests.web.browser import PATIENCE, People, blemishes, findings
from tests.web.site import Site

expect.set_options(timeout=PATIENCE)


def start(site: Site, job: str, **data: Any) -> str:
    answer = site.call("POST", f"/api/extras/jobs/{site.jobs[job]['id']}/run/", json={"data": data})
    return str(answer["job_result"]["id"])


def numbers(page: Page) -> list[int]:
    return [int(text) for text in page.locator("#log li > a").all_text_contents()]


def test_the_log_of_a_running_job_arrives_without_reload(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=40, pause=50)
    page = people.page("alice")
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#run-head")).to_contain_text("Succeeded")
    assert numbers(page) == list(range(1, 42))  # the server adds a line of its own at the end
    expect(page.locator("#level-w")).to_have_text("1")
    assert findings(page) == []


def test_the_end_of_a_run_is_told_to_whoever_does_not_see_it(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=4000, pause=50)
    page = people.page("alice")
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#L1")).to_be_attached()
    assert page.locator("#run-said").text_content() == ""
    site.call("POST", f"/api/runs/{run}/cancel/")
    expect(page.locator("#run-said")).to_have_text(f"Run {run.replace('-', '')[-8:]}: cancelled.")


def test_what_a_run_starts_by_its_end_comes_into_its_page(site: Site, people: People) -> None:
    watched = {"content_types": ["extras.jobresult"], "type_update": True}
    hook = {"name": "Ends of runs", "job": site.jobs["Note changes"]["id"], **watched}
    made = site.call("POST", "/api/extras/job-hooks/", json=hook)
    page = people.page("alice")
    page.goto(f"/jobs/results/{start(site, 'Talk for a while', lines=40, pause=50)}/")
    expect(page.locator("#run-head")).to_contain_text("Succeeded")
    expect(page.locator("#run-after li")).to_have_count(2)  # that it began, and that it ended
    site.call("DELETE", f"/api/extras/job-hooks/{made['id']}/")
    page.get_by_role("link", name="Note changes").first.click()
    expect(page.locator("#run-side")).to_contain_text("Started because of")
    expect(page.locator("#run-side")).to_contain_text("Talk for a while")


def test_a_dropped_connection_loses_and_doubles_no_line(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=120, pause=40)
    page = people.page("alice", forgive=lambda trouble: "ERR_INTERNET_DISCONNECTED" in trouble)
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#L10")).to_be_attached()
    page.context.set_offline(True)
    page.wait_for_timeout(1500)
    page.context.set_offline(False)
    expect(page.locator("#run-head")).to_contain_text("Succeeded")
    assert numbers(page) == list(range(1, 122))


@pytest.mark.any_database
def test_twenty_loads_in_a_row_each_connect_their_stream(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=4000, pause=50)
    page = people.page("admin")
    for _ in range(20):
        with page.expect_response(lambda answer: "/stream/" in answer.url):
            page.goto(f"/jobs/results/{run}/", wait_until="commit")
    page.get_by_role("link", name="Stop run").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop run").click()
    expect(page.locator("#run-head")).to_contain_text("Cancelled")


def test_following_stops_where_somebody_scrolls_up(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=300, pause=20)
    page = people.page("alice")
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#L60")).to_be_attached()
    follow = page.get_by_role("button", name="Following")
    expect(follow).to_have_attribute("aria-pressed", "true")
    page.locator("#log").hover()
    page.mouse.wheel(0, -400)
    expect(follow).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-log-new]")).to_contain_text("new line")
    page.keyboard.press("f")
    expect(follow).to_have_attribute("aria-pressed", "true")


def test_a_run_without_scripts_is_the_same_page(site: Site, people: People) -> None:
    run = start(site, "Fail always")
    page = people.page("alice", js=False)
    page.goto(f"/jobs/results/{run}/")
    page.reload()
    expect(page.get_by_role("heading", name="Fail always")).to_be_visible()


@pytest.mark.any_database
def test_searching_the_log_unfolds_the_message_that_has_the_text(site: Site, people: People) -> None:
    run = start(site, "Fail deep")
    page = people.page("alice")
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#run-head")).to_contain_text("Failed")
    fold = page.locator("#log details")
    expect(fold).to_contain_text("in bottom")
    expect(fold).not_to_have_attribute("open", "")
    page.get_by_role("searchbox", name="Search the log").fill("IN BOTTOM")
    expect(fold).to_have_attribute("open", "")
    expect(page.locator("[data-log-found]")).to_have_text("1 line")
    marked = "({startContainer: text, startOffset: from, endOffset: to}) => text.data.slice(from, to)"
    assert page.evaluate(f"[...CSS.highlights.get('log-find')].map({marked})") == ["in bottom"]


@pytest.mark.any_database
def test_a_run_on_paper_has_the_whole_digest_and_the_zone_of_its_lines(site: Site, people: People) -> None:
    run = start(site, "Talk for a while", lines=3, pause=1)
    page = people.page("alice")
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#run-head")).to_contain_text("Succeeded")
    page.emulate_media(media="print")
    digest = page.locator("footer .mono[title]")
    assert re.fullmatch(r"[0-9a-f]{64}", digest.get_attribute("title") or "")
    expect(digest).to_have_css("font-size", "0px")  # all of it stands in its place
    expect(page.locator(".paper").first).to_contain_text("All 4 lines of the log. Times of lines are those of ")
    expect(page.locator(".paper").last).to_contain_text(f"/jobs/results/{run}/ · as Alice Arden saw it")
    assert page.get_by_role("button").locator("visible=true").count() == 0


@pytest.mark.any_database
@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_all_lines_of_a_long_log_are_a_link_away_and_printed(site: Site, people: People, js: bool) -> None:
    run = start(site, "Talk for a while", lines=1100, pause=0)
    until(lambda: site.call("GET", f"/api/runs/{run}/")["completed"], what="its end")
    page = people.page("alice", js=js)
    page.goto(f"/jobs/results/{run}/")
    assert len(numbers(page)) == 500
    page.get_by_role("link", name="Show all lines, to print them").click()
    expect(page.get_by_role("link", name="Back to the last lines")).to_be_visible()
    assert numbers(page) == list(range(1, 1102))
    if js:
        page.get_by_label("Info").uncheck()
        page.get_by_role("button", name="Wrap lines").click()
        expect(page.locator("#L1")).not_to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#L1")).to_be_visible()  # whatever was chosen to be seen
    expect(page.locator("#L1 .m")).to_have_css("white-space", "pre-wrap")
    expect(page.locator(".paper").first).to_contain_text("All 1,101 lines of the log.")


def test_pages_of_runs_are_accessible_in_both_themes_and_widths(site: Site, people: People) -> None:
    listed = [start(site, "List words", text="one two") for _ in range(2)][-1]
    run = start(site, "Fail always")
    page = people.page("alice")
    page.goto(f"/jobs/results/{listed}/")
    expect(page.locator("#run-head")).to_contain_text("Succeeded")
    expect(page.get_by_role("heading", name="Previous run")).to_be_visible()
    expect(page.get_by_role("region", name="Result").get_by_role("table")).to_be_visible()
    expect(page.locator("#log li > b")).to_have_text(["Read text", "List words"])
    assert blemishes(page) == []
    page.goto(f"/jobs/results/{run}/")
    expect(page.locator("#run-head")).to_contain_text("Failed")
    for address in ("/jobs/results/", f"/jobs/results/{run}/", f"/jobs/results/{run}/lines/?q=fail"):
        page.goto(address)
        assert blemishes(page) == [], address
