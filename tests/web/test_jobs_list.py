"""Jobs > Jobs: what a row says, filters and orders, stars, switching several, and what nobody may see."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.schedules.conftest import *  # noqa: F403 - fixtures: make_job, make_schedule
from tests.schedules.conftest import MakeJob, MakeSchedule, allow

from foureyes.approvals.queries import asked_by
from foureyes.catalog.memory import tell_module
from foureyes.conf import get_conf
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.submission.submit import submit
from foureyes.users.models import User
from foureyes.web.tags import summary_line

PagesOf = Callable[[User], Client]
MOST_QUERIES = 15


@pytest.fixture
def alice(alice: User) -> User:
    allow(alice, Job, "view", "run")
    allow(alice, ScheduledJob, "view", "change", "delete")
    allow(alice, JobResult, "view")
    return alice


def run_of(job: Job, *, status: str = "completed", minutes_ago: float = 5, seconds: float = 30, **columns: Any) -> Any:
    """A run of a job that has ended."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    ended = {"completed": at + timedelta(seconds=seconds)} if status not in ("pending", "running") else {}
    given: dict[str, Any] = {
        "job_model": job,
        "name": job.class_path,
        "status": status,
        "created": at,
        "available_at": at,
        "started_at": at,
        "queue": "default",
        "soft_limit_seconds": 300,
        "time_limit_seconds": 600,
        "job_kwargs": {"data": {}, "commit": True, "task_queue": None},
        **ended,
        **columns,
    }
    return JobResult.objects.create(**given)


def text_of(html: bytes) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode()))


def names(answer: Any) -> list[str]:
    """The names in the list, in order."""
    return re.findall(r"data-open>([^<]+)<", answer.content.decode())


def test_a_row_tells_health_state_next_run_and_approval(
    pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User
) -> None:
    job = make_job("Report")
    for number in range(14):
        run_of(job, status="failed" if number == 1 else "completed", minutes_ago=number + 1)
    make_schedule(job=job, at=timezone.now())
    answer = pages_of(alice).get("/jobs/")
    html, text = answer.content.decode(), text_of(answer.content)
    assert 'aria-label="Last 12 runs: 11 succeeded, 1 failed"' in html
    assert html.count('class="o"') == 11
    assert "Succeeded" in text
    assert "Not scheduled" not in text
    assert "1 job. You may run it." in text
    assert "/jobs/local-net-report/run/" in html


def test_a_waiting_request_is_the_latest_state(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    job = make_job("Rotate", gated=True, approval_required=True)
    now = timezone.now()
    once = {"interval": "future", "name": "Later", "start_time": now + timedelta(minutes=90)}
    submit(job=job, by=alice, data={}, files={}, schedule=once, reason="It is time.", now=now)
    text = text_of(pages_of(alice).get("/jobs/").content)
    assert "Awaiting approval" in text
    assert "if approved" in text
    assert "Not scheduled" not in text
    assert "1 approval" in text
    assert asked_by(alice).count() == 1


def test_chips_and_text_narrow_the_list(
    pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User
) -> None:
    plain, gated, off = make_job("Plain"), make_job("Gated", gated=True), make_job("Off", enabled=False)
    run_of(plain, status="failed")
    make_schedule(job=plain, at=timezone.now())
    pages = pages_of(alice)
    assert names(pages.get("/jobs/?gated=1")) == ["Gated"]
    assert names(pages.get("/jobs/?failed=1")) == ["Plain"]
    assert names(pages.get("/jobs/?scheduled=1")) == ["Plain"]
    assert names(pages.get("/jobs/?disabled=1")) == ["Off"]
    assert names(pages.get("/jobs/?runnable=1")) == ["Gated", "Plain"]
    assert names(pages.get("/jobs/?q=gat")) == ["Gated"]
    assert "No job matches “rotat”" in text_of(pages.get("/jobs/?q=rotat").content)
    assert {gated.name, off.name} <= set(names(pages.get("/jobs/")))


def test_hidden_jobs_are_left_out_until_they_are_asked_for(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job("Shown")
    make_job("Secretive", hidden=True)
    assert names(pages_of(alice).get("/jobs/")) == ["Shown"]
    assert names(pages_of(alice).get("/jobs/?hidden=1")) == ["Secretive"]


def test_orders(pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User) -> None:
    one, two = make_job("One"), make_job("Two")
    run_of(one, minutes_ago=1, seconds=10)
    run_of(two, minutes_ago=9, seconds=90, status="failed")
    make_schedule(job=two, at=timezone.now())
    pages = pages_of(alice)
    assert names(pages.get("/jobs/?sort=latest")) == ["One", "Two"]
    for order in ("next", "duration", "failures"):
        assert names(pages.get(f"/jobs/?sort={order}")) == ["Two", "One"], order


def test_a_broken_job_stays_with_its_error_and_cannot_be_run(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job("Broken", import_error="SyntaxError: <line 3>")
    make_job("Gone", installed=False)
    answer = pages_of(alice).get("/jobs/")
    text = answer.content.decode()
    assert "Import error" in text
    assert "SyntaxError: &lt;line 3&gt;" in text
    assert "Not installed" in text
    assert "/run/" not in text


def test_who_may_only_view_cannot_run(pages_of: PagesOf, make_job: MakeJob, carol: User) -> None:
    make_job("Report")
    allow(carol, Job, "view")
    answer = pages_of(carol).get("/jobs/")
    assert "View only" in text_of(answer.content)
    assert "/run/" not in answer.content.decode()


def test_who_sees_nothing_is_told_so(pages_of: PagesOf, make_job: MakeJob, dave: User) -> None:
    make_job("Report")
    answer = pages_of(dave).get("/jobs/")
    assert "Report" not in answer.content.decode()
    assert "No job is visible to you" in text_of(answer.content)
    assert pages_of(dave).get("/jobs/local-net-report/").status_code == 404
    assert pages_of(dave).get("/jobs/local-net-report/run/").status_code == 404


def test_an_empty_installation_shows_how_to_begin(pages_of: PagesOf, alice: User) -> None:
    assert "Add the first job" in text_of(pages_of(alice).get("/jobs/").content)


def test_a_star_is_kept_for_the_person(pages_of: PagesOf, make_job: MakeJob, alice: User, admin: User) -> None:
    job = make_job("Report")
    answer = pages_of(alice).post("/jobs/", {"star": str(job.pk), "next": "/jobs/?q=rep"})
    assert (answer.status_code, answer["Location"]) == (303, "/jobs/?q=rep")
    assert names(pages_of(alice).get("/jobs/?starred=1")) == ["Report"]
    assert names(pages_of(admin).get("/jobs/?starred=1")) == []
    pages_of(alice).post("/jobs/", {"unstar": str(job.pk)})
    assert names(pages_of(alice).get("/jobs/?starred=1")) == []


def test_several_are_switched_at_once_by_who_may(
    pages_of: PagesOf, make_job: MakeJob, alice: User, admin: User
) -> None:
    jobs = [make_job("One"), make_job("Two")]
    keys = [str(job.pk) for job in jobs]
    answer = pages_of(admin).post("/jobs/", {"job": keys, "disable": "1"}, follow=True)
    assert "Disabled 2 jobs." in text_of(answer.content)
    assert not Job.objects.filter(enabled=True).exists()
    assert pages_of(alice).post("/jobs/", {"job": keys, "enable": "1"}).status_code == 403
    assert not Job.objects.filter(enabled=True).exists()
    pages_of(admin).post("/jobs/", {"enable_one": keys[0]})
    assert Job.objects.get(enabled=True).name == "One"


def test_switching_goes_back_to_our_own_pages_only(pages_of: PagesOf, make_job: MakeJob, admin: User) -> None:
    sent = {"disable_one": str(make_job("One").pk), "next": "https://elsewhere.example/"}
    assert pages_of(admin).post("/jobs/", sent)["Location"] == "/jobs/"


def test_files_that_cannot_be_loaded_are_told_to_who_may_change_jobs(
    pages_of: PagesOf, make_job: MakeJob, alice: User, admin: User
) -> None:
    make_job("One")
    tell_module(path="local/worse", error="NameError: no", now=timezone.now())
    assert "NameError: no" in text_of(pages_of(admin).get("/jobs/").content)
    assert "NameError: no" not in text_of(pages_of(alice).get("/jobs/").content)


def test_htmx_gets_the_results_alone(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job("Report")
    answer = pages_of(alice).get("/jobs/", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="results"')
    assert 'class="nav"' not in html


@pytest.mark.parametrize("query", ["", "?sort=failures", "?failed=1&q=job"])
def test_the_number_of_queries_does_not_depend_on_the_rows(
    pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User, query: str
) -> None:
    pages = pages_of(alice)
    counts = []
    for number in (3, 30):
        for index in range(number):
            job = make_job(f"Job{number}x{index}")
            run_of(job, status="failed")
            run_of(job, minutes_ago=60)
        make_schedule(job=job, at=timezone.now())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert pages.get(f"/jobs/{query}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= MOST_QUERIES


def test_pages_hold_fifty(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    for index in range(52):
        make_job(f"Job{index:02}")
    first, second = (pages_of(alice).get(f"/jobs/?page={number}") for number in (1, 2))
    assert (len(names(first)), len(names(second))) == (50, 2)
    assert "1 to 50 of 52" in text_of(first.content)


def test_the_first_job_is_told_of_with_its_folder_to_administrators(
    pages_of: PagesOf, admin: User, alice: User
) -> None:
    folder = str(get_conf().jobs_folder)
    page = pages_of(admin).get("/jobs/").content.decode()
    assert folder in page
    assert "What can be run here." in page
    assert folder not in pages_of(alice).get("/jobs/").content.decode()


@pytest.mark.parametrize(
    ("description", "line"),
    [
        ("Reads `password_policy.yaml`, *once*.\n\nMore.", "Reads password_policy.yaml, once."),
        ("## About [it](https://example.org/x_y)", "About it"),
        ("Needs 2 * 3 > 5, in C#", "Needs 2 * 3 > 5, in C#"),
    ],
)
def test_the_line_below_a_name_is_the_description_without_its_marks(description: str, line: str) -> None:
    assert summary_line(description) == line


def test_enter_in_the_list_switches_and_stars_nothing(pages_of: PagesOf, make_job: MakeJob, admin: User) -> None:
    """A browser sends a form by its first button if Enter is pressed in a field."""
    make_job("Purge")
    page = pages_of(admin).get("/jobs/").content.decode()
    form = page[page.index('class="card jobs-list"') :]
    assert re.findall(r"<button[^>]*>", form)[0] == '<button class="vh" tabindex="-1" aria-hidden="true">'
