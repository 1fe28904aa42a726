"""Overview, calendar, timeline and the feed: one list of what ran and what is planned, drawn in several ways."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import expect
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.cast import allow, html, run_of, text
from tests.web.site import Site

from foureyes.models import Job, JobResult, ScheduledJob, Worker
from foureyes.submission.submit import submit
from foureyes.users.models import User
from foureyes.web.plan.days import edges_of, entries_by_day, week_of
from foureyes.web.plan.happenings import Happening, happenings
from foureyes.web.plan.lanes import slices, timeline
from foureyes.web.plan.windows import windows

expect.set_options(timeout=PATIENCE)
PagesOf = Callable[[User], Client]
Plan = Callable[..., ScheduledJob]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def happening(at: datetime, **columns: Any) -> Happening:
    given = {"until": at, "state": "succeeded", "name": "Purge", "job_id": None, "job_slug": "purge", "queue": "",
             "worker": "", "run": UUID(int=1), "schedule_id": None}  # fmt: skip
    return Happening(at=at, **(given | {"job_name": columns.get("name", "Purge")} | columns))


def test_a_job_that_runs_often_is_one_line_of_its_day_with_the_worst_state() -> None:
    runs = [happening(NOON + timedelta(minutes=n), state="failed" if n == 3 else "succeeded") for n in range(6)]
    (entry,) = entries_by_day(runs)[date(2026, 11, 23)]
    assert (entry.times, entry.state, entry.is_tinted) == (6, "failed", True)


def test_a_line_belongs_to_the_day_on_the_viewers_clock() -> None:
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        assert list(entries_by_day([happening(datetime(2026, 11, 23, 18, 30, tzinfo=UTC))])) == [date(2026, 11, 24)]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-25", 24)])
def test_days_are_as_long_as_their_clock_makes_them(day: str, hours: int) -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        edges = edges_of(date.fromisoformat(day), date.fromisoformat(day), hours=24)
    assert edges[-1] - edges[0] == timedelta(hours=hours)


def test_weeks_begin_on_monday() -> None:
    assert week_of(date(2026, 11, 25))[0] == date(2026, 11, 23)


def test_lanes_put_failures_first_and_tell_in_words_what_they_show() -> None:
    found = [happening(NOON, name="Fine"), happening(NOON, name="Bad", state="failed")]
    lanes = timeline(found, since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=1), now=NOON).lanes
    assert [lane.summary for lane in lanes] == ["Bad: 1 failed", "Fine: 1 succeeded"]


def test_what_was_too_short_to_be_seen_does_not_reach_beyond_now() -> None:
    since, until = NOON - timedelta(hours=6), NOON + timedelta(hours=6)
    (lane,) = timeline([happening(NOON)], since=since, until=until, now=NOON).lanes
    assert float(lane.marks[0].x) + float(lane.marks[0].width) <= 50


def lane_of(found: list[Happening]) -> list[tuple[str, str, str, bool]]:
    (lane,) = timeline(found, since=NOON - timedelta(hours=12), until=NOON + timedelta(hours=12), now=NOON).lanes
    return [(mark.shape, mark.x, mark.width, mark.is_dense) for mark in lane.marks]


def test_runs_that_would_lie_on_each_other_are_one_bar_that_says_so() -> None:
    close = [happening(NOON - timedelta(hours=6) + timedelta(minutes=5 * n)) for n in range(4)]
    assert lane_of([*close, happening(NOON - timedelta(hours=3))]) == [
        ("s-ok", "24.10", "1.94", True),
        ("s-ok", "36.60", "0.90", False),
    ]


def test_no_run_hides_one_that_failed() -> None:
    failed = happening(NOON - timedelta(minutes=31), state="failed")
    assert [shape for shape, *_ in lane_of([failed, happening(NOON - timedelta(minutes=30))])] == ["s-ok", "s-bad"]


def test_a_lane_of_very_many_runs_has_all_of_them() -> None:
    states = ("succeeded", "failed", "cancelled")
    runs = [happening(NOON - timedelta(minutes=14 * n), state=state) for n in range(50, 0, -1) for state in states]
    assert len(lane_of(runs)) == len(runs)


@pytest.mark.parametrize(
    ("hours", "texts"),
    [
        (1, ["11:40", "11:50", "12:10", "12:20"]),
        (6, ["10:00", "11:00", "13:00", "14:00"]),
        (24, ["04:00", "08:00", "16:00", "20:00"]),
        (7 * 24, ["Sat 21 Nov", "Sun 22 Nov", "Mon 23 Nov", "Tue 24 Nov", "Wed 25 Nov", "Thu 26 Nov"]),
    ],
)
def test_the_grid_stands_at_even_times_of_the_viewers_clock(hours: int, texts: list[str]) -> None:
    half = timedelta(hours=hours) / 2
    ticks = timeline([], since=NOON - half, until=NOON + half, now=NOON).ticks
    assert [tick.text for tick in ticks if tick.text and not tick.is_now] == texts
    assert [tick.text for tick in ticks if tick.is_now] == ["12:00 now"]


def test_a_running_job_is_filled_to_now_and_dashed_for_what_is_likely_left() -> None:
    one = happening(NOON - timedelta(hours=1), until=NOON + timedelta(hours=1), state="running")
    (lane,) = timeline([one], since=NOON - timedelta(hours=2), until=NOON + timedelta(hours=2), now=NOON).lanes
    assert [(mark.shape, mark.x, mark.width) for mark in lane.marks] == [
        ("s-run", "25.00", "25.00"),
        ("s-est", "50.00", "25.00"),
    ]


def test_times_without_a_scheduler_are_hatched_and_told(
    pages_of: PagesOf, owner: User, plan: Plan, now: datetime
) -> None:
    plan(crontab="*/5 * * * *")
    began = {"kind": Worker.Kind.SCHEDULER, "state": Worker.State.STOPPED}
    for begin, end in ((9, 6), (3, 1)):
        spans = {"started_at": now - timedelta(hours=begin), "heartbeat_at": now - timedelta(hours=end)}
        Worker.objects.create(**began, **spans)
    client = pages_of(owner)
    for address, hatched in (("/plan/timeline/?span=24h", 2), ("/plan/timeline/?span=1h", 1), ("/", 2)):
        lane = html(client, address).split('role="img"')[1].split("</div>")[0]
        assert lane.count('fill="url(#hatch)"') == hatched, address
    assert html(client, "/plan/timeline/?as=table").split("No scheduler ran")[1].count(" between ") == 2


def test_the_month_shows_what_is_planned_with_counts_where_it_is_often(
    pages_of: PagesOf,
    owner: User,
    plan: Plan,
    now: datetime,
) -> None:
    plan("Every minute", crontab="* * * * *", time_zone="UTC")
    following = (timezone.localtime(now).date().replace(day=1) + timedelta(days=40)).replace(day=1)
    page = html(pages_of(owner), f"/plan/calendar/{following:%Y-%m}/")
    assert "1440×" in page


def test_a_week_of_many_instants_says_when_each_of_them_is(
    pages_of: PagesOf, owner: User, plan: Plan, now: datetime
) -> None:
    plan("Quarter past", crontab="15 * * * *", time_zone="UTC")
    week = html(pages_of(owner), f"/plan/calendar/week/{now + timedelta(days=14):%Y-%m-%d}/")
    assert set(re.findall(r"<time>\d\d:(\d\d)</time>", week)) == {"15"}


@pytest.mark.parametrize(
    "address",
    [
        "/plan/calendar/2026-13/",
        "/plan/calendar/2026-02-30/",
        "/plan/calendar/week/nonsense/",
        "/plan/calendar/9999-01/",
    ],
)
def test_a_day_that_does_not_exist_is_refused_in_words(pages_of: PagesOf, owner: User, address: str) -> None:
    answer = pages_of(owner).get(address)
    assert answer.status_code == 422
    assert "An example is" in answer.content.decode()


def month_of(at: datetime) -> str:
    return f"/plan/calendar/{at:%Y-%m}/"


@pytest.fixture
def other_job(job: Job) -> Job:
    """In another group, and with a queue of its own."""
    values = {
        field.attname: getattr(job, field.attname) for field in Job._meta.concrete_fields if not field.primary_key
    }
    values |= {"job_class_name": "Prune", "name": "Prune", "slug": "local-net-prune", "grouping": "Storage"}
    return Job.objects.create(**values | {"task_queues": ["bulk", "default"]})


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Nightly report", "Prune by night"}),
        ("?group=Storage", {"Prune by night"}),
        ("?group=Net", {"Nightly report"}),
        ("?queue=bulk", {"Prune by night"}),
        ("?queue=default", {"Nightly report"}),
        ("?owner=alice", {"Nightly report"}),
        ("?owner=bob", {"Prune by night"}),
        ("?owner=bob&group=Net", set()),
    ],
)
@pytest.mark.parametrize("address", ["month", "/plan/timeline/?span=7d&by=schedule"])
def test_pictures_of_time_are_narrowed_by_group_queue_and_owner(
    pages_of: PagesOf,
    owner: User,
    bob: User,
    plan: Plan,
    other_job: Job,
    now: datetime,
    address: str,
    query: str,
    shown: set[str],
) -> None:
    allow(bob, "job", "run")
    plan()
    submit_for(other_job, bob, now)
    there = month_of(now + timedelta(days=40)) if address == "month" else address
    page = html(pages_of(owner), there + (query if "?" not in there else query.replace("?", "&")))
    assert {name for name in ("Nightly report", "Prune by night") if f">{name}<" in page} == shown


def submit_for(job: Job, by: User, now: datetime) -> None:
    when = {"interval": "custom", "crontab": "0 4 * * *", "time_zone": "UTC", "name": "Prune by night"}
    submit(job=job, by=by, data={"site": "fra"}, files={}, schedule=when, now=now)


def test_runs_are_narrowed_by_their_own_queue_and_by_who_asked(
    pages_of: PagesOf, owner: User, bob: User, job: Job, now: datetime
) -> None:
    run_of(job, owner, now, queue="default")
    run_of(job, bob, now, queue="bulk", status=JobResult.Status.FAILED)
    client = pages_of(owner)
    for query, states in (("queue=bulk", ["1 failed"]), ("owner=alice", ["1 succeeded"]), ("owner=nobody", [])):
        page = html(client, f"/plan/timeline/?span=1h&{query}")
        assert re.findall(r'role="img" aria-label="Report: ([^"]*)"', page) == states, query


def test_who_has_no_account_any_more_is_found_by_name(
    pages_of: PagesOf, owner: User, bob: User, job: Job, now: datetime
) -> None:
    run_of(job, bob, now)
    bob.delete()
    assert 'aria-label="Report: 1 succeeded"' in html(pages_of(owner), "/plan/timeline/?owner=bob")


def test_filters_stay_in_every_link_of_the_calendar_and_in_the_feed(
    client: Client, pages_of: PagesOf, owner: User, plan: Plan, other_job: Job, now: datetime
) -> None:
    plan()
    signed_in = pages_of(owner)
    page = html(signed_in, month_of(now + timedelta(days=40)) + "?group=Storage")
    links = re.findall(r'href="(/plan/calendar/[^"]*)"', page.split("<main")[1])
    assert len(links) > 30
    assert [link for link in links if "group=Storage" not in link] == []
    told = html(signed_in, "/plan/calendar/subscribe/?group=Storage")
    assert "It is narrowed to group Storage." in told
    address = told.split('<code id="feed" class="wrap">')[1].split("<")[0].replace("http://testserver", "")
    events = {query: client.get(address.split("?")[0] + query).content for query in ("?group=Storage", "?group=Net")}
    assert address.endswith(".ics?group=Storage")
    assert b"BEGIN:VEVENT" not in events["?group=Storage"]
    assert b"BEGIN:VEVENT" in events["?group=Net"]


def test_lanes_are_schedules_or_jobs_as_one_likes(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    planned = plan("Every hour", crontab="0 * * * *")
    run_of(job, owner, now, schedule=planned)
    run_of(job, owner, now, status=JobResult.Status.FAILED)
    client = pages_of(owner)
    summaries = {
        by: re.findall(r'role="img" aria-label="([^"]*)"', html(client, f"/plan/timeline/?span=6h&by={by}"))
        for by in ("schedule", "job", "queue")
    }
    assert summaries == {
        "schedule": ["Report: 1 failed", "Every hour: 1 succeeded, 3 scheduled"],
        "job": ["Report: 1 succeeded, 1 failed, 3 scheduled"],
        "queue": ["default: 1 succeeded, 1 failed, 3 scheduled"],
    }


def test_a_name_with_what_nobody_sees_is_marked_alike_before_and_after_it_ran(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    run_of(job, owner, now, schedule=plan("Every\u200bhour", crontab="0 * * * *"))
    page = html(pages_of(owner), "/plan/timeline/?span=6h")
    (lane,) = re.findall(r'role="img" aria-label="([^"]*)"', page)
    assert lane.endswith(": 1 succeeded, 3 scheduled")
    assert "\u200b" not in page


def test_a_schedule_that_one_may_not_view_lends_its_runs_no_name(
    pages_of: PagesOf, owner: User, dave: User, plan: Plan, job: Job, now: datetime
) -> None:
    run_of(job, owner, now, schedule=plan("Secret plan"))
    allow(dave, "jobresult", "view")
    page = html(pages_of(dave), "/plan/timeline/")
    assert 'aria-label="Report: 1 succeeded"' in page
    assert "Secret plan" not in page


def test_a_run_that_was_wished_for_now_goes_by_its_job(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    wish = plan("Report - 2026-11-24 14:32:00+00:00")
    ScheduledJob.objects.filter(pk=wish.pk).update(interval="immediately", state="finished", next_run_at=None)
    run_of(job, owner, now, schedule=wish)
    page = html(pages_of(owner), "/plan/timeline/")
    assert 'aria-label="Report: 1 succeeded"' in page
    assert wish.name not in page


def test_what_is_past_due_stands_where_it_should_have_run_and_leads_to_its_request(
    pages_of: PagesOf, owner: User, plan: Plan, job: Job, now: datetime
) -> None:
    Job.objects.filter(pk=job.pk).update(gated=True, approval_required=True)
    job.refresh_from_db()
    asked = plan("Push", interval="future", crontab="", start_time=now + timedelta(minutes=30), reason="CHG-1")
    then = now - timedelta(minutes=10)
    ScheduledJob.objects.filter(pk=asked.pk).update(start_time=then, next_run_at=then)
    request = asked.approval_requests.get()
    client = pages_of(owner)
    day = html(client, f"/plan/calendar/{timezone.localtime(then):%Y-%m-%d}/")
    assert f'href="/jobs/approvals/{request.pk}/" data-open>Push<' in day
    assert "Past due" in day
    assert re.search(r'<li class="late"><a href="/jobs/approvals/', html(client, month_of(timezone.localtime(then))))
    assert 'aria-label="Push: 1 past due"' in html(client, "/plan/timeline/?span=1h")


def test_free_times_lie_between_what_is_planned_and_are_long_enough_to_be_seen() -> None:
    since, until = NOON - timedelta(hours=6), NOON + timedelta(hours=6)
    planned = [
        happening(NOON + timedelta(hours=2), until=NOON + timedelta(hours=3), state="scheduled", run=None),
        happening(NOON + timedelta(hours=3, minutes=30), until=NOON + timedelta(hours=4), state="awaiting", run=None),
        happening(NOON + timedelta(hours=5), until=NOON + timedelta(hours=5), state="paused", run=None),
    ]
    found = windows(planned, since=since, until=until, now=NOON)
    assert [(one.words, one.length, one.x, one.url) for one in found] == [
        ("Today, 12:00 to 14:00", "2 h", "50.00", "/jobs/?start=2026-11-23T12:10Z"),
        ("Today, 16:00 to 18:00", "2 h", "83.33", "/jobs/?start=2026-11-23T16:05Z"),
    ]


def test_a_free_time_leads_over_the_choice_of_a_job_to_a_form_for_that_time(
    pages_of: PagesOf, owner: User, plan: Plan, now: datetime
) -> None:
    plan("Hourly", crontab="0 * * * *")
    client = pages_of(owner)
    page = html(client, "/plan/timeline/?span=1h")
    (first, *_) = re.findall(r'<a href="(/jobs/\?start=[^"]*)" aria-label="Schedule here', page)
    assert first in html(client, "/plan/timeline/?span=1h&as=table")
    jobs = html(client, first)
    assert "Choose a job to schedule for" in jobs
    (form,) = re.findall(r'href="(/jobs/local-net-report/run/[^"]*)"', jobs)
    sheet = html(client, form)
    start = datetime.fromisoformat(first.partition("=")[2])
    assert start > now
    assert f'value="{timezone.localtime(start):%Y-%m-%dT%H:%M}"' in sheet
    assert re.search(r'value="future"[^>]* checked', sheet)


@pytest.mark.parametrize("start", ["", "nonsense", "2026-11-26T16:00", "0001-01-01T00:00+23:59"])
def test_a_start_that_cannot_be_read_is_none(pages_of: PagesOf, owner: User, job: Job, start: str) -> None:
    client = pages_of(owner)
    assert "Choose a job to schedule for" not in html(client, "/jobs/", data={"start": start})
    page = html(client, f"/jobs/{job.slug}/run/", data={"start": start})
    assert re.search(r'value="immediately"[^>]* checked', page)


def test_who_may_run_nothing_is_offered_no_free_time(pages_of: PagesOf, dave: User) -> None:
    assert "Schedule here" not in html(pages_of(dave), "/plan/timeline/")


def test_the_table_keeps_what_is_nearest_to_now(
    pages_of: PagesOf, owner: User, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foureyes.web.plan.timeline.ROWS", 3)
    plan("Every ten minutes", crontab="*/10 * * * *")
    page = html(pages_of(owner), "/plan/timeline/?span=6h&as=table")
    assert page.count("<tr data-row>") == 3
    assert "15 more, farther from now, are left out" in page


def test_who_may_not_view_anything_sees_an_empty_calendar(
    pages_of: PagesOf, dave: User, plan: Plan, now: datetime
) -> None:
    plan()
    assert "Report" not in html(pages_of(dave), f"/plan/calendar/{now + timedelta(days=1):%Y-%m-%d}/")


@pytest.mark.parametrize("address", ["/", "/plan/calendar/", "/plan/timeline/?span=7d&as=table"])
def test_pictures_of_time_take_the_same_queries_for_any_number_of_rows(
    pages_of: PagesOf,
    owner: User,
    plan: Plan,
    job: Job,
    now: datetime,
    address: str,
) -> None:
    client = pages_of(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            html(client, address)
        return len(seen)

    def store(number: int) -> None:
        plan(str(number))
        run_of(job, owner, now, status=JobResult.Status.FAILED)
        run_of(job, owner, now)
        lease = {"lease_until": now + timedelta(days=1)}
        run_of(job, owner, now, status=JobResult.Status.RUNNING, **lease)

    store(0)
    few = queries()
    for number in range(1, 8):
        store(number)
    assert queries() == few <= 15


def test_the_feed_has_what_its_owner_may_view_and_ends_with_its_address(
    client: Client,
    pages_of: PagesOf,
    owner: User,
    plan: Plan,
) -> None:
    plan("Nightly, \u2603")
    signed_in = pages_of(owner)
    page = html(signed_in, "/plan/calendar/subscribe/")
    address = page.split('<code id="feed" class="wrap">')[1].split("<")[0].replace("http://testserver", "")
    events = list(Calendar.from_ical(client.get(address).content).walk("VEVENT"))
    assert 55 <= len(events) <= 61
    assert str(events[0]["summary"]) == "Nightly, \u2603"
    assert len({str(event["uid"]) for event in events}) == len(events)
    signed_in.post("/plan/calendar/subscribe/")
    assert client.get(address).status_code == 404


def test_the_feed_of_an_inactive_person_is_gone(client: Client, pages_of: PagesOf, owner: User) -> None:
    page = html(pages_of(owner), "/plan/calendar/subscribe/")
    address = page.split('<code id="feed" class="wrap">')[1].split("<")[0].replace("http://testserver", "")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert client.get(address).status_code == 404
    assert client.get("/plan/calendar/feed/forged.ics").status_code == 404


def test_the_overview_begins_with_first_steps(pages_of: PagesOf, admin: User) -> None:
    page = html(pages_of(admin), "/")
    assert "First steps" in page
    assert "Add a job" in page


def test_the_overview_offers_only_what_a_person_may_do(
    pages_of: PagesOf, owner: User, bob: User, carol: User, job: Job, now: datetime
) -> None:
    run_of(job, owner, now)
    allow(bob, "job", "view")
    nobody, viewer, runner = (html(pages_of(person), "/") for person in (carol, bob, owner))
    assert "You may not view jobs, schedules or runs yet." in nobody
    assert "All quiet" not in nobody
    assert "You may not view" not in viewer
    offers = ("Run a job</a>", ">Calendar</a></div>")
    assert [word in runner for word in ("Run a job</a>", "Calendar</a>")] == [True, True]
    assert not any(word in page for word in offers for page in (nobody, viewer))


def test_the_overview_leads_with_what_went_wrong(pages_of: PagesOf, owner: User, job: Job, now: datetime) -> None:
    run = run_of(job, owner, now, status=JobResult.Status.ERRORED, cause=JobResult.Cause.HARD_LIMIT)
    page = html(pages_of(owner), "/")
    assert "failed: the time limit was over" in page
    assert f"/jobs/results/{run.pk}/" in page


def test_the_overview_says_who_asks_by_name_and_until_when(
    pages_of: PagesOf, admin: User, job: Job, plan: Plan, owner: User, now: datetime
) -> None:
    User.objects.filter(pk=owner.pk).update(first_name="Alice", last_name="Adams")
    Job.objects.filter(pk=job.pk).update(gated=True, approval_required=True)
    job.refresh_from_db()
    asked = plan(interval="future", crontab="", start_time=now + timedelta(minutes=90, seconds=30), reason="CHG-1")
    page = text(html(pages_of(admin), "/"))
    assert "Alice Adams: CHG-1 · due in 1 h 30 min" in page
    ScheduledJob.objects.filter(pk=asked.pk).update(start_time=now - timedelta(minutes=90), next_run_at=None)
    assert "Alice Adams: CHG-1 · was due 1 h 30 min ago" in text(html(pages_of(admin), "/"))


def test_the_overview_says_how_long_a_run_will_still_take(
    pages_of: PagesOf, owner: User, job: Job, now: datetime
) -> None:
    started = {"started_at": now - timedelta(minutes=5), "status": JobResult.Status.RUNNING, "worker": None}
    lease = {"lease_until": now + timedelta(minutes=1)}
    quarter = {"progress_done": 25, "progress_total": 100, "progress_began_at": started["started_at"]}
    run_of(job, owner, now, **started, **lease, **quarter, progress_began_with=0)
    assert re.search(r"25 % .*about 15 min", text(html(pages_of(owner), "/")))


def test_the_timeline_draws_a_run_on_to_when_it_is_likely_to_end(owner: User, job: Job, now: datetime) -> None:
    """By the same estimate as the run's page."""
    for minutes in (10, 20, 40):
        run_of(job, owner, now - timedelta(days=9), started_at=now, completed=now + timedelta(minutes=minutes))
    started = {"started_at": now - timedelta(minutes=5), "status": JobResult.Status.RUNNING}
    lease = {"lease_until": now + timedelta(minutes=1)}
    run = run_of(job, owner, now - timedelta(minutes=6), **started, **lease)
    edges = slices(now - timedelta(hours=1), now + timedelta(hours=1))
    (going,) = happenings(user=owner, edges=edges, now=now).happenings
    assert going.until == now + timedelta(minutes=15)
    counted = {"progress_done": 50, "progress_total": 100, "progress_began_at": run.started_at}
    JobResult.objects.filter(pk=run.pk).update(**counted, progress_began_with=0)
    (going,) = happenings(user=owner, edges=edges, now=now).happenings
    assert going.until == now + timedelta(minutes=5)


def test_the_overview_says_how_many_of_the_ended_runs_succeeded(
    pages_of: PagesOf, owner: User, job: Job, now: datetime
) -> None:
    run_of(job, owner, now)
    run_of(job, owner, now, status=JobResult.Status.FAILED)
    run_of(job, owner, now, status=JobResult.Status.ERRORED, cause=JobResult.Cause.CANCELLED)
    assert "of 2 runs · 50.0 % succeeded" in html(pages_of(owner), "/")


def test_the_overview_says_how_full_the_workers_are(pages_of: PagesOf, admin: User, job: Job, now: datetime) -> None:
    run_of(job, admin, now, status=JobResult.Status.PENDING, completed=None)
    Worker.objects.create(name="w1", queues=["default"], slots=3, started_at=now, heartbeat_at=now)
    Worker.objects.create(name="w2", queues=["slow"], slots=2, started_at=now, heartbeat_at=now)
    assert "0 of 5 slots · 1 queued" in text(html(pages_of(admin), "/"))


def test_the_overview_says_when_all_is_quiet(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    plan("Nightly", crontab="0 * * * *")
    assert "All quiet. Next run: Nightly in " in html(pages_of(owner), "/")


def test_the_overview_tells_requesters_that_their_own_waits(
    pages_of: PagesOf, admin: User, job: Job, plan: Plan, owner: User, now: datetime
) -> None:
    Job.objects.filter(pk=job.pk).update(gated=True, approval_required=True)
    job.refresh_from_db()
    plan(by=admin, interval="future", crontab="", start_time=now + timedelta(hours=3), reason="CHG-1")
    for kind in (Worker.Kind.SCHEDULER, Worker.Kind.WORKER):
        Worker.objects.create(kind=kind, started_at=now, heartbeat_at=now + timedelta(minutes=1))
    page = text(html(pages_of(admin), "/"))
    assert "1 of yours waits for somebody else" in page
    assert "planned run · 1 needs approval first" in page
    assert "What is planned in the next 24 hours needs approval first." in page


def test_the_overview_begins_with_what_keeps_runs_from_starting(
    pages_of: PagesOf, admin: User, owner: User, plan: Plan, now: datetime
) -> None:
    def first_of(person: User) -> str:
        found = re.search(r'<a class="t"[^>]*>([^<]*)</a>', html(pages_of(person), "/"))
        return found[1] if found else ""

    schedule = plan()
    assert (first_of(admin), first_of(owner)) == ("No scheduler", "")
    alive = {"started_at": now, "heartbeat_at": now + timedelta(minutes=1)}
    Worker.objects.create(kind=Worker.Kind.SCHEDULER, **alive)
    assert first_of(admin) == "No worker takes runs"
    Worker.objects.create(kind=Worker.Kind.WORKER, **alive)
    assert first_of(admin) == ""
    ScheduledJob.objects.filter(pk=schedule.pk).update(next_run_at=now - timedelta(minutes=5))
    assert first_of(admin) == "Late by 5 min"


def test_the_overview_names_schedules_without_owner(pages_of: PagesOf, admin: User, bob: User, plan: Plan) -> None:
    allow(bob, "job", "run")
    plan("Left alone", by=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert "1 schedule has no active owner" in html(pages_of(admin), "/")


def test_the_live_part_brings_tiles_and_lists_alone(pages_of: PagesOf, owner: User, plan: Plan) -> None:
    plan()
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = pages_of(owner).get("/?part=live", headers=headers).content.decode()
    assert 'id="tiles" hx-swap-oob' in answer
    assert "<html" not in answer
    assert 'id="timeline"' not in answer


@pytest.mark.any_database
def test_pages_of_time_are_accessible_in_both_themes_and_widths(site: Site, people: People) -> None:
    wanted = {
        "job": site.jobs["Count words"]["slug"],
        "name": "Words ahead",
        "interval": "hourly",
        "inputs": {"text": "a"},
    }
    site.call("POST", "/api/schedules/", json=wanted)
    page = people.page("alice")
    places = ("/", "/plan/calendar/", "/plan/calendar/?view=agenda", "/plan/timeline/?span=1h",
              "/plan/timeline/?as=table",
              f"/plan/calendar/week/{date.today().isoformat()}/", "/plan/calendar/subscribe/")  # fmt: skip
    for address in places:
        page.goto(address)
        assert blemishes(page) == [], address
