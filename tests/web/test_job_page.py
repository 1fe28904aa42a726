"""A job's page and its settings: what they say, to whom, and that nothing in them can act."""

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
from tests.web.test_jobs_list import run_of, text_of

from foureyes.catalog.bundles import of_contents, store
from foureyes.catalog.edit import edit_job
from foureyes.jobs import ChoiceVar, IntegerVar, StringVar
from foureyes.models import ApprovalRequest, Event, Job, JobResult, ScheduledJob
from foureyes.submission.submit import submit
from foureyes.users.models import User
from foureyes.web.markdown import markdown
from foureyes.web.source_text import lines_of

PagesOf = Callable[[User], Client]
JOB, EDIT = "/jobs/local-net-report/", "/jobs/local-net-report/edit/"
CLASS = {"name": "Report", "grouping": "Net", "description": "", "approval_required": False, "commit_default": True}


@pytest.fixture
def alice(alice: User) -> User:
    allow(alice, Job, "view", "run")
    allow(alice, ScheduledJob, "view", "change", "delete")
    allow(alice, JobResult, "view")
    return alice


def test_the_page_tells_health_schedules_runs_inputs_limits_and_rights(
    pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User, bob: User
) -> None:
    job = make_job(
        gated=False,
        concurrency_limit=2,
        soft_time_limit=90,
        task_queues=["slow"],
        variables=[
            StringVar(label="Site", default="rome", description="Where.").spec("site"),
            IntegerVar(min_value=1, max_value=9, required=False).spec("count"),
        ],
    )
    run_of(job, seconds=60)
    run_of(job, seconds=120, status="failed", minutes_ago=9)
    make_schedule(job=job, at=timezone.now(), name="every five")
    allow(bob, Job, "approve", "change")
    text = text_of(pages_of(alice).get(JOB).content)
    assert "2 runs in 30 days" not in text  # that is for who sees no picture
    assert "Failed 1 50.0 %" in text
    assert "every five" in text
    assert "Every 5 minutes" in text
    assert "Site site String rome Where." in text
    assert "Integer optional – From 1 to 9." in text
    assert "after 1 min 30 s" in text
    assert "2 runs" in text
    assert "slow" in text
    assert "Approve its requests bob" in text
    assert "Run it alice" in text


def test_the_source_is_shown_with_its_hash_and_what_does_not_show_stands_out(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job()
    source = 'pass  # <b>fine</b>\nif access == "user\u202e \u2066# admin\u2069 \u2066":\n    run()\n'
    bundle = store(source=of_contents(module="net", contents={"net.py": source.encode()}), now=timezone.now())
    Job.objects.update(bundle=bundle)
    html = pages_of(alice).get(JOB).content.decode()
    assert bundle.digest in html
    assert "&lt;b&gt;fine" in html
    assert "\u202e" not in html
    assert html.count('title="RIGHT-TO-LEFT OVERRIDE"') == 1
    assert "net.py holds characters that do not show." in text_of(html.encode())


def test_lines_mark_each_character_that_does_not_show() -> None:
    shown = lines_of("a\u200bb\r\nc\td\n\u00a0e\n\ue000\n\ufeffx\n")
    assert [line.suspicious for line in shown] == [True, False, False, True, True]
    assert "U+200B" in shown[0].html
    assert "U+E000" in shown[3].html


HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "![x](https://elsewhere.example/x.png)",
    '[x](https://a.example" onclick="alert(1))',
    "<div hx-get='/logout' style='position:fixed'>x</div>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_can_do_nothing(text: str) -> None:
    html = markdown(text)
    tags = re.findall(r"<[^>]*>", html)
    assert not any(part in tag for tag in tags for part in ("script", "<img", "<div", "onclick", "onerror", "hx-"))


def test_markdown_keeps_what_authors_need() -> None:
    html = markdown("# Title\n\n*a* **b** `c`\n\n- [d](https://e.example)\n\n| x | y |\n| --- | --- |\n| 1 | 2 |")
    for part in (
        "<h3>Title</h3>",
        "<em>a</em>",
        "<code>c</code>",
        'href="https://e.example"',
        "nofollow",
        "<td>1</td>",
    ):
        assert part in html


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"gated": True, "approval_required": True}, "A second person has to approve each run and each schedule."),
        ({}, "Needs no approval."),
        ({"gated": True}, "Its approval was switched off. It needs approval until a second person agrees to that."),
        ({"is_job_hook_receiver": True}, "Runs of hooks need no approval, whatever is set here."),
        ({"enabled": False}, "This job is not enabled to be run. Somebody who may change it can enable it: bob"),
    ],
)
def test_approval_and_state_are_told_in_words(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User, columns: dict[str, Any], sentence: str
) -> None:
    make_job(**columns)
    allow(bob, Job, "change")
    assert sentence in text_of(pages_of(alice).get(JOB).content)


def test_open_requests_are_listed_for_who_decides_too(
    pages_of: PagesOf, make_job: MakeJob, alice: User, admin: User
) -> None:
    job = make_job(gated=True, approval_required=True)
    submit(job=job, by=alice, data={}, files={}, reason="It is time.", now=timezone.now())
    for person in (alice, admin):
        assert "Request 1 It is time. asked just now" in text_of(pages_of(person).get(JOB).content)


def test_facts_are_for_who_may_see_them(pages_of: PagesOf, make_job: MakeJob, alice: User, admin: User) -> None:
    edit_job(job=make_job(), changes={"enabled": False}, by=admin, now=timezone.now())
    assert "A job was disabled." in text_of(pages_of(admin).get(JOB).content)
    assert "A job was disabled." not in text_of(pages_of(alice).get(JOB).content)
    allow(alice, Event, "view")
    assert "A job was disabled." in text_of(pages_of(alice).get(JOB).content)


def test_the_number_of_questions_does_not_depend_on_what_there_is(
    pages_of: PagesOf, make_job: MakeJob, make_schedule: MakeSchedule, alice: User
) -> None:
    job = make_job()
    pages, counts = pages_of(alice), []
    for number in (1, 9):
        for index in range(number):
            run_of(job, minutes_ago=index)
            make_schedule(job=job, at=timezone.now() + timedelta(seconds=1))
        with CaptureQueriesContext(connection) as queries:
            pages.get(JOB)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 15


def sent(**changes: Any) -> dict[str, Any]:
    """The settings form as it comes, with changes; None: not ticked."""
    fields = {"enabled": "true", "slug": "local-net-report", **changes}
    return {name: value for name, value in fields.items() if value is not None}


def test_settings_are_for_who_may_change_the_job(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job()
    assert pages_of(alice).get(EDIT).status_code == 403
    assert pages_of(alice).post(EDIT, sent(enabled=None)).status_code == 403
    assert Job.objects.get().enabled
    assert "Edit" not in text_of(pages_of(alice).get(JOB).content).split("About")[0].split("Report")[-1]


def test_overrides_are_saved_and_dropped(pages_of: PagesOf, make_job: MakeJob, admin: User) -> None:
    make_job(class_values=CLASS)
    pages = pages_of(admin)
    changes = {
        "name": "Weekly report",
        "name_override": "true",
        "task_queues": "slow\r\nfast\r\n",
        "task_queues_override": "true",
        "time_limit": "120",
        "time_limit_override": "true",
        "grouping": "ignored without its switch",
        "slug": "weekly",
        "enabled": None,
    }
    answer = pages.post(EDIT, sent(**changes))
    assert (answer.status_code, answer["Location"]) == (303, "/jobs/weekly/")
    job = Job.objects.get()
    assert (job.name, job.task_queues, job.time_limit, job.enabled) == ("Weekly report", ["slow", "fast"], 120, False)
    assert job.grouping == "Net"
    html = pages.get("/jobs/weekly/edit/").content.decode()
    assert 'value="Weekly report"' in html
    assert "In the code: Report" in html
    assert pages.post("/jobs/weekly/edit/", sent(slug="weekly")).status_code == 303
    assert Job.objects.get().name == "Report"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name_override": "true", "name": " "}, "Give a value."),
        ({"time_limit_override": "true", "time_limit": "long"}, "Give a number of seconds."),
        ({"time_limit_override": "true", "time_limit": "-1"}, "Must be at least 0."),
        ({"slug": "results"}, "is the name of a page"),
        ({"slug": "a b"}, "Use letters, digits, hyphens and underscores only."),
        ({"task_queues_override": "true", "task_queues": "x" * 200}, "at most 100 characters each"),
        (
            {"approval_required": "true", "approval_required_override": "true"}
            | {"has_sensitive_variables": "true", "has_sensitive_variables_override": "true"},
            "A job with sensitive variables cannot also be marked as requiring approval",
        ),
    ],
)
def test_what_cannot_be_saved_is_told_at_its_field_and_kept(
    pages_of: PagesOf, make_job: MakeJob, admin: User, changes: dict[str, str], sentence: str
) -> None:
    make_job(class_values=CLASS)
    answer = pages_of(admin).post(EDIT, sent(description="typed before", description_override="true", **changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "Not saved." in text
    assert "typed before" in text
    assert Job.objects.get().description == ""


def test_what_keeps_a_job_from_running_is_said_as_in_its_form(
    pages_of: PagesOf, make_job: MakeJob, admin: User
) -> None:
    make_job(has_sensitive_variables=True, gated=True)
    page = text_of(pages_of(admin).get(EDIT.removesuffix("edit/")).content)
    assert "This job cannot run at present: it needs approval, and its inputs must not be stored." in page
    assert "Remove one of these two flags" not in page


def test_a_name_that_is_taken_is_told(pages_of: PagesOf, make_job: MakeJob, admin: User) -> None:
    make_job(class_values=CLASS)
    make_job("Other")
    answer = pages_of(admin).post(EDIT, sent(name="Other", name_override="true"))
    assert answer.status_code == 422
    assert "There is a job of this name in the group. Choose another name." in text_of(answer.content)


def test_raising_approval_holds_at_once_and_lowering_it_opens_a_request(
    pages_of: PagesOf, make_job: MakeJob, admin: User
) -> None:
    make_job(class_values=CLASS)
    pages = pages_of(admin)
    pages.post(EDIT, sent(approval_required="true", approval_required_override="true"))
    job = Job.objects.get()
    assert (job.gated, job.approval_required) == (True, True)
    assert "Saving this switched off opens a request" in text_of(pages.get(EDIT).content)
    refused = pages.post(EDIT, sent(hidden="true", hidden_override="true"))
    assert refused.status_code == 422
    assert 'href="#id_reason"' in refused.content.decode()
    assert "Say why" in text_of(refused.content)
    assert (Job.objects.get().approval_required, Job.objects.get().hidden) == (True, False)
    answer = pages.post(EDIT, sent(reason="It only reads now."), follow=True)
    job, request = Job.objects.get(), ApprovalRequest.objects.get()
    assert (job.gated, job.approval_required) == (True, False)
    assert (request.kind, request.reason) == ("open_gate", "It only reads now.")
    assert f"still needs approval until somebody else agrees to request {request.number}" in text_of(answer.content)


def test_choices_of_functions_are_not_asked_for_on_the_page(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    spec = ChoiceVar(choices=lambda: [("a", "A")]).spec("v")
    make_job(variables=[spec])
    assert pages_of(alice).get(JOB).status_code == 200
