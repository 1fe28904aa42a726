"""Pages over many rows: server time, SQL queries and bytes of each, and what a browser loads.

python -m bench.pages [--data FOLDER] [--only NAME] [--results N] [--schedules N] [--requests N] [--plans]
    [--without-browser]

Uses SQLite, or a database of its own beside the one that FOUREYES_DATABASE_URL names. With `--data` the rows stay, to
be measured again on the same day.
"""

import argparse
import gc
import gzip
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.copies import copies, instant, key, one_of, seconds
from bench.figures import Figure, machine, percentile, table
from bench.schedules import ZONES, installation, settle
from bench.server import running

RESULTS, SCHEDULES, REQUESTS = 1_000_000, 100_000, 10_000
JOBS, PEOPLE, OPEN = 40, 20, 60
AT_ONCE = 50  # schedules on the first page of the list
TIMES = 25
STATES = (9780, 200, 19, 1)  # active, finished, paused, errored schedules of ten thousand
PLANS = (  # minutes from one instant to the next, and a crontab
    (15, "{quarter} * * * *"),
    (60, "{wall.minute} * * * *"),
    (24 * 60, "{wall.minute} {wall.hour} * * *"),
    (7 * 24 * 60, "{wall.minute} {wall.hour} * * {weekday}"),
    (28 * 24 * 60, "{wall.minute} {wall.hour} {day} * *"),
)
SHARES = (2, 20, 300, 1000, 8678)  # of ten thousand schedules
ENDS = [("completed", "")] * 17 + [("failed", "job_failed"), ("errored", "exception"), ("errored", "hard_limit")]
LISTS = {
    "Overview": "/",
    "Jobs": "/jobs/",
    "Approval queue": "/jobs/approvals/",
    "Approval queue, decided": "/jobs/approvals/?show=decided",
    "Scheduled Jobs": "/jobs/scheduled/",
    "Scheduled Jobs, next first": "/jobs/scheduled/?sort=next",
    "Scheduled Jobs, by name": "/jobs/scheduled/?q=schedule+99",
    "Scheduled Jobs, waiting": "/jobs/scheduled/?state=waiting",
    "Scheduled Jobs, paused": "/jobs/scheduled/?state=paused",
    "Scheduled Jobs, errored": "/jobs/scheduled/?state=errored",
    "Scheduled Jobs, without owner": "/jobs/scheduled/?state=alone",
    "Scheduled Jobs, ended": "/jobs/scheduled/?state=ended",
    "Job Results": "/jobs/results/",
    "Job Results, running": "/jobs/results/?state=running",
    "Job Results, failed": "/jobs/results/?state=failed",
    "Job Results, worker lost": "/jobs/results/?state=lost",
    "Job Results, dry runs": "/jobs/results/?kind=dry",
    "Job Results, of a person": "/jobs/results/?person=person-3",
    "Calendar": "/plan/calendar/",
    "Timeline": "/plan/timeline/",
    "Audit Log": "/govern/audit/",
    "Audit Log, of a person": "/govern/audit/?actor=person-3",
    "Audit Log, approvals": "/govern/audit/?about=approval",
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

        self.user = User.objects.get(username="admin")
        self.now = datetime.now(UTC)
        Job.objects.update(enabled=True)
        first = Job.objects.get(job_class_name="Noop")
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
        """Most of them monthly, some weekly, daily, hourly, a few of the minute; the first is due in an hour."""
        from foureyes.models import ScheduledJob

        states = ScheduledJob.State
        kinds = (states.ACTIVE, states.FINISHED, states.PAUSED, states.ERRORED)
        draw = random.Random(1)
        begin = (self.now + timedelta(hours=1)).replace(second=0, microsecond=0)
        zones = [draw.choice(ZONES) for _ in range(count)]
        texts, whens = zip(*(_plan(draw, begin, zone) for zone in zones), strict=True)
        drawn = draw.choices(kinds, STATES, k=count)
        jobs, people = draw.choices(self.jobs, k=count), draw.choices(self.people, k=count)
        self._insert(
            ScheduledJob,
            {
                "name": [f"schedule {draw.randrange(10**9)}" for _ in zones],
                "job_model": [job.pk for job in jobs],
                "job_class": [job.class_path for job in jobs],
                "user": [person.pk for person in people],
                "user_name": [person.username for person in people],
                "state": drawn,
                "crontab": texts,
                "time_zone": zones,
                "next_run_at": [
                    when if state in (states.ACTIVE, states.PAUSED) else None
                    for state, when in zip(drawn, whens, strict=True)
                ],
            },
            ScheduledJob(
                interval=ScheduledJob.Interval.CUSTOM,
                start_time=self.now - timedelta(days=99),
                decided_until=self.now,
                created=self.now,
                date_changed=self.now,
            ),
        )

    def results(self, count: int) -> None:
        """The newest a second old, each a quarter of a minute older than the next; some of the newest schedules."""
        from foureyes.models import JobResult, ScheduledJob

        newest = list(ScheduledJob.objects.order_by("-pk").values_list("pk", flat=True)[:AT_ONCE])
        first = JobResult.objects.create(
            job_model=self.jobs[0],
            bundle_id=self.jobs[0].bundle_id,
            queue="default",
            created=self.now - timedelta(seconds=15 * (count + 1)),
            available_at=self.now,
            completed=self.now,
            status="completed",
            soft_limit_seconds=300,
            time_limit_seconds=600,
            log_count=12,
            log_summary={"levels": {"info": 12}, "first_failure": None, "steps": []},
            job_kwargs={"data": {}, "commit": True, "task_queue": None},
        )
        begun = f"{seconds(self.now) - 1} - 15 * ({count} - n)"
        copies(
            first,
            count,
            id=key(begun),
            created=instant(begun),
            available_at=instant(begun),
            started_at=instant(begun),
            completed=instant(f"{begun} + 3"),
            job_model=one_of([job.pk for job in self.jobs], draw=1),
            name=one_of([job.class_path for job in self.jobs], draw=1),
            user=one_of([person.pk for person in self.people], draw=2),
            user_name=one_of([person.username for person in self.people], draw=2),
            schedule=one_of([*newest, *([None] * len(newest))], draw=3),
            status=one_of([status for status, _ in ENDS], draw=4),
            cause=one_of([cause for _, cause in ENDS], draw=4),
        )

    def events(self, count: int) -> None:
        """What the runs told, sealed."""
        from foureyes.models import Event, JobResult

        last = Event.objects.filter(sequence__isnull=False).order_by("-sequence").first()
        place = (last.sequence if last else 0) + 1
        run = JobResult._meta.label_lower
        first = Event(kind="run.completed", at=self.now, subject_type=run, subject_id="0", action="", sequence=place)
        first.save()
        began = f"{seconds(self.now) - 1} - 15 * ({count} - n)"
        name = one_of([person.username for person in self.people], draw=2)
        copies(
            first,
            count,
            id=key(began),
            at=instant(began),
            actor_name=name,
            subject_id="CAST(n AS varchar)",
            sequence=f"{place} + 1 + n",
            kind=one_of(["run.completed", "run.completed", "run.created", "run.failed"], draw=4),
        )

    def requests(self, count: int) -> None:
        """Some that are open, by the operation, and a history of decided ones like them."""
        from foureyes.models import ApprovalRequest, Grant, RequestParty, ScheduledJob
        from foureyes.submission.submit import submit

        carriers = ScheduledJob.objects.filter(state__in=["active", "finished"]).order_by("pk")
        keys = list(carriers.values_list("pk", flat=True)[:count])

        gated = [job for job in self.jobs if job.gated]
        for number in range(OPEN):
            asked = submit(
                job=gated[number % len(gated)], by=self.user, data={}, files={}, reason="Because", now=self.now
            )
        like = asked.request
        last = like.number
        created = [self.now - timedelta(minutes=number) for number in range(count)]
        states = ["denied" if number % 5 == 0 else "granted" for number in range(count)]
        self._insert(
            ApprovalRequest,
            {
                "number": [last + 1 + number for number in range(count)],
                "state": states,
                "scheduled_job": [keys[number % len(keys)] for number in range(count)],
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
        rows = ApprovalRequest.objects.filter(number__gt=last)
        made = list(rows.values_list("pk", "created"))
        granted = list(rows.filter(state="granted").values_list("pk", "created"))
        asker, decider = self.people[:2]
        for person, part in ((asker, {"part": "contributor", "roles": ["requester"]}), (decider, {"part": "decider"})):
            verdict = "approve" if part["part"] == "decider" else ""
            self._insert(
                RequestParty,
                {"request": [pk for pk, _ in made], "at": [at for _, at in made]},
                RequestParty(person_id=person.pk, person_name=person.username, verdict=verdict, **part),
            )
        self._insert(
            Grant,
            {"request": [pk for pk, _ in granted], "granted_at": [at for _, at in granted]},
            Grant(scope="run", digest=like.digest, uses_left=0),
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


def _plan(draw: random.Random, begin: datetime, zone: str) -> tuple[str, datetime]:
    """A crontab and its next instant."""
    (period, text) = draw.choices(PLANS, SHARES)[0]
    when = begin + timedelta(minutes=draw.randrange(period))
    wall = when.astimezone(ZoneInfo(zone))
    quarter = f"{wall.minute % 15}-59/15"
    return text.format(wall=wall, quarter=quarter, weekday=wall.isoweekday(), day=min(wall.day, 28)), when


def fill(folder: Path, *, results: int, schedules: int, requests: int) -> None:
    """Fill a new installation; or find that it was filled with as many before."""
    from django.db import connection

    wanted = {"results": results, "schedules": schedules, "requests": requests}
    note = folder / f"filled-{connection.vendor}.json"
    if note.exists():
        if (found := json.loads(note.read_text())) != wanted:
            raise SystemExit(f"{folder} holds {found}. Name another folder, or delete it and its database.")
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -1000000")
    began = time.perf_counter()
    rows = Rows()
    rows.schedules(schedules)
    rows.requests(requests)
    rows.results(results)
    rows.events(results)
    settle()
    analyse()
    note.write_text(json.dumps(wanted))
    print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)


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
        "Job Results, of a job": f"/jobs/results/?job={job.pk}",
        "Scheduled Jobs, of a job": f"/jobs/scheduled/?job={job.pk}",
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
    from django.urls import get_resolver

    client = signed_in()
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()  # as in the server, whose processes are forked with all views loaded
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
    """Print what each slow query of a page asks for, and how the database goes about it."""
    from django.db import connection

    for statement in statements:
        if not statement.startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            took = _milliseconds(lambda: (cursor.execute(statement), cursor.fetchall()))  # noqa: B023 - called at once
            if took < 5:
                continue
            how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, COSTS OFF)"
            cursor.execute(f"{how} {statement}")
            plan = cursor.fetchall()
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
        for name in (name for name in BROWSED if name in names):
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
    data: Path | None = None,
    plans: bool = False,
    with_browser: bool = True,
    only: str = "",
) -> list[Figure]:
    with installation(data) as folder:
        fill(folder, results=results, schedules=schedules, requests=requests)
        names = {name: path for name, path in pages().items() if only.lower() in name.lower()}
        figures = list(served(names, plans=plans))
        if with_browser:
            figures += browsed(folder, names)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Pages over many rows.")
    parser.add_argument("--results", type=int, default=RESULTS)
    parser.add_argument("--schedules", type=int, default=SCHEDULES)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--data", type=Path, help="fill this folder and keep it, or measure what was filled there")
    parser.add_argument("--only", default="", help="pages with this in their name")
    parser.add_argument("--plans", action="store_true", help="tell how the database answers queries of 5 ms and more")
    parser.add_argument("--without-browser", action="store_true")
    asked = parser.parse_args()
    print(machine())
    found = measure(
        results=asked.results,
        schedules=asked.schedules,
        requests=asked.requests,
        data=asked.data,
        plans=asked.plans,
        with_browser=not asked.without_browser,
        only=asked.only,
    )
    kind = "PostgreSQL" if os.environ.get("FOUREYES_DATABASE_URL") else "SQLite"
    print(table(f"Pages over {asked.results:,} results, {asked.schedules:,} schedules, {kind}", found))
