"""Scheduled Jobs: the list, the page of a schedule, its ledger, and everything that is done to it by a button."""

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape, unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.cast import allow, html, run_of, text
from tests.web.site import Site

from foureyes.approvals.decide import approve
from foureyes.models import ApprovalRequest, Grant, Job, JobResult, Occurrence, RequestParty, ScheduledJob
from foureyes.schedules import control
from foureyes.schedules.queries import failing
from foureyes.users.models import User
from foureyes.web.typed_times import for_field

expect.set_options(timeout=PATIENCE)
PagesOf = Callable[[User], Client]
Plan = Callable[..., ScheduledJob]


@pytest.fixture
def now() -> datetime:
    """Pages read the clock, so what they show is made by it."""
    return timezone.now()


def test_the_list_says_when_in_words_with_the_zone(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    plan()
    page = html(pages_of(owner), "/jobs/scheduled/")
    assert "Nightly report" in page
    assert "Every day at 02:30, Europe/Berlin" in page
    assert "Scheduled" in page


def test_a_wish_for_now_goes_by_its_job_and_says_what_it_waits_for(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job
) -> None:
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    client, schedule = pages_of(owner), plan(reason="Agreed.")
    client.post(f"/jobs/scheduled/{schedule.pk}/run-now/", {"reason": "Now, since the disk is full."})
    wish = ScheduledJob.objects.get(interval="immediately")
    listed = html(client, "/jobs/scheduled/")
    assert "Once, as soon as it is approved" in listed
    own = html(client, f"/jobs/scheduled/{wish.pk}/")
    assert "Once, as soon as it is approved." in own
    assert "No further run is planned." not in own
    for page in (listed, own, html(client, f"/search/?q={job.name}")):
        assert job.name in page
        assert wish.name not in page


def test_a_name_with_what_nobody_sees_is_shown_with_marks_and_stays_as_it_is(
    pages_of: PagesOf, owner: User, admin: User, plan: Plan, job: Job, now: datetime
) -> None:
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    name = "Night\nly \u202ereport"
    schedule = plan(name, reason="Line one\nand \u202etwo.")
    request = ApprovalRequest.objects.get()
    at = f"/jobs/scheduled/{schedule.pk}/"
    client = pages_of(owner)
    listed = [html(client, page) for page in ("/jobs/scheduled/", at, f"{at}edit/", f"{at}delete/", f"{at}ledger/")]
    for page in listed:
        assert ">U+000A</mark>" in page
        assert ">U+202E</mark>" in page
    elsewhere = [
        *(html(client, page) for page in ("/", "/plan/calendar/?view=agenda", "/plan/timeline/", "/search/?q=night")),
        html(client, f"/jobs/results/?schedule={schedule.pk}"),
        *(html(pages_of(admin), f"/jobs/approvals/{page}") for page in ("", f"{request.pk}/")),
    ]
    for page in [*listed, *elsewhere]:
        assert "\u202e" not in page.replace(f'value="{name}"', "")
    assert ScheduledJob.objects.get().name == name
    approve(request=request, by=admin, now=now)
    assert "\u202e" not in html(client, f"{at}")


def test_who_may_not_view_schedules_sees_none(pages_of: PagesOf, dave: User, plan: Plan) -> None:
    schedule = plan()
    assert "Nightly report" not in html(pages_of(dave), "/jobs/scheduled/")
    assert pages_of(dave).get(f"/jobs/scheduled/{schedule.pk}/").status_code == 404


def test_the_list_is_narrowed_by_state_text_and_job(pages_of: PagesOf, owner: User, plan: Plan, job: Job) -> None:
    client = pages_of(owner)
    plan("First")
    client.post(f"/jobs/scheduled/{plan('Second').pk}/pause/", {"note": "disks"})
    assert "First" not in html(client, "/jobs/scheduled/?state=paused")
    assert "Second" in html(client, "/jobs/scheduled/?state=paused")
    assert "First" in html(client, "/jobs/scheduled/?q=fir")
    assert "Second" not in html(client, "/jobs/scheduled/?q=fir")
    assert "First" in html(client, f"/jobs/scheduled/?job={job.pk}&sort=next")
    assert "No schedule matches" in html(client, "/jobs/scheduled/?state=ended")


def test_the_list_takes_the_same_queries_for_any_number_of_rows(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client = pages_of(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            html(client, "/jobs/scheduled/")
        return len(seen)

    plan("0")
    few = queries()
    for number in range(1, 12):
        plan(str(number))
    assert queries() == few <= 15


def test_the_order_by_next_run_goes_on_over_pages(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    first = plan("Soonest")
    rows = [plan(f"Late {number}") for number in range(51)]
    ScheduledJob.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_run_at=first.next_run_at + timedelta(days=3)
    )
    client = pages_of(owner)
    page = html(client, "/jobs/scheduled/?sort=next")
    assert page.index("Soonest") < page.index("Late")
    following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    rest = html(client, f"/jobs/scheduled/{following}")
    assert rest.count("data-row") == 2
    assert "Soonest" not in rest


def test_the_page_shows_the_next_ten_runs_and_the_policies(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    page = html(pages_of(owner), f"/jobs/scheduled/{plan(overlap='skip', misfire='skip').pk}/")
    assert page.count('<span class="n">') == 10
    assert "An instant is skipped while the run before goes on." in page
    assert "Missed instants do not run." in page
    assert "fra" in page


def test_pausing_keeps_the_note_and_resuming_goes_on(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, schedule = pages_of(owner), plan()
    page = client.post(f"/jobs/scheduled/{schedule.pk}/pause/", {"note": "The disks <b>burn</b>"}, follow=True)
    assert "The disks &lt;b&gt;burn&lt;/b&gt;" in page.content.decode()
    page = client.post(f"/jobs/scheduled/{schedule.pk}/resume/", follow=True)
    assert "Resumed." in page.content.decode()
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "active"


def test_a_skipped_run_has_its_line_in_the_ledger(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, schedule = pages_of(owner), plan()
    client.post(f"/jobs/scheduled/{schedule.pk}/skip-next/")
    page = html(client, f"/jobs/scheduled/{schedule.pk}/ledger/")
    assert "Skipped" in page
    assert "skipped by alice" in page


def test_a_page_that_is_out_of_date_skips_no_other_run_than_it_names(
    pages_of: PagesOf, owner: User, plan: Plan
) -> None:
    client, schedule = pages_of(owner), plan()
    address = f"/jobs/scheduled/{schedule.pk}/"
    named = re.findall(r'name="planned_at" value="([^"]+)"', html(client, address))
    answers = [client.post(f"{address}skip-next/", {"planned_at": named}).status_code for _ in range(2)]
    assert answers == [302, 409]
    assert Occurrence.objects.filter(scheduled_job=schedule).count() == 1


def test_a_long_ledger_is_paged(pages_of: PagesOf, owner: User, plan: Plan, now: datetime) -> None:
    schedule = plan()
    Occurrence.objects.bulk_create(
        Occurrence(
            scheduled_job=schedule, revision=1, planned_at=now - timedelta(minutes=n), fate="missed", reason="off"
        )
        for n in range(60)
    )
    page = html(pages_of(owner), f"/jobs/scheduled/{schedule.pk}/ledger/")
    assert page.count("data-row") == 50
    assert "Next page" in page


def test_running_now_leads_to_the_run(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, schedule = pages_of(owner), plan()
    assert "as you" in html(client, f"/jobs/scheduled/{schedule.pk}/run-now/")
    answer = client.post(f"/jobs/scheduled/{schedule.pk}/run-now/")
    run = JobResult.objects.get(schedule=schedule)
    assert answer["Location"] == f"/jobs/results/{run.pk}/"


def test_a_clone_has_its_own_name_and_owner(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, schedule = pages_of(owner), plan()
    client.post(f"/jobs/scheduled/{schedule.pk}/clone/", {"name": "Second report"})
    assert ScheduledJob.objects.get(name="Second report").inputs == {"site": "fra"}


def test_a_name_that_is_too_long_is_told_at_its_field(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    answer = pages_of(owner).post(f"/jobs/scheduled/{plan().pk}/clone/", {"name": "x" * 300})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.content.decode()


def test_deleting_asks_first_and_keeps_runs(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, schedule = pages_of(owner), plan()
    assert "Delete 1 schedule" in html(client, f"/jobs/scheduled/{schedule.pk}/delete/")
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "active"
    client.post(f"/jobs/scheduled/{schedule.pk}/delete/")
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "deleted"
    assert client.get(f"/jobs/scheduled/{schedule.pk}/").status_code == 404


def test_delete_selected_lists_what_goes_before_it_goes(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, ids = pages_of(owner), [str(plan(name).pk) for name in ("One", "Two", "Three")]
    asked = client.post("/jobs/scheduled/selected/", {"action": "delete", "id": ids[:2]}).content.decode()
    assert "Delete 2 schedules" in asked
    assert "One" in asked
    assert "Three" not in asked
    client.post("/jobs/scheduled/selected/", {"action": "delete", "id": ids[:2], "confirmed": "yes"})
    assert sorted(ScheduledJob.objects.exclude(state="deleted").values_list("name", flat=True)) == ["Three"]


def test_what_is_done_from_a_narrowed_list_leads_back_to_it(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, first, seen = pages_of(owner), plan("First"), "/jobs/scheduled/?q=first&sort=next"
    plan("Second")
    (sent_to,) = re.findall(r'<form method="post" action="([^"]+)" class="card"', html(client, seen))
    sent_to = unescape(sent_to)
    paused = client.post(sent_to, {"one": f"pause:{first.pk}"}, follow=True)
    assert paused.request["QUERY_STRING"] == "q=first&sort=next"
    assert "Second" not in paused.content.decode()
    asked = client.post(sent_to, {"action": "delete", "id": str(first.pk)}).content.decode()
    assert f'<form class="confirm" method="post" action="{escape(sent_to)}">' in asked
    assert f'href="{escape(seen)}" data-back>Keep it' in asked
    gone = client.post(sent_to, {"action": "delete", "id": str(first.pk), "confirmed": "yes"}, follow=True)
    assert gone.request["QUERY_STRING"] == "q=first&sort=next"


def test_a_paused_schedule_promises_no_run(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client = pages_of(owner)
    client.post(f"/jobs/scheduled/{plan().pk}/pause/")
    assert "passes without a run" in html(client, "/jobs/scheduled/")


def test_schedules_that_fail_are_found_by_their_newest_run(
    pages_of: PagesOf, owner: User, dave: User, plan: Plan, job: Job, now: datetime
) -> None:
    failed, mended, fresh = plan("Failed"), plan("Mended"), plan("Fresh")
    run_of(job, owner, now - timedelta(hours=1), schedule=mended, status=JobResult.Status.FAILED)
    run_of(job, owner, now, schedule=mended)
    run_of(job, owner, now - timedelta(hours=1), schedule=failed, status=JobResult.Status.ERRORED)
    run_of(job, owner, now, schedule=failed, status=JobResult.Status.PENDING, completed=None, started_at=None)
    rows = ScheduledJob.objects.all()
    assert list(failing(rows, user=owner)) == [failed]
    assert list(failing(rows, user=dave)) == []
    page = html(pages_of(owner), "/jobs/scheduled/?state=failing")
    assert ("Failed" in page, mended.name in page, fresh.name in page) == (True, False, False)


def test_the_page_shows_past_runs_as_bars_too(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    schedule = plan()
    run_of(job, owner, now, schedule=schedule)
    run_of(job, owner, now, schedule=schedule, status=JobResult.Status.FAILED)
    page = html(pages_of(owner), f"/jobs/scheduled/{schedule.pk}/")
    assert 'aria-label="Last 2 runs: 1 succeeded, 1 failed' in page


def test_a_list_of_the_runs_of_one_schedule_says_so_and_lets_go_of_it(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    allow(owner, "jobresult", "view")
    client, schedule = pages_of(owner), plan("Nightly")
    run_of(job, owner, now, schedule=schedule)
    seen = f"/jobs/results/?schedule={schedule.pk}&kind=real"
    assert f'name="schedule" value="{schedule.pk}" checked>Of Nightly</label>' in html(client, seen)
    ScheduledJob.objects.update(state="deleted")
    assert "Of a schedule that is not there" in html(client, seen)


@pytest.fixture
def gated(job: Job, owner: User, bob: User) -> Job:
    """The job, which bob approves, while its owner looks at the runs."""
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    allow(owner, "jobresult", "view")
    allow(bob, "job", "approve")
    allow(bob, "scheduledjob", "change")
    return job


def test_the_export_of_runs_says_by_which_schedule_and_who_approved(
    pages_of: PagesOf, owner: User, bob: User, plan: Plan, gated: Job, now: datetime
) -> None:
    schedule = plan("Nightly", reason="Agreed.")
    asked = ApprovalRequest.objects.get(scheduled_job=schedule)
    approve(request=asked, by=bob, now=now)
    run_of(gated, owner, now, schedule=schedule, grant=Grant.objects.get())
    answer = pages_of(owner).get("/jobs/results/export.csv")
    head, row = csv.reader(b"".join(answer.streaming_content).decode().splitlines())  # type: ignore[attr-defined]
    told = dict(zip(head, row, strict=True))
    assert (told["schedule"], told["approved_by"]) == ("Nightly", "bob")


def test_many_are_paused_each_on_its_own(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    client, one, two = pages_of(owner), plan("One"), plan("Two")
    client.post(f"/jobs/scheduled/{one.pk}/pause/")
    answer = client.post("/jobs/scheduled/selected/", {"action": "pause", "id": [one.pk, two.pk]}, follow=True)
    page = answer.content.decode()
    assert "1 schedule paused." in page
    assert "is paused already." in page


def test_nothing_ticked_says_what_to_do(pages_of: PagesOf, owner: User) -> None:
    answer = pages_of(owner).post("/jobs/scheduled/selected/", {"action": "delete"}, follow=True)
    assert "tick at least one schedule" in answer.content.decode()


def test_the_switch_of_a_row_pauses_that_one(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    schedule = plan()
    pages_of(owner).post("/jobs/scheduled/selected/", {"one": f"pause:{schedule.pk}"})
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "paused"


def test_runs_that_somebody_may_not_view_are_not_told_by_their_schedule(
    pages_of: PagesOf, owner: User, bob: User, plan: Plan, now: datetime
) -> None:
    schedule = plan()
    line = Occurrence.objects.create(scheduled_job=schedule, revision=1, planned_at=now, fate="fired", decided_at=now)
    run = control.run_now(schedule=schedule, by=owner, now=now)
    JobResult.objects.filter(pk=run.pk).update(occurrence=line)
    allow(bob, "scheduledjob", "view")
    for place in ("", f"{schedule.pk}/", f"{schedule.pk}/ledger/"):
        assert str(run.pk) in html(pages_of(owner), f"/jobs/scheduled/{place}"), place
        assert str(run.pk) not in html(pages_of(bob), f"/jobs/scheduled/{place}"), place


def test_who_may_only_view_has_no_buttons_and_no_way_around(pages_of: PagesOf, bob: User, plan: Plan) -> None:
    allow(bob, "scheduledjob", "view")
    client, schedule = pages_of(bob), plan()
    page = html(client, f"/jobs/scheduled/{schedule.pk}/")
    assert "/pause/" not in page
    assert "/delete/" not in page
    assert "/edit/" not in page
    for act in ("pause", "resume", "skip-next", "delete", "clone", "run-now", "assume-ownership"):
        assert client.post(f"/jobs/scheduled/{schedule.pk}/{act}/").status_code in (403, 409), act
    assert client.get(f"/jobs/scheduled/{schedule.pk}/edit/").status_code == 403
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "active"


def test_a_schedule_without_active_owner_warns_and_is_taken_over(
    pages_of: PagesOf, owner: User, bob: User, plan: Plan, job: Job
) -> None:
    allow(bob, "job", "run")
    schedule = plan(by=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    client = pages_of(owner)
    assert "Nightly report" in html(client, "/jobs/scheduled/?state=alone")
    page = html(client, f"/jobs/scheduled/{schedule.pk}/")
    assert "It will not run as things are." in page
    assert "Assume Ownership" in page
    asked = html(client, f"/jobs/scheduled/{schedule.pk}/assume-ownership/")
    assert "The job needs no approval." in asked
    assert ScheduledJob.objects.get(pk=schedule.pk).user == bob
    client.post(f"/jobs/scheduled/{schedule.pk}/assume-ownership/")
    assert ScheduledJob.objects.get(pk=schedule.pk).user == owner


def edited(schedule: ScheduledJob, **changes: str) -> dict[str, str]:
    """The edit form as a browser sends it, with some fields changed."""
    start = for_field(schedule.start_time, zone=ZoneInfo(schedule.time_zone))
    sent = {
        "site": "fra", "_schedule_name": schedule.name, "_schedule_interval": schedule.interval,
        "_schedule_crontab": schedule.crontab, "_schedule_start_time": start, "_end": "",
        "_time_zone": schedule.time_zone, "_misfire": schedule.misfire, "_overlap": schedule.overlap,
        "_max_runs": "", "_jitter": "", "_latest_start": "", "_commit": "true", "_description": "",
    }  # fmt: skip
    return sent | changes


def test_a_preset_and_a_reset_in_the_form_save_nothing(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    schedule = plan()
    url = f"/jobs/scheduled/{schedule.pk}/edit/"
    preset = pages_of(owner).post(url, {**edited(schedule), "_preset": "0 6 * * 1"})
    assert (preset.status_code, 'value="0 6 * * 1"' in preset.content.decode()) == (200, True)
    reset = pages_of(owner).post(url, {**edited(schedule, site="ams"), "_reset": "site"})
    assert (reset.status_code, 'name="site" value=""' in reset.content.decode()) == (200, True)
    schedule.refresh_from_db()
    assert (schedule.crontab, schedule.inputs) == ("30 2 * * *", {"site": "fra"})


def test_an_unchanged_form_changes_nothing(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    schedule = plan()
    before = ScheduledJob.objects.filter(pk=schedule.pk).values().get()
    pages_of(owner).post(f"/jobs/scheduled/{schedule.pk}/edit/", edited(schedule))
    assert ScheduledJob.objects.filter(pk=schedule.pk).values().get() == before


def test_another_crontab_moves_the_next_run(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    schedule = plan()
    sent = edited(schedule, _schedule_crontab="45 3 * * *", _overlap="queue", _max_runs="7")
    answer = pages_of(owner).post(f"/jobs/scheduled/{schedule.pk}/edit/", sent, follow=True)
    assert "Saved." in answer.content.decode()
    row = ScheduledJob.objects.get(pk=schedule.pk)
    assert (row.crontab, row.overlap, row.max_runs) == ("45 3 * * *", "queue", 7)
    assert row.next_run_at.minute == 45


def test_before_saving_it_tells_what_a_clock_change_makes_of_a_typed_time(
    pages_of: PagesOf, owner: User, plan: Plan
) -> None:
    schedule, client = plan(), pages_of(owner)
    url, zone = f"/jobs/scheduled/{schedule.pk}/edit/", {"_time_zone": "Europe/Berlin", "_preview": "1"}
    gone = text(client.post(url, edited(schedule, _end="2030-03-31T02:30", **zone)).content.decode())
    assert "Sun 31 Mar 2030 at 02:30 does not exist in Europe/Berlin" in gone
    plain = text(client.post(url, edited(schedule, _end="2030-03-31T05:30", **zone)).content.decode())
    assert "What follows" in plain
    assert "Clock change" not in plain


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("_schedule_crontab", "61 * * * *", "id__schedule_crontab"),
        ("_max_runs", "many", "id__max_runs"),
        ("_end", "soon", "id__end"),
        ("_time_zone", "Mars/Olympus", "id__time_zone"),
        ("_schedule_name", "", "id__schedule_name"),
    ],
)
def test_what_cannot_be_saved_is_told_at_its_field_and_kept(
    pages_of: PagesOf, owner: User, plan: Plan, field: str, text: str, says: str
) -> None:
    schedule = plan()
    answer = pages_of(owner).post(f"/jobs/scheduled/{schedule.pk}/edit/", edited(schedule, **{field: text}))
    assert answer.status_code == 422
    assert f'href="#{says}"' in answer.content.decode()
    assert ScheduledJob.objects.get(pk=schedule.pk).revision == schedule.revision


def test_a_change_that_ends_an_approval_is_told_before_it_is_saved(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job
) -> None:
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    schedule = plan(reason="Agreed.")
    client, sent = pages_of(owner), edited(schedule, site="ams")
    first = client.post(f"/jobs/scheduled/{schedule.pk}/edit/", sent)
    page = first.content.decode()
    assert "The request that is open now is replaced by another one" in page
    assert "Save and request approval" in page
    assert ScheduledJob.objects.get(pk=schedule.pk).inputs == {"site": "fra"}
    client.post(f"/jobs/scheduled/{schedule.pk}/edit/", {**sent, "_confirmed": "yes", "_reason": "Moved to ams."})
    assert ScheduledJob.objects.get(pk=schedule.pk).inputs == {"site": "ams"}
    assert list(ApprovalRequest.objects.order_by("number").values_list("state", flat=True)) == ["superseded", "open"]


def test_what_would_change_is_told_from_what_to_what(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    schedule = plan()
    at, client = f"/jobs/scheduled/{schedule.pk}/edit/", pages_of(owner)
    changes = {"_schedule_name": "Late report", "_schedule_crontab": "45 3 * * *", "_overlap": "skip"}
    page = text(client.post(at, {**edited(schedule, site="ams", **changes), "_preview": "1"}).content.decode())
    assert "Changes Now After saving Site fra ams Schedule name Nightly report Late report Crontab" in page
    assert "While the previous run goes on Start the next run beside it Leave the next run out" in page
    assert "Time zone" not in page.partition("After saving")[2].partition("Inputs")[0]
    same = text(client.post(at, {**edited(schedule), "_preview": "1"}).content.decode())
    assert "Changes None: everything is as it was." in same


def test_an_approved_schedule_is_not_changed_without_a_reason(
    pages_of: PagesOf, owner: User, bob: User, plan: Plan, job: Job, now: datetime
) -> None:
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    schedule = plan(reason="Agreed.")
    allow(bob, "job", "approve")
    allow(bob, "scheduledjob", "change")
    approve(request=ApprovalRequest.objects.get(), by=bob, now=now)
    client, sent = pages_of(owner), {**edited(schedule, site="ams"), "_confirmed": "yes"}
    without = client.post(f"/jobs/scheduled/{schedule.pk}/edit/", {**sent, "_reason": " "})
    assert without.status_code == 422
    assert "id__reason-error" in without.content.decode()
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "active"
    client.post(f"/jobs/scheduled/{schedule.pk}/edit/", {**sent, "_reason": "Moved to ams."})
    assert ScheduledJob.objects.get(pk=schedule.pk).state == "pending"


def test_a_schedule_and_its_runs_tell_who_asked_why_who_changed_it_and_who_approved(
    pages_of: PagesOf, owner: User, bob: User, dave: User, plan: Plan, gated: Job, now: datetime
) -> None:
    schedule = plan(reason="Disks <b>fill</b> up.")
    asked = ApprovalRequest.objects.get(scheduled_job=schedule)
    edited_by = {"person_id": dave.pk, "person_name": "dave", "part": "contributor", "roles": ["editor"]}
    RequestParty.objects.create(request=asked, at=now, **edited_by)
    approve(request=asked, by=bob, reason="Read it.", now=now)
    run = run_of(gated, owner, now, schedule=schedule, grant=Grant.objects.get())
    for address in (f"/jobs/scheduled/{schedule.pk}/", f"/jobs/results/{run.pk}/"):
        page = text(html(pages_of(owner), address))
        assert re.search(r"alice requested .{1,40}“Disks <b>fill</b> up.”", page), address
        assert "dave changed what is asked for" in page
        assert re.search("bob approved .{1,40}“Read it.”", page)


def test_running_a_gated_schedule_now_asks_for_a_reason(pages_of: PagesOf, owner: User, plan: Plan, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)
    job.refresh_from_db()
    client, schedule = pages_of(owner), plan(reason="Agreed.")
    assert client.post(f"/jobs/scheduled/{schedule.pk}/run-now/", {"reason": ""}).status_code == 422
    long = client.post(f"/jobs/scheduled/{schedule.pk}/run-now/", {"reason": "x" * 10_001})
    assert long.status_code == 422
    assert "This has 10,001 characters, and at most 10,000 are kept. Shorten it." in long.content.decode()
    assert "x" * 10_001 in long.content.decode()
    answer = client.post(f"/jobs/scheduled/{schedule.pk}/run-now/", {"reason": "Now, since the disk is full."})
    assert answer.status_code == 302
    assert JobResult.objects.count() == 0
    assert ApprovalRequest.objects.filter(state="open").count() == 2


def test_schedules_from_list_to_deletion_without_scripts(site: Site, people: People) -> None:
    slug = site.jobs["Count words"]["slug"]
    made = site.call(
        "POST",
        "/api/schedules/",
        json={
            "job": slug,
            "name": "Words by night",
            "interval": "custom",
            "crontab": "5 1 * * *",
            "inputs": {"text": "a"},
        },
    )
    page = people.page("alice", js=False)
    page.goto("/jobs/scheduled/?q=Words+by+night")
    page.get_by_role("checkbox", name="Select Words by night").check()
    page.keyboard.press("Enter")  # sends the form by its first button, which is none of those that do something
    expect(page.get_by_text("Nothing was done")).to_be_visible()
    page.get_by_role("link", name="Words by night").click()
    page.get_by_label("Note").fill("Moving house.")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Moving house.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("textbox", name="Crontab").fill("5 4 * * *")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Every day at 04:05")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete 1 schedule").click()
    expect(page.get_by_text("was deleted")).to_be_visible()
    assert made["id"] not in page.content()


@pytest.mark.any_database
def test_pages_of_schedules_are_accessible_in_both_themes_and_widths(site: Site, people: People) -> None:
    slug = site.jobs["Count words"]["slug"]
    name = "Words" * 38  # one word, wider than any window
    wanted = {"job": slug, "name": name, "interval": "daily", "inputs": {"text": "a"}}
    pk = site.call("POST", "/api/schedules/", json=wanted)["id"]
    page = people.page("admin")
    for address in (
        "/jobs/scheduled/",
        *(f"/jobs/scheduled/{pk}/{part}" for part in ("", "edit/", "delete/", "ledger/")),
        f"/jobs/results/?schedule={pk}",
    ):
        page.goto(address)
        assert blemishes(page) == [], address
