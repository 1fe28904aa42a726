"""Pictures of every page with sample data, in both themes and widths.

python -m tools.shots [folder] [--only part-of-a-name] [--themes light] [--widths wide]
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from tools.shots.installation import ADMINISTRATOR, PASSWORD, installation

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
WIDTHS = {"wide": (1440, 1000), "narrow": (390, 844)}
THEMES = ("light", "dark")
PATIENCE = 120_000  # milliseconds
PAGES = {
    "overview": "/",
    "jobs": "/jobs/",
    "job": "/jobs/local-network-rotateedgecertificates/",
    "job-edit": "/jobs/local-network-rotateedgecertificates/edit/",
    "run-form": "/jobs/local-databases-vacuum/run/",
    "run-form-gated": "/jobs/local-network-rotateedgecertificates/run/",
    "run-form-sensitive": "/jobs/local-identity-resetpassword/run/",
    "approvals": "/jobs/approvals/",
    "approvals-decided": "/jobs/approvals/?show=decided",
    "approvals-nothing": "/jobs/approvals/?risk=high&requester=nobody",
    "schedules": "/jobs/scheduled/",
    "results": "/jobs/results/",
    "results-failed": "/jobs/results/?status=failed",
    "calendar": "/plan/calendar/",
    "agenda": "/plan/calendar/?view=agenda",
    "subscribe": "/plan/calendar/subscribe/",
    "timeline": "/plan/timeline/",
    "timeline-table": "/plan/timeline/?as=table",
    "audit": "/govern/audit/",
    "account": "/account/",
    "tokens": "/account/tokens/",
    "users": "/admin/users/",
    "user-new": "/admin/users/new/",
    "groups": "/admin/groups/",
    "permissions": "/admin/permissions/",
    "permission-new": "/admin/permissions/new/",
    "can": "/admin/can/",
    "can-answer": "/admin/can/?user=jonas&action=approve&job=local-network-rotateedgecertificates",
    "workers": "/admin/workers/",
    "settings": "/admin/settings/",
    "search": "/search/?q=edge",
    "help": "/help/",
    "components": "/help/components/",
    "nothing": "/no/such/page/",
}


def shoot(
    browser: Browser, url: str, pages: dict[str, str], folder: Path, themes: list[str], widths: list[str]
) -> None:
    """One picture of each page in each theme and width; page errors and answers of 500 are told."""
    state = _signed_in(browser, url)
    for theme in themes:
        for width in widths:
            w, h = WIDTHS[width]
            context = browser.new_context(
                base_url=url,
                viewport={"width": w, "height": h},
                storage_state=state,
                timezone_id="Europe/Berlin",
                locale="en-GB",
                reduced_motion="reduce",
            )
            context.set_default_timeout(PATIENCE)
            context.add_cookies([{"name": "theme", "value": theme, "url": url}])
            page = context.new_page()
            page.on("console", lambda message: print("console:", message.text) if message.type == "error" else None)
            for name, path in pages.items():
                answer = page.goto(path)
                if answer is None or (answer.status >= 400) != (name == "nothing"):
                    print(f"{name}: {answer and answer.status} {path}")
                page.evaluate("document.fonts.ready")
                page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=width == "narrow")
                wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if wider > 0:
                    print(f"{name}, {width}: {wider} pixels wider than the window")
            context.close()


def _signed_in(browser: Browser, url: str) -> object:
    context = browser.new_context(base_url=url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/account/sign-in/?next=/help/components/")
    page.get_by_label("User name").fill(ADMINISTRATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Components").wait_for()
    state = context.storage_state()
    context.close()
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of every page with sample data.")
    parser.add_argument("folder", nargs="?", default="build/shots", type=Path)
    parser.add_argument("--only", nargs="*", default=[""], help="pages whose name contains one of these")
    parser.add_argument("--themes", nargs="*", default=THEMES, choices=THEMES)
    parser.add_argument("--widths", nargs="*", default=list(WIDTHS), choices=list(WIDTHS))
    asked = parser.parse_args()
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        raise SystemExit("Chromium is not installed (Debian package `chromium`).")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with installation() as where:
        from tools.shots.sample import Sample  # after the settings

        sample = Sample(where)
        sample.make()
        named = PAGES | sample.paths
        pages = {name: path for name, path in named.items() if any(part in name for part in asked.only)}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS.split())
            shoot(browser, where.url, pages, asked.folder, list(asked.themes), list(asked.widths))
            browser.close()
    print(f"{len(pages) * len(asked.themes) * len(asked.widths)} pictures in {asked.folder}")


if __name__ == "__main__":
    main()
