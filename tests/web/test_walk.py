"""From a job to its result as the pages name it: all six types, the queue, dry run, decisions, past due, deleting."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.serving import until
from tests.web.browser import PATIENCE, People
from tests.web.site import Site

expect.set_options(timeout=PATIENCE)
GATED = "Rotate certificates"
TYPES = [  # the choice, what it needs, what the schedule says
    ("Once in the future", "", r"^Once on "),
    ("Recurring hourly", "", r"^Every hour"),
    ("Recurring daily", "", r"^Every day at "),
    ("Recurring weekly", "", r"^Every \w+day at "),
    ("Recurring custom", "30 2 * * 1", r"^Every Monday at 02:30"),
]


def in_an_hour() -> str:
    return f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M}"


def open_job(page: Page, name: str) -> None:
    """Jobs > Jobs, then the job's own Run button."""
    page.goto("/jobs/approvals/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs", exact=True).click()
    page.get_by_role("link", name=f"Run {name}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def choose(page: Page, kind: str, *, name: str = "", start: str = "", crontab: str = "") -> None:
    """The Type, and its fields."""
    page.locator("label", has_text=kind).get_by_role("radio").check(force=True)
    if name:
        page.get_by_label("Schedule name").fill(name)
    if start:
        page.get_by_label("Starting date and time").fill(start)
    if crontab:
        page.get_by_role("textbox", name="Crontab").fill(crontab)


def send(page: Page, button: str) -> None:
    page.locator(".formfoot").get_by_role("button", name=button).click()


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_a_job_runs_and_is_scheduled_by_each_of_the_six_types(site: Site, people: People, js: bool) -> None:
    page = people.page("alice", js=js, zone="UTC")
    open_job(page, "Count words")
    page.get_by_label("text", exact=False).first.fill(f"now, {js}")
    choose(page, "Once immediately")
    send(page, "Run")
    expect(page).to_have_url(re.compile("/jobs/results/"))
    names = []
    for kind, crontab, sentence in TYPES:
        names.append(f"{kind}, {js}")
        open_job(page, "Count words")
        choose(page, kind, name=names[-1], start="" if crontab else in_an_hour(), crontab=crontab)
        send(page, "Schedule")
        expect(page).to_have_url(re.compile("/jobs/scheduled/"))
        page.goto(f"/jobs/scheduled/?q={names[-1]}")
        page.get_by_role("link", name=names[-1], exact=True).click()
        expect(page.get_by_text(re.compile(sentence)).first).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete 1 schedule").click()
    page.goto(f"/jobs/scheduled/?q={js}")
    for name in names[:-1]:
        page.get_by_label(f"Select {name}").check(force=True)
    page.get_by_role("button", name="Delete Selected").click()
    page.get_by_role("button", name="Delete 4 schedules").click()
    expect(page.get_by_text("4 schedules deleted.")).to_be_visible()
    page.goto(f"/jobs/scheduled/?q={js}")
    for name in names:
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


def asked(page: Page, hosts: str, **plan: str) -> str:
    """Ask for a run of the gated job; the address of the request."""
    open_job(page, GATED)
    page.get_by_label("Edge hosts").fill(hosts)
    if plan:
        choose(page, **plan)
    page.get_by_label("Reason").fill(f"They end soon, {hosts}.")
    send(page, "Request approval")
    expect(page).to_have_url(re.compile("/jobs/approvals/[0-9a-f-]{36}/"))
    expect(page.locator("#review .quote")).to_contain_text(hosts)
    return page.url.partition("?")[0]


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_the_queue_from_asking_to_every_decision(site: Site, people: People, js: bool) -> None:
    alice, bob = people.page("alice", js=js, zone="UTC"), people.page("bob", js=js, zone="UTC")
    address = asked(alice, f"walk-{js}")
    expect(alice.locator(".decide")).to_contain_text("Your own request.")  # and cannot approve it
    bob.goto("/jobs/")
    bob.get_by_role("navigation", name="Main").get_by_role("link", name="Job Approval Queue").click()
    number = re.search(r"Request (\d+)", alice.locator("#review").inner_text())
    assert number is not None
    bob.locator(f"#row-{number[1]} a").click()
    bob.locator(".decide").get_by_role("button", name="Dry run").click()
    until(lambda: bob.goto(address) and "Succeeded" in bob.locator("#dry").inner_text(), what="the dry run")
    bob.locator(".decide").get_by_role("button", name="Approve").click()
    expect(bob.get_by_text(f"Approved: {GATED}.")).to_be_visible()
    refused = asked(alice, f"refused-{js}", kind="Once in the future", name=f"walk later {js}", start=in_an_hour())
    bob.goto(refused)
    bob.get_by_label("Comment needed to deny").fill("Not this week.")
    bob.locator(".decide").get_by_role("button", name="Deny").click()
    expect(bob.get_by_text("Denied:")).to_be_visible()
    alice.goto(refused)
    expect(alice.locator("#top")).to_contain_text("Not this week.")
