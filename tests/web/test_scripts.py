"""What the scripts do for any page that carries their attributes, under the pages' own policy, without a server."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from csp.utils import build_policy
from django.conf import settings
from playwright.sync_api import Browser, Page, Route, expect
from tests.web.test_assets import STATIC

from foureyes.web.times import relative

pytestmark = pytest.mark.any_database

HEAD = """<!doctype html><html lang="en"><head><title>Page · Foureyes</title>
<meta name="htmx-config" content='{"includeIndicatorCSS":false}'>
<link rel="stylesheet" href="/static/app.css"><link rel="icon" href="/static/favicon.svg">
<script src="/static/htmx.js" defer></script><script type="module" src="/static/app.js"></script>
"""
TAIL = """<div class="toasts" id="toasts" role="status"></div><div class="vh" id="announce" role="status"></div>
<svg class="i"><use href="/static/icons.svg#eye"/></svg></body></html>"""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Answer = Callable[[Route], None] | str


class Desk:
    """A browser page, and what the server would answer under each path."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.troubles: list[str] = []
        page.route("**/*", self._answer)
        page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def show(self, body: str, *, head: str = "", attributes: str = "", path: str = "/page") -> Page:
        """Open a page with this body."""
        self.answers[urlsplit(path).path] = f"{HEAD}{head}</head><body {attributes}>{body}{TAIL}"
        self.page.goto(f"http://desk.test{path}")
        until(self.page, "window.htmx !== undefined")
        return self.page

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            return route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        self.asked.append((route.request.method, urlsplit(route.request.url)._replace(scheme="", netloc="").geturl()))
        answer = self.answers.get(path, "")
        if callable(answer):
            return answer(route)
        return route.fulfill(body=answer, content_type="text/html", headers={"Content-Security-Policy": policy()})


def policy() -> str:
    made: Any = build_policy(config=settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    return str(made)


def until(page: Page, expression: str) -> None:
    """Wait until it is true. Playwright's own waiting evaluates text in the page, which the policy forbids."""
    end = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    context = browser.new_context(timezone_id="Europe/Berlin", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    made = Desk(context.new_page())
    yield made
    context.close()
    assert made.troubles == []


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_relative_times_have_the_words_of_the_server(desk: Desk) -> None:
    seconds = [0, 1, 59, 60, 61, 3599, 3600, 3661, 86399, 86400, 90000, 187200]
    moments = [NOON + timedelta(seconds=sign * step) for step in seconds for sign in (1, -1)]
    marks = "".join(f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}" data-relative></time>' for at in moments)
    desk.page.clock.set_fixed_time(NOON)
    page = desk.show(f'{marks}<b data-clock="Asia/Kathmandu"></b>')
    assert page.locator("time").all_inner_texts() == [relative(at, now=NOON) for at in moments]
    assert page.locator("b").inner_text() == "17:45"


def test_letters_move_the_focus_and_never_decide(desk: Desk) -> None:
    page = desk.show(
        '<form method="post" action="/decide"><button id="approve" data-key="a">Approve</button>'
        '<button id="deny" data-press="d">Deny</button><input id="comment" data-key="c"></form>'
    )
    page.keyboard.press("a")
    assert focused(page) == "approve"
    page.keyboard.press("d")
    assert focused(page) == "deny"
    page.keyboard.press("c")
    page.keyboard.type("add")
    assert page.locator("#comment").input_value() == "add"
    page.keyboard.press("Escape")
    assert focused(page) == ""
    assert desk.asked == [("GET", "/page")]


def test_letters_are_silent_when_switched_off(desk: Desk) -> None:
    page = desk.show('<button id="approve" data-key="a">Approve</button>', attributes='data-shortcuts="off"')
    page.keyboard.press("a")
    assert focused(page) == ""


def test_rows_and_pages_are_reached_by_letters(desk: Desk) -> None:
    rows = "".join(
        f'<li data-row><input type="checkbox" aria-label="{n}"><a id="row{n}" href="/row/{n}">Row</a></li>'
        for n in (1, 2, 3)
    )
    page = desk.show(f'<ul>{rows}</ul><a href="/jobs" data-goto="j">Jobs</a>')
    for key in "jjjjk":
        page.keyboard.press(key)
    assert focused(page) == "row2"
    page.keyboard.press("x")
    assert [box.is_checked() for box in page.get_by_role("checkbox").all()] == [False, True, False]
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/jobs")


def test_escape_leaves_the_field_and_then_the_page(desk: Desk) -> None:
    page = desk.show('<a href="/home" data-back>Home</a><a href="/list?page=2" data-back>List</a><input id="field">')
    page.locator("#field").focus()
    page.keyboard.press("Escape")
    assert focused(page) == ""
    page.keyboard.press("Escape")
    page.wait_for_url("**/list?page=2")


def test_palette_finds_and_opens(desk: Desk) -> None:
    def results(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query).get("q", ["recent"])[0]
        found = "".join(f'<li><a href="/found/{asked}/{n}">Run {n}</a></li>' for n in range(12))
        route.fulfill(body=f"<ul>{found}</ul>", content_type="text/html")

    desk.answers["/search/"] = results
    page = desk.show(
        '<dialog class="palette" id="palette" data-url="/search/" aria-label="Search">'
        '<input role="combobox" aria-label="Find" aria-controls="found" aria-expanded="false">'
        '<ul id="found" role="listbox" aria-label="Found"></ul></dialog>'
    )
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option")).to_have_count(8)
    page.keyboard.type("tls")
    page.locator('[data-href="/found/tls/0"]').wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("combobox").get_attribute("aria-activedescendant") == "found-1"
    assert page.get_by_role("option", selected=True).inner_text() == "Run 1"
    page.keyboard.press("Enter")
    page.wait_for_url("**/found/tls/1")


def test_toasts_are_at_most_three_and_errors_stay(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.show('<div data-toast="error" role="alert"><div>Broken</div></div>')
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    for n in range(4):
        page.evaluate("n => document.dispatchEvent(new CustomEvent('toast', {detail: {text: `News ${n}`}}))", n)
    toasts = page.locator("#toasts .toast")
    assert [text.split("\n")[0] for text in toasts.all_inner_texts()] == ["Broken", "News 2", "News 3"]
    toasts.first.get_by_role("button", name="Close").click()
    expect(toasts).to_have_count(2)
    page.mouse.move(0, 0)
    page.clock.run_for(7_000)
    expect(toasts).to_have_count(0)


def test_a_form_is_sent_once(desk: Desk) -> None:
    waiting: list[Route] = []
    desk.answers["/part"] = waiting.append
    page = desk.show('<form hx-post="/part" hx-target="#out"><button>Run</button></form><div id="out"></div>')
    button = page.get_by_role("button", name="Run")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.click()
    page.evaluate("document.forms[0].requestSubmit()")
    assert [path for _, path in desk.asked] == ["/page", "/part"]
    waiting[0].fulfill(body='<h2 data-focus id="done">Done</h2>', content_type="text/html")
    page.locator("#done").wait_for()
    until(page, "document.activeElement.id === 'done'")
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_a_disabled_action_with_a_reason_does_nothing(desk: Desk) -> None:
    page = desk.show('<form method="post" action="/decide"><button aria-disabled="true">Approve</button></form>')
    page.get_by_role("button").click(force=True)
    page.get_by_role("button").press("Enter")
    assert desk.asked == [("GET", "/page")]


def test_choice_shows_its_own_fields(desk: Desk) -> None:
    page = desk.show(
        "<form>"
        '<label><input type="radio" name="type" value="now" data-choice checked>Now</label>'
        '<label><input type="radio" name="type" value="custom" data-choice>Custom</label>'
        '<fieldset data-type="custom later"><input id="cron" name="cron" required></fieldset>'
        '<button type="button"><span data-type="now">Run</span><span data-type="custom">Schedule</span></button></form>'
    )
    assert page.locator("#cron").is_hidden()
    assert page.locator("#cron").is_disabled()
    page.get_by_label("Custom").check()
    assert page.locator("#cron").is_visible()
    assert page.get_by_role("button").inner_text() == "Schedule"


def test_dates_are_repeated_in_words(desk: Desk) -> None:
    page = desk.show('<input type="datetime-local" id="at" data-echo="words"><p id="words"></p>')
    page.locator("#at").fill("2026-11-24T19:05")
    assert page.locator("#words").inner_text() == "Tuesday 24 November 2026, 19:05"


def test_bulk_selection_is_counted(desk: Desk) -> None:
    boxes = "".join(f'<input type="checkbox" data-select aria-label="{n}">' for n in range(3))
    page = desk.show(
        f'<form><input type="checkbox" data-select-all aria-label="All">{boxes}'
        '<p id="bulk" data-selection><b data-selected></b> selected</p></form>'
    )
    assert page.locator("#bulk").is_hidden()
    page.get_by_label("1").check()
    assert page.locator("#bulk").inner_text() == "1 selected"
    page.get_by_label("All").check()
    assert page.locator("#bulk").inner_text() == "3 selected"


def test_leaving_a_changed_form_asks_first(desk: Desk) -> None:
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page = desk.show('<form data-guard><input id="name"></form><a href="/other">Other</a>')
    page.on("dialog", stay)
    page.get_by_role("link").click()
    page.wait_for_url("**/other")
    assert asked == []
    page.go_back()
    page.locator("#name").fill("new")
    page.get_by_role("link").click()
    page.wait_for_url("**/other")
    assert asked == ["beforeunload"]
    page.remove_listener("dialog", stay)


def test_theme_changes_at_once_and_is_remembered(desk: Desk) -> None:
    page = desk.show(
        '<form data-theme-form method="post" action="/theme"><button name="theme" value="dark" '
        'aria-label="Colour theme: system">Theme</button></form>'
    )
    page.get_by_role("button").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_by_role("button").get_attribute("aria-label") == "Colour theme: dark"
    assert page.get_by_role("button").get_attribute("value") == "light"
    assert "theme=dark" in page.evaluate("document.cookie")
    assert desk.asked == [("GET", "/page")]


LOG = """<section data-log>
<button data-log-follow data-press="f" aria-pressed="true">Following</button>
<button data-log-error="1" data-press="e">Next</button>
<button data-log-error="-1" data-press="shift+e">Previous</button>
<button data-log-wrap data-press="w" aria-pressed="true">Wrap</button>
<label><input type="checkbox" data-log-level="i" checked>Info</label>
<form><input data-log-find aria-label="Find"><output data-log-found></output></form>
<div class="log" id="log" data-log-view tabindex="0" role="log" aria-label="Log" hx-ignore>{lines}</div>
<button data-log-new hidden></button><p data-log-lost hidden>from line <b data-log-line></b><i data-log-retry></i></p>
<a data-log-earlier href="?before=1" hidden>Earlier</a>
{stream}
<template data-log-poll>
<div hx-get="/poll?after=" hx-trigger="load delay:100ms, poll" data-poll hx-swap="outerHTML" hx-status:5xx="swap:none">
</div>
</template>
</section>"""
LOG_SCRIPT = '<script type="module" src="/static/log.js"></script>'
STREAM = '<div hx-sse:connect="/stream?after={n}" hx-sse:close="end" hx-target="#log" hx-swap="beforeend"></div>'


def batch(first: int, count: int, *, errors: tuple[int, ...] = ()) -> str:
    return (
        "<ol>"
        + "".join(
            f'<li id="L{n}" class="{"e" if n in errors else ""}"><a href="#L{n}">{n}</a><span class="t"></span>'
            f'<span class="l">INFO</span><span class="m">line {n}</span></li>'
            for n in range(first, first + count)
        )
        + "</ol>"
    )


def append(page: Page, html: str) -> None:
    page.evaluate(
        "html => document.getElementById('log').insertAdjacentHTML('beforeend', html)",
        html,
    )


AT_END = "(v => v.scrollHeight - v.scrollTop - v.clientHeight < 24)(document.getElementById('log'))"


def test_log_follows_until_somebody_scrolls_up(desk: Desk) -> None:
    page = desk.show(LOG.format(lines=batch(1, 200), stream=""), head=LOG_SCRIPT)
    append(page, batch(201, 100))
    until(page, AT_END)
    page.locator("#log").hover()
    page.mouse.wheel(0, -600)
    expect(page.locator("[data-log-follow]")).to_have_attribute("aria-pressed", "false")
    append(page, batch(301, 12))
    expect(page.locator("[data-log-new]")).to_have_text("12 new lines")
    assert not page.evaluate(AT_END)
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("f")
    expect(page.locator("[data-log-new]")).to_be_hidden()
    assert page.evaluate(AT_END)


def test_log_goes_from_error_to_error(desk: Desk) -> None:
    page = desk.show(LOG.format(lines=batch(1, 300, errors=(20, 150)), stream=""), head=LOG_SCRIPT)
    reached = []
    for key in ("e", "e", "e", "Shift+E"):
        page.keyboard.press(key)
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert reached == ["20", "150", "20", "150"]


def test_log_hides_levels_and_finds_text(desk: Desk) -> None:
    page = desk.show(LOG.format(lines=batch(1, 30, errors=(12,)), stream=""), head=LOG_SCRIPT)
    page.get_by_label("Find").fill("line 2")
    assert page.locator("[data-log-found]").inner_text() == "11 lines"
    page.get_by_label("Info").uncheck()
    assert page.locator("#log li").filter(visible=True).count() == 1
    page.keyboard.press("w")
    assert page.locator("#log.nowrap").count() == 1


def test_old_batches_leave_a_very_long_log(desk: Desk) -> None:
    page = desk.show(LOG.format(lines=batch(1, 500), stream=""), head=LOG_SCRIPT)
    for first in range(501, 52_000, 8_000):
        append(page, batch(first, 8_000))
    until(page, "document.getElementById('L1') === null")
    assert page.locator("#log").get_attribute("data-complete") == "false"
    assert page.locator("#log li").count() <= 58_000
    until(page, AT_END)
    expect(page.locator("[data-log-follow]")).to_have_attribute("aria-pressed", "true")


def test_events_that_arrive_together_are_taken_in_one_task_each(desk: Desk) -> None:
    body = events(*((last, batch(last - 9, 10)) for last in range(10, 101, 10))) + "event: end\ndata: done\n\n"
    desk.answers["/stream"] = lambda route: route.fulfill(body=body, content_type="text/event-stream")
    count = "setTimeout(() => counts.push(document.querySelectorAll('#log li').length))"
    desk.page.add_init_script(
        f"globalThis.counts = []; document.addEventListener('htmx:sse:after:message', () => {count});"
    )
    page = desk.show(LOG.format(lines="", stream=STREAM.format(n=0)), head=LOG_SCRIPT)
    page.locator("#L100").wait_for()
    until(page, "counts.length >= 10")
    assert page.evaluate("counts[0]") < 100


def events(*batches: tuple[int, str]) -> str:
    return "".join(f"id: {last}\ndata: {html}\n\n" for last, html in batches)


def test_stream_resumes_after_its_last_line_with_nothing_lost_or_doubled(desk: Desk) -> None:
    resumed: list[str] = []

    def stream(route: Route) -> None:
        last = int(route.request.headers.get("last-event-id", "0"))
        resumed.append(str(last))
        body = events((last + 40, batch(last + 1, 40))) if last < 200 else "event: end\ndata: done\n\n"
        route.fulfill(body=body, content_type="text/event-stream")

    desk.answers["/stream"] = stream
    page = desk.show(LOG.format(lines="", stream=STREAM.format(n=0)), head=LOG_SCRIPT)
    page.locator("#L200").wait_for()
    until(page, "!document.querySelector('[hx-sse\\\\:connect]')._htmx?.sse")
    assert page.locator("#log li").evaluate_all("lines => lines.map((line) => line.id)") == [
        f"L{n}" for n in range(1, 201)
    ]
    assert resumed == ["0", "40", "80", "120", "160", "200"]


def test_every_load_connects_its_stream(desk: Desk) -> None:
    desk.answers["/stream"] = lambda route: route.fulfill(
        body=events((1, batch(1, 1))) + "event: end\ndata: done\n\n", content_type="text/event-stream"
    )
    for _ in range(20):
        page = desk.show(LOG.format(lines="", stream=STREAM.format(n=0)), head=LOG_SCRIPT)
        page.locator("#L1").wait_for()


def test_stream_that_fails_twice_gives_way_to_polling(desk: Desk) -> None:
    tries: list[int] = []
    polls: list[int] = []

    def stream(route: Route) -> None:
        tries.append(1)
        if len(tries) == 1:
            return route.fulfill(body=events((5, batch(1, 5))), content_type="text/event-stream")
        return route.fulfill(status=503)

    def poll(route: Route) -> None:
        polls.append(1)
        if len(polls) == 1:
            return route.fulfill(status=503)
        lines = f'<hx-partial hx-target="#log" hx-swap="beforeend">{batch(6, 5)}</hx-partial>'
        return route.fulfill(body=lines, content_type="text/html")

    desk.answers |= {"/stream": stream, "/poll": poll}
    desk.page.clock.install()
    page = desk.show(LOG.format(lines="", stream=STREAM.format(n=0)), head=LOG_SCRIPT)
    expect(page.locator("[data-log-lost]")).to_be_visible()
    expect(page.locator("[data-log-retry]")).to_have_text(re.compile(r"^retry in \d s$"))
    assert page.locator("[data-log-line]").inner_text() == "5"
    while not polls:
        page.wait_for_timeout(20)
    page.clock.fast_forward(5_000)  # after this long a poll that failed asks again
    page.locator("#L10").wait_for()
    expect(page.locator("[data-log-lost]")).to_be_hidden()
    assert desk.asked.count(("GET", "/poll?after=5")) == 2
    assert page.locator("#log li").count() == 10
    assert len(tries) == 3
    desk.troubles = [trouble for trouble in desk.troubles if "503" not in trouble]


def test_what_polls_rests_while_the_tab_is_hidden_and_leaves_the_focus_alone(desk: Desk) -> None:
    desk.answers["/part"] = '<h2 data-focus tabindex="-1">News</h2>'
    page = desk.show(
        '<div hx-get="/part" hx-trigger="every 100ms, poll" data-poll id="part"></div><input id="field">',
    )
    page.locator("#field").focus()
    page.get_by_role("heading", name="News").wait_for()
    assert focused(page) == "field"
    hide = "is => { Object.defineProperty(document, 'hidden', {get: () => is, configurable: true}); }"
    page.evaluate(hide, True)
    tried = "new Promise(done => document.getElementById('part').addEventListener('htmx:finally:request', done))"
    page.evaluate(tried)  # one that was under way, perhaps
    page.evaluate(tried)
    page.evaluate("document.getElementById('part').replaceChildren()")
    page.evaluate(tried)
    assert page.get_by_role("heading").count() == 0
    page.evaluate(hide, False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("heading", name="News").wait_for()
