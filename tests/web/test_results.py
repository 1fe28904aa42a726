"""Job Results: the list, its filters, and the page of a run in each of its states."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.api.own.conftest import _streams_end  # noqa: F401 - a fixture
from tests.web.cast import html, run_of, text

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import Job, JobLogEntry, JobResult, OutputFile, RunChange, Worker
from foureyes.runs.workers import register
from foureyes.users.ids import uuid7
from foureyes.users.models import ObjectPermission, User
from foureyes.web.results.stream import _events

PagesOf = Callable[[User], Client]
Status, Cause, Level = JobResult.Status, JobResult.Cause, JobLogEntry.Level


@pytest.fixture
def job(db: None, now: datetime) -> Job:
    return Job.objects.create(
        source="local", module_name="ops", job_class_name="Purge", slug="local-ops-purge", grouping="Ops",
        name="Purge", enabled=True, has_sensitive_variables=False, created=now.date(), last_updated=now,
        variables=[{"name": "folder", "kind": "string", "label": "Folder"}],
    )  # fmt: skip


@pytest.fixture
def viewer(alice: User) -> User:
    seen = ObjectPermission.objects.create(name="see runs", actions=["view"])
    seen.object_types.set(ContentType.objects.filter(app_label="extras", model__in=["jobresult", "job"]))
    seen.users.add(alice)
    return alice


def test_runs_are_listed_with_state_and_job(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run_of(job, viewer, now)
    run_of(job, viewer, now, status=Status.FAILED, cause=Cause.JOB_FAILED, log_summary={"levels": {"failure": 2}})
    page = html(pages_of(viewer), "/jobs/results/")
    assert "Succeeded" in page
    assert "2 errors" in page
    assert ">Purge</a>" in page


def test_who_may_not_view_runs_finds_none(pages_of: PagesOf, dave: User, alice: User, job: Job, now: datetime) -> None:
    run = run_of(job, alice, now)
    client = pages_of(dave)
    assert "No runs yet" in html(client, "/jobs/results/")
    assert client.get(f"/jobs/results/{run.pk}/").status_code == 404
    assert client.get(f"/jobs/results/{run.pk}/log.txt").status_code == 404


@pytest.mark.parametrize(
    ("state", "columns"),
    [
        ("queued", {"status": Status.PENDING, "started_at": None}),
        ("failed", {"status": Status.ERRORED, "cause": Cause.EXCEPTION}),
        ("cancelled", {"status": Status.ERRORED, "cause": Cause.CANCELLED}),
        ("lost", {"status": Status.ERRORED, "cause": Cause.WORKER_LOST}),
    ],
)
def test_the_list_is_narrowed_to_a_state(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime, state: str, columns: dict[str, Any]
) -> None:
    wanted, other = run_of(job, viewer, now, **columns), run_of(job, viewer, now)
    page = html(pages_of(viewer), f"/jobs/results/?state={state}")
    assert str(wanted.pk) in page
    assert str(other.pk) not in page


def test_the_list_is_narrowed_to_runs_with_errors_and_so_is_its_export(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    bad, good = run_of(job, viewer, now, first_failure=0), run_of(job, viewer, now)
    client = pages_of(viewer)
    part = html(client, "/jobs/results/?errors=1", headers={"HX-Request": "true"})
    assert str(bad.pk) in part
    assert str(good.pk) not in part
    assert re.search(r'id="export" hx-swap-oob="true".*href="/jobs/results/export.csv\?errors=1"', part)
    rows = b"".join(client.get("/jobs/results/export.csv?errors=1").streaming_content)  # type: ignore[attr-defined]
    assert len(rows.splitlines()) == 2


def test_filters_that_cannot_be_read_are_as_if_not_asked_for(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now)
    assert str(run.pk) in html(pages_of(viewer), "/jobs/results/?state=nonsense&job=x&period=y&schedule=1&person=")


def test_a_cursor_of_another_list_is_refused_in_words(pages_of: PagesOf, viewer: User) -> None:
    answer = pages_of(viewer).get("/jobs/results/?cursor=nonsense")
    assert answer.status_code == 422
    assert "no cursor of this list" in answer.content.decode()


def test_pages_go_on_where_the_last_one_ended(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime, settings: Any
) -> None:
    runs = [run_of(job, viewer, now - timedelta(minutes=n)) for n in range(52)]
    first = html(pages_of(viewer), "/jobs/results/")
    assert str(runs[49].pk) in first
    assert str(runs[50].pk) not in first
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = html(pages_of(viewer), f"/jobs/results/{following}")
    assert str(runs[50].pk) in second
    assert str(runs[49].pk) not in second


def test_the_list_takes_the_same_queries_for_any_number_of_rows(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    client = pages_of(viewer)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            html(client, "/jobs/results/")
        return len(seen)

    run_of(job, viewer, now)
    few = queries()
    for _ in range(20):
        run_of(job, viewer, now)
    assert queries() == few <= 15


def test_the_export_has_every_row_and_no_formulas(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    Job.objects.filter(pk=job.pk).update(name="=HYPERLINK(1)")
    run_of(job, viewer, now)
    answer = pages_of(viewer).get("/jobs/results/export.csv")
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 2
    assert "'=HYPERLINK(1)" in rows[1]


def test_the_page_of_a_run_shows_inputs_log_changes_files_and_result(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    given = {"data": {"folder": "/var/tmp\u200b"}, "commit": True, "task_queue": None}
    run = run_of(job, viewer, now, data={"output": "all <gone>"}, log_count=1, job_kwargs=given)
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, log_level=Level.WARNING, message="<b>old</b>")
    RunChange.objects.create(job_result=run, sequence=0, created=now, target="/var/tmp/a", before="there", after=None)
    OutputFile.objects.create(job_result=run, name="report.csv", sha256="0" * 64, size=12, created=now)
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/")
    assert '/var/tmp<mark class="hidden-char" title="ZERO WIDTH SPACE">U+200B</mark>' in page
    assert "&lt;b&gt;old&lt;/b&gt;" in page
    assert "report.csv" in page
    assert "all &lt;gone&gt;" in page
    assert 'id="L1"' in page


def test_a_result_is_shown_as_table_links_or_json_and_never_as_python(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    rows = [{"site": "<fra>", "free": 3}, {"site": "ams", "full": True}]
    returned = [rows, ["report.csv"], {"deep": {"list": [None]}}]
    data = {"output": "\n[{'site': '<fra>'}]", "counted": 2}
    run = run_of(job, viewer, now, data=data, returned=json.dumps(returned))
    OutputFile.objects.create(job_result=run, name="report.csv", sha256="0" * 64, size=12, created=now)
    result = html(pages_of(viewer), f"/jobs/results/{run.pk}/").split('id="result-1"')[1]
    for name in ("site", "free", "full"):
        assert f'<th scope="col">{name}</th>' in result
    assert "<td>&lt;fra&gt;</td><td>3</td><td></td>" in result
    assert "<td>ams</td><td></td><td>true</td>" in result
    assert f'<a href="/jobs/results/{run.pk}/files/report.csv/">report.csv</a>' in result
    assert "&quot;deep&quot;: {\n    &quot;list&quot;: [\n      null" in result
    assert "&quot;counted&quot;: 2" in result
    assert "&#x27;site" not in result


def test_a_long_result_says_what_is_left_out(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run = run_of(job, viewer, now, returned=json.dumps([[{"number": number} for number in range(201)]]))
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/")
    assert "<td>199</td>" in page
    assert "<td>200</td>" not in page
    assert "1 more row left out here." in page


def test_the_list_says_what_is_usual_beside_the_length(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    for seconds in (40, 41, 50):
        run_of(job, viewer, now, completed=now + timedelta(seconds=seconds))
    assert "40 s usually 41 s" in text(html(pages_of(viewer), "/jobs/results/"))


def test_a_running_run_says_what_is_left_and_which_steps_are_to_come(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    job.bundle = store(source=of_contents(module="ops", contents={"ops.py": b"pass\n"}), now=now)
    begun = timezone.now() - timedelta(minutes=2)

    def steps(start: datetime, *names: str) -> dict[str, Any]:
        return {"steps": [[name, place, (start + place * timedelta(minutes=1)).isoformat()] for place, name in
                          enumerate(names)]}  # fmt: skip

    for _ in range(3):
        run_of(job, viewer, now, bundle=job.bundle, started_at=now, completed=now + timedelta(minutes=12),
               log_summary=steps(now, "fetch", "load_rows", "check"))  # fmt: skip
    run = run_of(job, viewer, begun, status=Status.RUNNING, started_at=begun, bundle=job.bundle,
                 lease_until=begun + timedelta(days=1), log_summary=steps(begun, "fetch", "load_rows"))  # fmt: skip
    page = text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))
    assert "about 9 min left" in page
    assert "Steps 2 of 3 Fetch 1 min Load rows" in page
    assert "Check , to come usually 10 min" in page
    JobResult.objects.filter(pk=run.pk).update(started_at=begun - timedelta(minutes=20))
    assert "longer than usual" in text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))


def test_inputs_of_a_sensitive_run_are_said_not_to_be_stored(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now, job_kwargs=None)
    assert "Not stored, since the job has sensitive variables." in html(pages_of(viewer), f"/jobs/results/{run.pk}/")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"status": Status.PENDING, "started_at": None}, "No worker takes runs of the queue default."),
        ({"status": Status.ERRORED, "cause": Cause.WORKER_LOST}, "The worker was not heard of any more."),
        ({"status": Status.ERRORED, "cause": Cause.HARD_LIMIT}, "It failed: the time limit was over."),
        ({"status": Status.ERRORED, "cause": Cause.CANCELLED, "cancelled_by_name": "bob"}, "Cancelled by bob"),
        ({"purpose": JobResult.Purpose.DRY_RUN, "commit": False}, "This was a dry run."),
    ],
)
def test_each_state_has_its_sentence(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime, columns: dict[str, Any], sentence: str
) -> None:
    run = run_of(job, viewer, now, **columns)
    assert sentence in html(pages_of(viewer), f"/jobs/results/{run.pk}/")


def test_a_run_in_line_says_how_many_are_ahead(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    waiting = {"status": Status.PENDING, "started_at": None}
    run_of(job, viewer, now, **waiting)
    run = run_of(job, viewer, now, **waiting)
    client = pages_of(viewer)
    assert "It starts when one does, 1 ahead." in text(html(client, f"/jobs/results/{run.pk}/"))
    register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=timezone.now())
    assert "Waits for a slot in default, 1 ahead." in text(html(client, f"/jobs/results/{run.pk}/"))
    JobResult.objects.exclude(pk=run.pk).delete()
    assert "Next in line in default." in text(html(client, f"/jobs/results/{run.pk}/"))
    Job.objects.update(concurrency_limit=1)
    run_of(job, viewer, now, status=Status.RUNNING, lease_until=now + timedelta(days=999), concurrency_slot=0)
    assert "another run of this job to end: at most 1 run at a time." in text(html(client, f"/jobs/results/{run.pk}/"))


def test_a_lost_run_says_when_its_worker_was_last_heard_of(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    worker = register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=now)
    lost = {"status": Status.ERRORED, "cause": Cause.WORKER_LOST, "completed": now + timedelta(minutes=1)}
    run = run_of(job, viewer, now, worker=worker, **lost)
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/")
    assert re.search(r"The worker was last heard of <time[^>]*>[^<]*, 12:00</time>", page)
    Worker.objects.update(heartbeat_at=now + timedelta(hours=1))  # it came back
    assert "The worker was not heard of any more." in text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))


def test_a_run_that_has_ended_is_compared_with_the_one_before(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    job.bundle = store(source=of_contents(module="ops", contents={"ops.py": b"pass\n"}), now=now)

    def run(folder: str | None, **columns: Any) -> JobResult:
        inputs = None if folder is None else {"data": {"folder": folder}, "commit": True, "task_queue": None}
        return run_of(job, viewer, now, job_kwargs=inputs, **columns)

    client = pages_of(viewer)
    before = run("/var/tmp", log_summary={"levels": {"warning": 1}}, status=Status.FAILED, cause=Cause.JOB_FAILED)
    assert "Previous run" not in html(client, f"/jobs/results/{before.pk}/")
    run("/x", purpose=JobResult.Purpose.DRY_RUN, commit=False)
    after = run("/var/log", bundle=job.bundle, completed=now + timedelta(seconds=65))
    page = html(client, f"/jobs/results/{after.pk}/").split("Previous run")[1]
    assert f'href="/jobs/results/{before.pk}/"' in page
    assert "Took 3 s, this one took 1 min 2 s more Source Changed since" in text(page)
    assert "Log 1 warning, now 0; no errors" in text(page)
    assert "<del>tmp</del> → /var/<ins>log</ins>" in page
    hidden = run(None, bundle=job.bundle, completed=now + timedelta(seconds=65))
    page = text(html(client, f"/jobs/results/{hidden.pk}/").split("Previous run")[1])
    assert "about as long Source The same Log No warnings; no errors" in page
    assert "Inputs The same" not in page


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(-60, "0 s ago . If it does not end within 5 s, all its processes are killed."),
     (3600, "1 h ago . It did not end within 5 s: all its processes are killed.")],
)  # fmt: skip
def test_a_run_that_is_to_stop_says_since_when_and_what_follows(
    pages_of: PagesOf, viewer: User, job: Job, seconds: int, sentence: str
) -> None:
    now = timezone.now()
    asked = {"cancel_requested_at": now - timedelta(seconds=seconds), "cancelled_by_name": viewer.username}
    run = run_of(job, viewer, now, status=Status.RUNNING, lease_until=now + timedelta(days=1), **asked)
    page = text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))
    assert f"alice asked it to stop {sentence}" in page


@pytest.mark.django_db(transaction=True)
def test_a_page_counts_the_seconds_of_a_run_that_is_to_stop_and_says_nothing(viewer: User, job: Job) -> None:
    now = timezone.now()
    asked = {"cancel_requested_at": now, "cancelled_by_name": viewer.username}
    run = run_of(job, viewer, now, status=Status.RUNNING, lease_until=now + timedelta(days=1), **asked)
    scope = {"type": "http", "method": "GET", "path": f"/jobs/results/{run.pk}/stream/", "headers": []}

    async def told() -> set[str]:
        seen: set[str] = set()
        async with asyncio.timeout(60):
            async for piece in _events(ASGIRequest(scope, BytesIO()), viewer):
                seen |= set(re.findall(r"to stop <time[^>]*>(\d+ s) ago", piece.decode()))
                if len(seen) > 2:
                    break
        return seen

    assert len(asyncio.run(told())) > 2


def test_who_stopped_a_run_is_told_by_name(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    User.objects.filter(pk=viewer.pk).update(first_name="Alice", last_name="Arden")
    ended = {"status": Status.ERRORED, "cause": Cause.CANCELLED, "cancelled_by_name": viewer.username}
    run = run_of(job, viewer, now, **ended)
    assert "Cancelled by Alice Arden." in text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))


def test_a_run_that_has_not_started_has_no_length(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run = run_of(job, viewer, now, status=Status.PENDING, started_at=None)
    page = text(html(pages_of(viewer), f"/jobs/results/{run.pk}/"))
    assert "Running for" not in page
    assert "Took" not in page


def test_paper_tells_which_lines_are_printed_and_where_all_are(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foureyes.web.results.run.LAST_LINES", 4)
    monkeypatch.setattr("foureyes.web.results.run.MOST_PRINTED", 9)
    client = pages_of(viewer)

    def paper(count: int, more: str = "", **columns: Any) -> str:
        run = run_of(job, viewer, now, log_count=count, **columns)
        lines = (JobLogEntry(job_result=run, sequence=n, created=now, message=f"said {n + 1}.") for n in range(count))
        JobLogEntry.objects.bulk_create(lines)
        page = html(client, f"/jobs/results/{run.pk}/{more}")
        assert ("Show all lines, to print them" in page) == (count > 4 and not more)
        said = re.search(r'<p class="paper body">(.*?)</p>', page, re.DOTALL)
        assert said
        return text(said[1]).replace(f"http://testserver/jobs/results/{run.pk}/", "…/") + page.count("said ") * "|"

    zone = "Times of lines are those of UTC."
    assert paper(1) == f"All 1 line of the log. {zone}|"
    assert paper(4) == f"All 4 lines of the log. {zone}||||"
    assert paper(9) == f"Lines 6 to 9 of 9. The whole log: …/log.txt · to print: …/?print=all. {zone}||||"
    assert paper(9, "?print=all") == f"All 9 lines of the log. {zone}|||||||||"
    most = "at most 9 lines are printed"
    assert (
        paper(1200, "?print=all")
        == f"Lines 1,192 to 1,200 of 1,200. The whole log: …/log.txt · {most}. {zone}|||||||||"
    )
    going = {"status": Status.RUNNING, "lease_until": now + timedelta(days=9999)}
    said = paper(9, **going)
    assert said.startswith(
        "The run had not ended; its log is printed from line 6 on. The whole log: …/log.txt · to print:"
    )
    assert paper(2, **going).startswith("The run had not ended. The whole log: …/log.txt")


def test_a_failed_run_links_to_its_last_error_line(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    summary = {"levels": {"failure": 1}, "first_failure": 1, "steps": []}
    run = run_of(job, viewer, now, status=Status.ERRORED, cause=Cause.EXCEPTION, log_count=2, log_summary=summary)
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, message="fine")
    frames = "\n".join(f"  File {number}" for number in range(9))
    error = f"An exception occurred: `ValueError: too large`\n```\nTraceback\n{frames}\nValueError: too large\n\n```"
    JobLogEntry.objects.create(job_result=run, sequence=1, created=now, log_level=Level.FAILURE, message=error)
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/")
    assert '<a href="#L2">Line 2</a>' in page
    assert "<code hx-ignore>ValueError: too large</code>" in page
    assert "  File 3<details><summary>6 more lines</summary>  File 4\n" in page
    assert "  File 8\nValueError: too large</details>" in page
    assert "```" not in page


def test_a_long_log_opens_at_its_end_with_the_way_back(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now, log_count=1200)
    JobLogEntry.objects.bulk_create(
        JobLogEntry(id=uuid7(), job_result=run, sequence=n, created=now, message=f"line {n}") for n in range(1200)
    )
    client = pages_of(viewer)
    page = html(client, f"/jobs/results/{run.pk}/")
    assert 'id="L1200"' in page
    assert 'id="L700"' not in page
    assert 'href="?before=701"' in page
    earlier = html(client, f"/jobs/results/{run.pk}/?before=701")
    assert 'id="L700"' in earlier
    assert 'id="L701"' not in earlier


def test_the_log_is_searched_as_a_whole(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run = run_of(job, viewer, now, log_count=2)
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, message="needle one")
    JobLogEntry.objects.create(job_result=run, sequence=1, created=now, log_level=Level.FAILURE, message="hay")
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/lines/?q=NEEDLE")
    assert "<mark>needle</mark> one" in page
    assert "1 line of 2." in page


def test_a_search_shows_what_a_long_message_folds_away(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now, log_count=1)
    message = "\n".join(["Traceback", *(f"  frame {number}" for number in range(9)), "ValueError: <needle>"])
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, message=message)
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/lines/?q=%3CNEEDLE")
    assert "  frame 8\nValueError: <mark>&lt;needle</mark>&gt;" in page


def test_the_polling_part_brings_what_follows_a_line(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run = run_of(job, viewer, now, log_count=2, status=Status.RUNNING, lease_until=now + timedelta(days=999))
    for number in range(2):
        JobLogEntry.objects.create(job_result=run, sequence=number, created=now, message=f"text {number}")
    part = html(pages_of(viewer), f"/jobs/results/{run.pk}/lines/?after=1")
    assert "text 1" in part
    assert "text 0" not in part
    assert "lines/?after=2" in part
    JobResult.objects.filter(pk=run.pk).update(status=Status.COMPLETED, completed=now)
    assert "lines/?after" not in html(pages_of(viewer), f"/jobs/results/{run.pk}/lines/?after=2")


def test_the_whole_log_is_downloaded_as_text(pages_of: PagesOf, viewer: User, job: Job, now: datetime) -> None:
    run = run_of(job, viewer, now, log_count=1)
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, log_level=Level.INFO, message="all well")
    answer = pages_of(viewer).get(f"/jobs/results/{run.pk}/log.txt")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text == "2026-11-23T12:00:00.000000Z INFO all well\n"


def test_what_a_job_says_turns_no_text_around_and_passes_for_no_other_line(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now, log_count=1)
    said = "\x1b[31mred <b>\u202eevil\r\n2026-11-23T12:00:00.000000Z INFO approved"
    JobLogEntry.objects.create(job_result=run, sequence=0, created=now, log_level=Level.INFO, message=said)
    page = html(pages_of(viewer), f"/jobs/results/{run.pk}/")
    assert (
        'U+001B</mark>[31mred &lt;b&gt;<mark class="hidden-char" title="RIGHT-TO-LEFT OVERRIDE">U+202E</mark>' in page
    )
    answer = pages_of(viewer).get(f"/jobs/results/{run.pk}/log.txt")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines() == [
        "2026-11-23T12:00:00.000000Z INFO \\x1b[31mred <b>\\u202eevil",
        "    2026-11-23T12:00:00.000000Z INFO approved",
    ]


def test_its_requester_stops_a_run_after_a_page_that_asks(
    pages_of: PagesOf, viewer: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now, status=Status.PENDING, started_at=None)
    client = pages_of(viewer)
    assert "Stop run" in html(client, f"/jobs/results/{run.pk}/stop/")
    answer = client.post(f"/jobs/results/{run.pk}/stop/", follow=True)
    assert "The run will not start." in answer.content.decode()
    assert JobResult.objects.get(pk=run.pk).cause == Cause.CANCELLED


def test_who_did_not_ask_for_a_run_is_told_who_may_stop_it(
    pages_of: PagesOf, viewer: User, bob: User, job: Job, now: datetime
) -> None:
    run = run_of(job, bob, now, status=Status.PENDING, started_at=None)
    client = pages_of(viewer)
    assert "Only who asked for a run" in html(client, f"/jobs/results/{run.pk}/stop/")
    assert client.post(f"/jobs/results/{run.pk}/stop/").status_code == 403
    assert JobResult.objects.get(pk=run.pk).status == Status.PENDING


def test_deleting_a_run_needs_the_right_and_asks(
    pages_of: PagesOf, viewer: User, admin: User, job: Job, now: datetime
) -> None:
    run = run_of(job, viewer, now)
    assert pages_of(viewer).post(f"/jobs/results/{run.pk}/delete/").status_code == 403
    client = pages_of(admin)
    assert "This cannot be undone." in html(client, f"/jobs/results/{run.pk}/delete/")
    assert client.post(f"/jobs/results/{run.pk}/delete/").status_code == 302
    assert not JobResult.objects.filter(pk=run.pk).exists()
