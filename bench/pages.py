"""Pages over many rows: server time, SQL queries and bytes of each, and what a browser loads.

python -m bench.pages [--results 1000000] [--schedules 100000] [--requests 10000] [--plans] [--without-browser]

Uses SQLite, or a database of its own beside the one that FOUREYES_DATABASE_URL names.
"""

import argparse
import gzip
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures import Figure, machine, percentile, table
from bench.schedules import Fill, installation
from bench.server import running

RESULTS, SCHEDULES, REQUESTS = 1_000_000, 100_000, 10_000
JOBS, PEOPLE, OPEN = 40, 20, 60
AT_ONCE = 10_000
TIMES = 25
ENDS = [("completed", "")] * 17 + [("failed", "job_failed"), ("errored", "exception"), ("errored", "hard_limit")]
LISTS = {
    "Overview": "/",
    "Jobs": "/jobs/",
    "Approval queue": "/jobs/approvals/",
    "Approval queue, decided": "/jobs/approvals/?show=decided",
    "Scheduled Jobs": "/jobs/scheduled/",
    "Scheduled Jobs, next first": "/jobs/scheduled/?sort=next",
    "Scheduled Jobs, by name": "/jobs/scheduled/?q=schedule+99",
    "Scheduled Jobs, paused": "/jobs/scheduled/?state=paused",
    "Job Results": "/jobs/results/",
    "Job Results, failed": "/jobs/results/?state=failed",
    "Job Results, of a person": "/jobs/results/?user=person-3",
    "Calendar": "/plan/calendar/",
    "Timeline": "/plan/timeline/",
    "Audit Log": "/govern/audit/",
    "Users": "/admin/users/",
    "Workers": "/admin/workers/",
    "Search": "/search/?q=person",
}
BROWSED = ("Overview", "Jobs", "Approval queue", "Scheduled Jobs", "Job Results")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"


class Rows:
    """Fills the tables: runs, schedules, requests, of many jobs and people."""

    def __init__(self) -> None:
        from foureyes.models import Job
        from foureyes.users.models import User

        self.fill = Fill()
        self.now = datetime.now(UTC)
        first = self.fill.job
        for number in range(1, JOBS):
            gated = number % 4 == 0
            copy = {field.attname: getattr(first, field.attname) for field in Job._meta.concrete_fields}
            copy |= {"id": None, "job_class_name": f"Noop{number}", "name": f"No operation {number}"}
            copy |= {"slug": f"{first.slug}-{number}", "approval_required": gated, "gated": gated}
            del copy["id"]
            Job.objects.create(**copy | {"grouping": f"Group {number % 8}", "enabled": True})
        self.jobs = list(Job.objects.order_by("name"))
        self.people = [
            User.objects.create(username=f"person-{number}", first_name="Person", last_name=str(number))
            for number in range(PEOPLE)
        ]

    def schedules(self, count: int) -> None:
        for job in self.jobs:
            self.fill.job = job
            self.fill.many(count // len(self.jobs))

    def results(self, count: int) -> None:
        """The newest a second old, each a quarter of a minute older than the next."""
        from foureyes.models import JobResult

        draw = random.Random(1)
        summary = {"levels": {"info": 12}, "first_failure": None, "steps": []}
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            created = [self.now - timedelta(seconds=1 + 15 * (count - number)) for number in numbers]
            jobs = [draw.choice(self.jobs) for _ in numbers]
            people = [draw.choice(self.people) for _ in numbers]
            ends = [draw.choice(ENDS) for _ in numbers]
            self._insert(
                JobResult,
                {
                    "created": created,
                    "available_at": created,
                    "started_at": created,
                    "completed": [at + timedelta(seconds=3) for at in created],
                    "job_model": [job.pk for job in jobs],
                    "name": [job.class_path for job in jobs],
                    "user": [person.pk for person in people],
                    "user_name": [person.username for person in people],
                    "status": [status for status, _ in ends],
                    "cause": [cause for _, cause in ends],
                },
                JobResult(
                    queue="default",
                    soft_limit_seconds=300,
                    time_limit_seconds=600,
                    bundle_id=self.fill.job.bundle_id,
                    log_count=12,
                    log_summary=summary,
                    job_kwargs={"data": {}, "commit": True, "task_queue": None},
                ),
            )

    def requests(self, count: int) -> None:
        """Some that are open, by the operation, and a history of decided ones like them."""
        from foureyes.models import ApprovalRequest, RequestParty
        from foureyes.submission.submit import submit

        gated = [job for job in self.jobs if job.gated]
        for number in range(OPEN):
            asked = submit(
                job=gated[number % len(gated)], by=self.fill.user, data={}, files={}, reason="Because", now=self.now
            )
        like = asked.request
        last = like.number
        created = [self.now - timedelta(minutes=number) for number in range(count)]
        self._insert(
            ApprovalRequest,
            {
                "number": [last + 1 + number for number in range(count)],
                "state": ["denied" if number % 5 == 0 else "granted" for number in range(count)],
                "job": [gated[number % len(gated)].pk for number in range(count)],
                "created": created,
                "decided_at": [at + timedelta(seconds=30) for at in created],
            },
            ApprovalRequest(
                kind=like.kind,
                bundle=like.bundle,
                snapshot=like.snapshot,
                digest=like.digest,
                rule=like.rule,
                reason="Because",
            ),
        )
        made = list(ApprovalRequest.objects.filter(number__gt=last).values_list("pk", "created"))
        asker, decider = self.people[:2]
        for person, part in ((asker, {"part": "contributor", "roles": ["requester"]}), (decider, {"part": "decider"})):
            verdict = "approve" if part["part"] == "decider" else ""
            self._insert(
                RequestParty,
                {"request": [pk for pk, _ in made], "at": [at for _, at in made]},
                RequestParty(person_id=person.pk, person_name=person.username, verdict=verdict, **part),
            )

    def _insert(self, model: type[Any], columns: dict[str, Any], like: Any) -> None:
        from django.db import transaction

        from foureyes.models.bulk import insert_rows
        from foureyes.users.ids import uuid7

        columns = {"id": [uuid7() for _ in next(iter(columns.values()))], **columns}
        same = {
            field.name: getattr(like, field.attname)
            for field in model._meta.concrete_fields
            if field.name not in columns and not field.generated
        }
        with transaction.atomic():
            insert_rows(model, columns, same=same)


def analyse() -> None:
    """What an installation's own upkeep does, so that the database plans as it does there."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pages() -> dict[str, str]:
    """The lists, and one page of each kind of row."""
    from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob

    job = Job.objects.filter(gated=True).order_by("name").first()
    return LISTS | {
        "Job Results, of a job": f"/jobs/results/?job={job.slug}",
        "Job": f"/jobs/{job.slug}/",
        "Run form": f"/jobs/{job.slug}/run/",
        "Run": f"/jobs/results/{JobResult.objects.newest_first()[0].pk}/",
        "Schedule": f"/jobs/scheduled/{ScheduledJob.objects.filter(interval='custom').latest('pk').pk}/",
        "Review": f"/jobs/approvals/{ApprovalRequest.objects.filter(state='open').latest('number').pk}/",
    }


def signed_in() -> Any:
    from django.test import Client

    from foureyes.users.models import User

    client = Client()
    client.force_login(User.objects.get(username="admin"))
    return client


def served(names: dict[str, str], *, plans: bool = False) -> Iterator[Figure]:
    """Server time, queries and bytes of each page, in this process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in()
    for name, path in names.items():
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {path} answered {answer.status_code}")
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        statements = [query["sql"] for query in seen.captured_queries]
        if plans:
            explain(name, statements)
        began = time.process_time()
        times = [_milliseconds(lambda: client.get(path)) for _ in range(TIMES)]  # noqa: B023 - called at once
        processor = (time.process_time() - began) / TIMES * 1000
        small = len(gzip.compress(answer.content, 6)) / 1000
        yield Figure(name=f"{name}, p50", value=percentile(times, 0.5), unit="ms", at_most=40)
        yield Figure(name=f"{name}, p95", value=percentile(times, 0.95), unit="ms", at_most=100)
        yield Figure(name=f"{name}, processor time", value=processor, unit="ms")
        yield Figure(name=f"{name}, SQL queries", value=len(statements), unit="", at_most=15)
        yield Figure(name=f"{name}, HTML, gzip", value=small, unit="kB", at_most=15)


def explain(name: str, statements: list[str]) -> None:
    """Print what each slow query of a page asks for, and how SQLite goes about it."""
    from django.db import connection

    for statement in statements:
        if not statement.startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            took = _milliseconds(lambda: cursor.execute(statement).fetchall())  # noqa: B023 - called at once
            if took < 5:
                continue
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        print(
            f"\n{name}: {took:.0f} ms\n{statement[:1500]}\n" + "\n".join(f"  {row[-1]}" for row in plan),
            file=sys.stderr,
        )


def _milliseconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def browsed(folder: Path, names: dict[str, str]) -> Iterator[Figure]:
    """Requests and bytes of a first and of a second look, in Chromium."""
    from playwright.sync_api import sync_playwright

    cookie = signed_in().cookies["sessionid"].value
    path_of_browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if path_of_browser is None:
        return
    with running(data_dir=folder) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_browser, args=FLAGS.split())
        for name in BROWSED:
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
            page = context.new_page()
            for look in ("cold", "warm"):
                requests, kilobytes = _look(context, page, server.url + names[name])
                cold = look == "cold"
                limits = (10, 100) if cold else (None, 15)
                yield Figure(name=f"{name}, {look}, requests", value=requests, unit="", at_most=limits[0])
                yield Figure(name=f"{name}, {look}, bytes", value=kilobytes, unit="kB", at_most=limits[1])
            context.close()
        browser.close()


def _look(context: Any, page: Any, url: str) -> tuple[int, float]:
    """Open the page; what came over the wire until it was loaded."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    cached: set[str] = set()
    sizes: dict[str, float] = {}
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(url, wait_until="load")
    page.wait_for_load_state("networkidle")
    session.detach()
    loaded = [size for key, size in sizes.items() if key not in cached and size]
    return len(loaded), sum(loaded) / 1000


def measure(
    *,
    results: int = RESULTS,
    schedules: int = SCHEDULES,
    requests: int = REQUESTS,
    plans: bool = False,
    with_browser: bool = True,
) -> list[Figure]:
    with installation() as folder:
        rows = Rows()
        rows.requests(requests)
        rows.schedules(schedules)
        rows.results(results)
        analyse()
        names = pages()
        figures = list(served(names, plans=plans))
        if with_browser:
            figures += browsed(folder, names)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Pages over many rows.")
    parser.add_argument("--results", type=int, default=RESULTS)
    parser.add_argument("--schedules", type=int, default=SCHEDULES)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--plans", action="store_true", help="tell how SQLite answers queries of 5 ms and more")
    parser.add_argument("--without-browser", action="store_true")
    asked = parser.parse_args()
    print(machine())
    found = measure(
        results=asked.results,
        schedules=asked.schedules,
        requests=asked.requests,
        plans=asked.plans,
        with_browser=not asked.without_browser,
    )
    print(table(f"Pages over {asked.results:,} results, {asked.schedules:,} schedules", found))
