"""The page of a run that logs many lines at once: how long one task keeps Chromium's main thread.

python -m bench.live_log [--lines 50000]

The browser's own count of tasks over 50 ms tells how long the longest took; on a busy machine that is mostly waiting,
so the processor time of the longest stands beside it.
"""

import argparse
import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

from bench.figures import Figure, machine, table
from bench.server import Server, running

LINES = 50_000
LONGEST_MS = 200
WAIT_SECONDS = 8  # before the first line, so that the page is open by then
PATIENCE_SECONDS = 300
PASSWORD = "bench-7-quiet-lamps"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
WATCH = """
globalThis.tasks = [];
new PerformanceObserver((seen) => {
  for (const task of seen.getEntries()) tasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
"""
TASKS = "disabled-by-default-devtools.timeline"  # tasks of other categories are cut where they take long
LAST = "Number(document.querySelector('#log > ol:last-of-type > li:last-child')?.id.slice(1) ?? 0)"
KEPT = "document.querySelectorAll('#log li').length"


def measure(lines: int = LINES) -> list[Figure]:
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        return []
    from playwright.sync_api import sync_playwright

    with running() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS.split())
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        _sign_in(context, server)
        page = context.new_page()
        page.add_init_script(WATCH)
        figures = _followed(page, server, lines)
        browser.close()
    return figures


def _sign_in(context: Any, server: Server) -> None:
    admin = server.get("/api/users/users/", username="admin")["results"][0]["id"]
    address = f"{server.url}/api/users/users/{admin}/"
    server.session.patch(address, json={"password": PASSWORD}, timeout=60).raise_for_status()
    page = context.new_page()
    page.goto(f"{server.url}/account/sign-in/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.close()


def _followed(page: Any, server: Server, lines: int) -> list[Figure]:
    job = server.enabled_job("Talk")
    body = {"data": {"lines": lines, "wait": WAIT_SECONDS}}
    run = server.post(f"/api/extras/jobs/{job['id']}/run/", body)["job_result"]["id"]
    page.goto(f"{server.url}/jobs/results/{run}/", wait_until="load")
    if page.evaluate(LAST):
        raise SystemExit("the run had begun to talk before its page was open")
    page.evaluate("tasks.length = 0")
    with _processor_times(page) as spent:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while page.evaluate(LAST) < lines:
            if time.monotonic() > deadline:
                raise SystemExit(f"{page.evaluate(LAST)} of {lines} lines within {PATIENCE_SECONDS} seconds")
            page.wait_for_timeout(250)
        page.wait_for_timeout(1000)
        tasks = page.evaluate("tasks") or [0]
    return [
        Figure(name=f"{lines:,} lines at once, longest task", value=max(tasks), unit="ms", at_most=LONGEST_MS),
        Figure(name="longest task, processor time", value=max(spent) / 1000, unit="ms", at_most=LONGEST_MS),
        Figure(name="all tasks, processor time", value=sum(spent) / 1e6, unit="s"),
        Figure(name="lines in the page", value=page.evaluate(KEPT), unit=""),
    ]


@contextlib.contextmanager
def _processor_times(page: Any) -> Iterator[list[int]]:
    """Of each task of the page's main thread, in microseconds; there are none before the end."""
    session = page.context.new_cdp_session(page)
    seen: list[dict[str, Any]] = []
    ended: list[bool] = []
    session.on("Tracing.dataCollected", lambda told: seen.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.append(True))
    session.send("Tracing.start", {"categories": TASKS, "transferMode": "ReportEvents"})
    times: list[int] = []
    yield times
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    names = [event for event in seen if event["name"] == "thread_name"]
    main = {(event["pid"], event["tid"]) for event in names if event["args"]["name"] == "CrRendererMain"}
    tasks = [event for event in seen if event["name"] == "RunTask" and (event["pid"], event["tid"]) in main]
    times += [event.get("tdur", 0) for event in tasks]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The page of a run that logs much at once.")
    parser.add_argument("--lines", type=int, default=LINES)
    asked = parser.parse_args()
    print(machine())
    print(table("Live log", measure(asked.lines)))
