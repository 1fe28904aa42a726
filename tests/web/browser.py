"""Chromium as a person uses it. A console error, page error, policy violation or failed request fails the test."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.serving import PASSWORD

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
WIDE, NARROW = (1440, 1000), (390, 844)
PATIENCE = 60_000  # milliseconds


def executable() -> str | None:
    """Debian's Chromium, found by name."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS.split())
        yield browser
        browser.close()


class People:
    """Opens pages as members of the cast; who has signed in once stays signed in for the session."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.states: dict[str, Any] = {}
        self.contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def page(
        self,
        person: str = "",
        *,
        theme: str = "light",
        size: tuple[int, int] = WIDE,
        js: bool = True,
        zone: str = "Europe/Berlin",
        forgive: Callable[[str], bool] = lambda trouble: False,
    ) -> Page:
        """A new page in a context of its own. `forgive` says which troubles the test provokes on purpose."""
        if person and person not in self.states:
            self.states[person] = self._sign_in(person)
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=js,
            storage_state=self.states.get(person),
            timezone_id=zone,
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "theme", "value": theme, "url": self.url}])
        self.contexts.append(context)
        page = context.new_page()
        self._watch(page, forgive)
        return page

    def _sign_in(self, person: str) -> Any:
        context = self.browser.new_context(base_url=self.url)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/account/sign-in/?next=/help/components/")
        page.get_by_label("User name").fill(person)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Components").wait_for()
        state = context.storage_state()
        context.close()
        return state

    def _watch(self, page: Page, forgive: Callable[[str], bool]) -> None:
        def note(trouble: str) -> None:
            if not forgive(trouble):
                self.troubles.append(trouble)

        page.on("console", lambda message: note(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: note(f"page: {error}"))
        page.on("response", lambda answer: note(f"{answer.status} {answer.url}") if answer.status >= 500 else None)

    def leave(self) -> None:
        """Close what the test opened, and fail for every trouble seen."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        troubles, self.troubles = self.troubles, []
        assert not troubles, "\n".join(troubles)


def blemishes(page: Page) -> list[str]:
    """What is wrong with the page as it is, in both themes and both widths, which change without loading it again.

    In the second theme only colours differ, so that only the rules about colours are tried again.
    """
    found = []
    for width, height in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": height})
        for theme, colours_only in (("dark", False), ("light", True)):
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            found += [
                f"{theme}, {width} pixels wide: {one}" for one in findings(page, COLOUR_RULES if colours_only else None)
            ]
        if overflow(page) > 0:
            found.append(f"{overflow(page)} pixels wider than a window of {width}")
    return found


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page as it is now, by all rules or by some, and icons that the sprite lacks.

    Evaluated beside the page's own policy.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    result = page.evaluate(f"axe.run(document, {json.dumps({'runOnly': only, 'resultTypes': ['violations']})})")
    return [f"icon: {address} draws nothing" for address in _empty_icons(page)] + [
        f"{found['id']}: {found['help']}: " + "; ".join(node["html"][:160] for node in found["nodes"][:3])
        for found in result["violations"]
    ]


def _empty_icons(page: Page) -> list[str]:
    drawn = "(box => box.width + box.height)(use.getBBox())"
    uses = "[...document.querySelectorAll('svg use')].filter(use => use.checkVisibility())"
    return list(page.evaluate(f"{uses}.filter(use => !{drawn}).map(use => use.getAttribute('href'))"))


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
