import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foureyes.api.own import streams as streams_module
from foureyes.api.own.streams import streams
from foureyes.api.wire.links import Links
from foureyes.models import Job, JobResult, OutputFile, RunChange
from foureyes.runs.files import put
from foureyes.runs.queries import log_lines
from foureyes.runs.watch import Standing
from foureyes.users.models import User

RUNS = "/api/runs/"
MakeJob = Callable[..., Job]
MakeResult = Callable[..., JobResult]
MakeLogs = Callable[..., None]
ClientOf = Callable[..., APIClient]


def test_run_tells_everything(api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult) -> None:
    job = make_job()
    started = {"started_at": datetime.fromisoformat("2026-11-23T11:59:58.5Z"), "progress_done": 3}
    run = make_result(job, admin, job_kwargs={"data": {"s": "x"}, "commit": True}, **started)
    body = api.get(f"{RUNS}{run.pk}/").json()
    assert body["job"] == {
        "id": str(job.pk),
        "name": "Hello",
        "slug": "local-sample-hello",
        "url": f"http://testserver/api/extras/jobs/{job.pk}/",
    }
    assert (body["status"], body["duration_seconds"], body["inputs"]) == ("completed", 1.5, {"s": "x"})
    assert body["progress"] == {"done": 3.0, "total": None, "text": ""}
    assert (body["log_count"], body["change_count"], body["file_count"]) == (0, 0, 0)


def test_pages_follow_each_other_by_cursor(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    made = [make_result(None, None, created=now - timedelta(seconds=number // 3)) for number in range(10)]
    seen, address = [], f"{RUNS}?limit=4"
    while address:
        body = api.get(address).json()
        seen += [row["id"] for row in body["results"]]
        address = body["next"]
    newest_first = sorted(made, key=lambda run: (run.created, run.pk), reverse=True)
    assert seen == [str(run.pk) for run in newest_first]


def test_cursor_of_something_else_is_a_400(api: APIClient) -> None:
    answer = api.get(f"{RUNS}?cursor=abc")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "cursor" in answer.json()["fields"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=errored", 1),
        ("user=admin", 1),
        ("job=local-sample-hello", 1),
        ("purpose=dry_run", 0),
        ("created__gte=2026-11-23T12:00:00Z", 1),
        ("created__lt=2026-11-23T12:00:00Z", 1),
    ],
)
def test_filters(
    api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult, now: datetime, query: str, found: int
) -> None:
    make_result(make_job(), admin)
    make_result(None, None, status="errored", created=now - timedelta(hours=1))
    assert len(api.get(f"{RUNS}?{query}").json()["results"]) == found


def test_list_takes_one_query(api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult) -> None:
    for number in range(5):
        make_result(make_job(f"J{number}"), admin)
    api.get("/api/status/")  # notes the use of the token
    with CaptureQueriesContext(connection) as queries:
        api.get(RUNS)
    assert len(queries) == 2  # the token with its user, and the page


def test_hidden_run_is_not_found(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    run = make_result(None, None, hidden_at=now)
    assert api.get(f"{RUNS}{run.pk}/").status_code == 404
    assert api.get(f"/api/extras/job-results/{run.pk}/").status_code == 404
    assert api.get(RUNS).json()["results"] == []


def test_who_may_not_view_runs_gets_a_403_with_a_code(client_of: ClientOf, dave: User) -> None:
    answer = client_of(dave).get(RUNS)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_owner_cancels_a_waiting_run(client_of: ClientOf, alice: User, make_result: MakeResult) -> None:
    run = make_result(None, alice, status="pending", completed=None)
    body = client_of(alice).post(f"{RUNS}{run.pk}/cancel/").json()
    assert (body["status"], body["cause"], body["cancelled_by"]) == ("errored", "cancelled", "alice")


def test_ended_run_is_not_cancelled(api: APIClient, make_result: MakeResult) -> None:
    answer = api.post(f"{RUNS}{make_result(None, None).pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "run_ended")


def test_run_of_others_cannot_even_be_seen(client_of: ClientOf, dave: User, make_result: MakeResult) -> None:
    assert client_of(dave).post(f"{RUNS}{make_result(None, None).pk}/cancel/").status_code == 404


def test_lines_come_in_pieces(api: APIClient, make_result: MakeResult, make_logs: MakeLogs) -> None:
    run = make_result(None, None)
    make_logs(run, ["a", "b", "c"])
    first = api.get(f"{RUNS}{run.pk}/logs/?limit=2").json()
    assert ([line["message"] for line in first["results"]], first["next"]) == (["a", "b"], 1)
    rest = api.get(f"{RUNS}{run.pk}/logs/?limit=2&after=1").json()
    assert ([line["message"] for line in rest["results"]], rest["next"]) == (["c"], None)
    assert api.get(f"{RUNS}{run.pk}/logs/?level=failure").json()["results"] == []


@pytest.mark.parametrize("query", ["after=x", "level=zzz"])
def test_wrong_parameters_of_the_log_are_a_400(api: APIClient, make_result: MakeResult, query: str) -> None:
    assert api.get(f"{RUNS}{make_result(None, None).pk}/logs/?{query}").status_code == 400


def test_changes_are_listed_in_order(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    run = make_result(None, None)
    for number in range(3):
        RunChange.objects.create(job_result=run, sequence=number, created=now, target=f"t{number}", after=number)
    body = api.get(f"{RUNS}{run.pk}/changes/?limit=2").json()
    assert [change["target"] for change in body["results"]] == ["t0", "t1"]
    assert [change["after"] for change in api.get(body["next"]).json()["results"]] == [2]


def test_file_is_a_download_that_cannot_act(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    run = make_result(None, None)
    stored = put([b"<script>"], most_bytes=100)
    OutputFile.objects.create(
        job_result=run, name="a b.html", sha256=stored.sha256, size=stored.size, media_type="text/html", created=now
    )
    (row,) = api.get(f"{RUNS}{run.pk}/files/").json()["results"]
    answer = api.get(row["url"], headers={"Accept": "application/octet-stream"})
    assert b"".join(answer.streaming_content) == b"<script>"
    assert answer["Content-Disposition"] == 'attachment; filename="a b.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_unknown_file_is_a_404(api: APIClient, make_result: MakeResult) -> None:
    assert api.get(f"{RUNS}{make_result(None, None).pk}/files/x/").status_code == 404


async def heard(
    client: APIClient, path: str, headers: dict[str, str] | None = None, sent: list[dict[str, Any]] | None = None
) -> tuple[int, list[Any]]:
    """What the event stream at `path` says, to its end. `sent` has meanwhile what was said so far."""
    sent = [] if sent is None else sent
    given = {"authorization": client._credentials["HTTP_AUTHORIZATION"], "host": "testserver", **(headers or {})}
    address, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(600)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with asyncio.timeout(60):
        await streams(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in sent).decode()
    blocks = [block for block in text.split("\n\n") if block.startswith(("id:", "event:"))]
    return sent[0]["status"], [_event(block) for block in blocks]


def _event(block: str) -> tuple[str, Any]:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return fields["event"], json.loads(fields["data"])


@pytest.mark.django_db(transaction=True)
def test_stream_of_an_ended_run_tells_all_and_closes(
    api: APIClient, make_result: MakeResult, make_logs: MakeLogs, now: datetime
) -> None:
    run = make_result(None, None)
    make_logs(run, ["a", "b"])
    RunChange.objects.create(job_result=run, sequence=0, created=now, target="t")
    status, events = asyncio.run(heard(api, f"{RUNS}{run.pk}/events/"))
    assert status == 200
    assert [name for name, _ in events] == ["status", "log", "log", "change", "end"]
    assert events[-1][1]["id"] == str(run.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("query", "headers"), [("?after=0", {}), ("", {"Last-Event-ID": "0"}), ("?after=0", {"Last-Event-ID": "9" * 30})]
)
def test_stream_goes_on_after_the_last_line(
    api: APIClient, make_result: MakeResult, make_logs: MakeLogs, query: str, headers: dict[str, str]
) -> None:
    run = make_result(None, None)
    make_logs(run, ["a", "b"])
    _, events = asyncio.run(heard(api, f"{RUNS}{run.pk}/events/{query}", headers))
    assert [document["message"] for name, document in events if name == "log"] == ["b"]


def a_line_then_the_end(run: JobResult, make_logs: MakeLogs, now: datetime) -> list[Callable[[], None]]:
    """What happens to a run while somebody listens: it writes a line and tells of progress; then it ends."""

    def go_on() -> None:
        make_logs(run, ["news"])
        JobResult.objects.update(log_count=1, progress_done=1)

    def end() -> None:
        JobResult.objects.update(status="completed", completed=now)

    return [go_on, end]


@pytest.mark.django_db(transaction=True)
def test_stream_tells_what_happens_while_it_is_open(
    api: APIClient, make_result: MakeResult, make_logs: MakeLogs, now: datetime
) -> None:
    run = make_result(None, None, status="running", completed=None, lease_until=now)

    steps = a_line_then_the_end(run, make_logs, now)

    async def both() -> list[Any]:
        sent: list[dict[str, Any]] = []
        stream = asyncio.create_task(heard(api, f"{RUNS}{run.pk}/events/", sent=sent))
        for said, step in zip((b"event: status", b"event: progress"), steps, strict=True):
            while not stream.done() and not any(said in message.get("body", b"") for message in sent):
                await asyncio.sleep(0.01)
            await asyncio.to_thread(_with_own_connection, step)
        return (await stream)[1]

    assert [name for name, _ in asyncio.run(both())] == ["status", "log", "progress", "end"]


@pytest.mark.django_db(transaction=True)
def test_progress_is_never_told_ahead_of_the_lines_before_it(
    api: APIClient, make_result: MakeResult, make_logs: MakeLogs, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_result(None, None, status="running", completed=None, lease_until=now)

    steps = a_line_then_the_end(run, make_logs, now)

    def lines_before_more_happens(**which: Any) -> Any:
        found = log_lines(**which)
        if steps and bool(found) == (len(steps) == 1):
            steps.pop(0)()
        return found

    monkeypatch.setattr("foureyes.api.own.streams.log_lines", lines_before_more_happens)
    _, events = asyncio.run(heard(api, f"{RUNS}{run.pk}/events/"))
    assert [name for name, _ in events] == ["status", "log", "progress", "end"]


def _with_own_connection(step: Callable[[], None]) -> None:
    step()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_stream_is_refused_like_any_other_view(client_of: ClientOf, dave: User, make_result: MakeResult) -> None:
    status, _ = asyncio.run(heard(client_of(dave), f"{RUNS}{make_result(None, None).pk}/events/"))
    assert status == 403


class Talkative:
    """Instead of the watch on a run: there is news whenever somebody asks, and the run never ends."""

    version = 0

    @property
    def standing(self) -> Standing:
        return Standing(
            status="running",
            attempt=1,
            log_count=0,
            change_count=0,
            progress=(float(self.version), None, ""),
            is_cancelling=False,
            has_ended=False,
        )

    async def news_after(self, version: int, *, seconds: float) -> bool:
        self.version = version + 1
        return True


@pytest.mark.django_db(transaction=True)
def test_stream_of_a_run_that_never_pauses_ends_with_the_right_to_see_it(
    make_result: MakeResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_result(None, None, status="running", completed=None, lease_until=datetime.now(UTC))

    @asynccontextmanager
    async def watched(run_id: object) -> AsyncIterator[Talkative]:
        yield Talkative()

    monkeypatch.setattr(streams_module, "watching", watched)
    monkeypatch.setattr(streams_module, "COMMENT_SECONDS", 0.0)
    answers = [200, 200, 403]
    monkeypatch.setattr(streams_module, "admit", lambda request: HttpResponse(status=answers.pop(0)))
    request: Any = object()

    async def told() -> list[bytes]:
        pieces = []
        async for piece in streams_module.events(run.pk, Links(RequestFactory().get("/")), after=-1, readmit=request):  # type: ignore[arg-type]
            pieces.append(piece)
            assert len(pieces) < 20
        return pieces

    assert len(asyncio.run(told())) == 3  # how it stands, and two steps of its progress
