"""The run form without a browser: every type of variable, every type of schedule, every "no", and nothing twice."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.schedules.conftest import *  # noqa: F403 - fixtures: make_job
from tests.schedules.conftest import MakeJob, allow
from tests.web.test_jobs_list import run_of, text_of

from foureyes.catalog.bundles import of_contents, store
from foureyes.events import Kind
from foureyes.jobs import (
    BooleanVar,
    ChoiceVar,
    DateTimeVar,
    DateVar,
    FileVar,
    IntegerVar,
    IPAddressVar,
    IPAddressWithMaskVar,
    IPNetworkVar,
    JSONVar,
    MultiChoiceVar,
    MultiObjectVar,
    ObjectVar,
    StringVar,
    TextVar,
)
from foureyes.models import ApprovalRequest, Event, InputFile, Job, JobResult, ScheduledJob, Worker
from foureyes.runs.workers import register
from foureyes.users.models import ObjectPermission, User
from foureyes.web.times import roughly

PagesOf = Callable[[User], Client]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
RUN = "/jobs/local-net-report/run/"


@pytest.fixture
def alice(alice: User) -> User:
    allow(alice, Job, "view", "run")
    allow(alice, ScheduledJob, "view", "change", "delete")
    allow(alice, JobResult, "view")
    return alice


@pytest.fixture(autouse=True)
def worker(db: None) -> Worker:
    return register(kind=Worker.Kind.WORKER, name="host:1", queues=["default", "slow"], slots=2, now=timezone.now())


def specs(**variables: Any) -> list[dict[str, Any]]:
    """The stored form of variables."""
    return [variable.spec(name) for name, variable in variables.items()]


def hidden_of(html: str) -> dict[str, str]:
    """The form's own fields, as a browser would send them back."""
    return dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', html))


def filled(client: Client, url: str = RUN, **fields: Any) -> dict[str, Any]:
    """A form as the page gave it, with some fields filled in."""
    return {
        "_schedule_interval": "immediately",
        "_commit": "true",
        **hidden_of(client.get(url).content.decode()),
        **fields,
    }


def send(client: Client, url: str = RUN, **fields: Any) -> Any:
    """Open the form, fill it in, send it."""
    return client.post(url, filled(client, url, **fields))


def soon(**later: float) -> str:
    """A wall time in UTC, as the browser's field gives it."""
    return f"{datetime.now(UTC) + timedelta(**later):%Y-%m-%dT%H:%M}"


# Variables: what is sent, what the job gets, and what the form shows when it is filled from that run.
TYPES: list[tuple[Any, Any, Any, str]] = [
    (StringVar(), "paris", "paris", 'value="paris"'),
    (TextVar(), "one\ntwo", "one\ntwo", ">\none\ntwo</textarea>"),
    (IntegerVar(min_value=1), "7", 7, 'value="7"'),
    (BooleanVar(), "true", True, 'value="true" checked'),
    (BooleanVar(default=True), None, False, 'name="v" value="true" aria'),
    (ChoiceVar(choices=(("a", "Alpha"), ("b", "Beta"))), "b", "b", '<option value="b" selected>Beta'),
    (
        ChoiceVar(choices=(("North", (("n", "Nice"),)), ("South", (("s", "Sun"),)))),
        "s",
        "s",
        '<optgroup label="South">',
    ),
    (MultiChoiceVar(choices=(("a", "A"), ("b", "B"), ("c", "C"))), ["c", "a"], ["c", "a"], 'value="c" checked'),
    (IPAddressVar(), "2001:db8::1", "2001:db8::1", 'value="2001:db8::1"'),
    (IPAddressWithMaskVar(), "10.0.0.1/24", "10.0.0.1/24", 'value="10.0.0.1/24"'),
    (IPNetworkVar(), "10.0.0.0/24", "10.0.0.0/24", 'value="10.0.0.0/24"'),
    (DateVar(), "2030-01-31", "2030-01-31", 'type="date" id="id_v" name="v" value="2030-01-31"'),
    (JSONVar(), '{"a": [1]}', {"a": [1]}, "&quot;a&quot;: ["),
]


@pytest.mark.parametrize(("variable", "sent", "stored", "shown"), TYPES, ids=lambda value: type(value).__name__)
def test_each_variable_goes_to_the_job_and_comes_back(
    pages_of: PagesOf, make_job: MakeJob, alice: User, variable: Any, sent: Any, stored: Any, shown: str
) -> None:
    make_job(variables=specs(v=variable))
    pages = pages_of(alice)
    answer = send(pages, **({} if sent is None else {"v": sent}))
    assert answer.status_code == 303, text_of(answer.content)
    run = JobResult.objects.get()
    assert (run.job_kwargs or {})["data"] == {"v": stored}
    again = pages.get(f"{RUN}?from={run.pk}").content.decode()
    if sent is None:
        assert not re.search(r'id="id_v"[^>]* checked', again)
    else:
        assert shown in again


def test_instants_are_typed_and_shown_in_the_viewers_zone(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    alice.time_zone = "Asia/Kathmandu"
    alice.save()
    make_job(variables=specs(v=DateTimeVar()))
    pages = pages_of(alice)
    assert send(pages, v="2030-01-31T12:00").status_code == 303
    run = JobResult.objects.get()
    assert (run.job_kwargs or {})["data"] == {"v": "2030-01-31T06:15:00+00:00"}
    html = pages.get(f"{RUN}?from={run.pk}").content.decode()
    assert 'value="2030-01-31T12:00"' in html
    assert "Time in Asia/Kathmandu." in html


def test_objects_are_chosen_from_those_that_the_person_may_view(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User
) -> None:
    make_job(
        variables=specs(one=ObjectVar(model="users.user"), many=MultiObjectVar(model="users.user", required=False))
    )
    pages = pages_of(alice)
    assert "There is no user that you may view." in text_of(pages.get(RUN).content)
    allow(alice, User, "view")
    html = pages.get(RUN).content.decode()
    assert f'<option value="{bob.pk}">bob</option>' in html
    assert send(pages, one=str(bob.pk), many=[str(bob.pk), str(alice.pk)]).status_code == 303
    assert (JobResult.objects.get().job_kwargs or {})["data"] == {
        "one": str(bob.pk),
        "many": [str(bob.pk), str(alice.pk)],
    }


def test_of_too_many_objects_one_searches_and_nothing_typed_is_lost(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foureyes.web.jobs.fields.MOST_ROWS", 3)
    monkeypatch.setattr("foureyes.web.jobs.fields.FOUND_ROWS", 2)
    team = Group.objects.create(name="Operations")
    people = [User.objects.create(username=f"person{number}") for number in range(4)]
    people[0].groups.add(team)
    team_only = {"groups": "$team"}
    make_job(
        variables=specs(
            why=StringVar(),
            team=ObjectVar(model="auth.group", required=False, null_option="Any team"),
            one=ObjectVar(model="users.user"),
            many=MultiObjectVar(model="users.user", query_params=team_only, label="Members", required=False),
        )
    )
    allow(alice, User, "view")
    allow(alice, Group, "view")
    pages = pages_of(alice)
    html = pages.get(RUN).content.decode()
    assert 'name="_find_one"' in html
    assert '<option value="">Any team</option>' in html
    assert "There are more: these are the first 2." in html
    assert "Offers what fits Team." in html
    kept = {"why": "for the audit", "one": str(bob.pk), "many": [str(people[3].pk)], "team": str(team.pk)}
    sent = {**filled(pages, **kept), "_find_one": "person2", "_find": "one"}
    answer = pages.post(RUN, sent)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="for the audit"' in html
    assert 'name="_find_one" value="person2"' in html
    assert f'<option value="{bob.pk}" selected>bob</option><option value="{people[2].pk}">person2</option>' in html
    assert f'value="{people[3].pk}" checked><span>person3<' in html  # was chosen, though it fits no more
    assert f'value="{people[0].pk}"><span>person0<' in html
    assert f'value="{people[1].pk}"' not in html
    part = pages.post(f"{RUN}preview/", sent, headers=HTMX).content.decode()
    assert re.findall(r'id="(place-\w+)" hx-swap-oob="outerMorph"', part) == ["place-one", "place-many"]
    assert not JobResult.objects.exists()
    assert pages.post(RUN, {name: value for name, value in sent.items() if name != "_find"}).status_code == 303
    data = (JobResult.objects.get().job_kwargs or {})["data"]
    assert (data["one"], data["many"]) == (str(bob.pk), [str(people[3].pk)])


def test_files_are_taken_and_asked_for_again_when_something_is_wrong(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(variables=specs(table=FileVar(label="Table"), count=IntegerVar()))
    pages = pages_of(alice)
    answer = send(pages, table=SimpleUploadedFile("t.csv", b"a,b"), count="many")
    assert answer.status_code == 422
    text = text_of(answer.content)
    assert "Give a whole number, such as 7." in text
    assert "choose or type Table again" in text
    assert "choose or type" not in text_of(send(pages, count="many").content)  # there was no file
    assert send(pages, table=SimpleUploadedFile("t.csv", b"a,b"), count="2").status_code == 303
    assert InputFile.objects.get().name == "t.csv"


def test_secrets_are_never_shown_again(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(variables=specs(password=StringVar(sensitive=True, label="Password"), count=IntegerVar()))
    pages = pages_of(alice)
    answer = send(pages, password="hunter2-hunter2", count="many")
    assert answer.status_code == 422
    assert "hunter2" not in answer.content.decode()
    assert send(pages, password="hunter2-hunter2", count="2").status_code == 303
    html = pages.get(f"{RUN}?from={JobResult.objects.get().pk}").content.decode()
    assert "hunter2" not in html
    assert "******" not in html
    assert "but for Password: give that again" in html


def test_choices_that_cannot_be_read_are_told_at_the_field(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    spec = {"name": "v", "type": "ChoiceVar", "required": True, "choices": None, "dynamic_choices": True}
    make_job(variables=[spec])
    answer = pages_of(alice).get(RUN)
    assert "The choices of v cannot be read now" in text_of(answer.content)


def test_all_faults_are_told_at_once_at_their_fields_and_everything_typed_is_kept(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(gated=True, approval_required=True, variables=specs(site=StringVar(), count=IntegerVar(max_value=9)))
    answer = send(
        pages_of(alice), site="", count="12", _schedule_interval="custom", _schedule_crontab="99 * * * *", _reason=" "
    )
    html, text = answer.content.decode(), text_of(answer.content)
    assert answer.status_code == 422
    assert "5 problems:" in text
    for part in ("id_site", "id_count", "id__schedule_name", "id__schedule_crontab", "id__reason"):
        assert f'href="#{part}"' in html
        assert f'id="{part}-error"' in html
    assert 'value="12"' in html
    assert 'value="99 * * * *"' in html
    assert "Must be at most 9." in text
    assert "Give the schedule a name." in text
    assert not ScheduledJob.objects.exists()


def test_a_reason_that_is_too_long_is_told_at_its_field_and_kept(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(gated=True, approval_required=True, variables=specs(site=StringVar()))
    answer = send(pages_of(alice), site="ams", _reason="x" * 10_001)
    assert answer.status_code == 422
    assert "This has 10,001 characters, and at most 10,000 are kept. Shorten it." in text_of(answer.content)
    assert "x" * 10_001 in answer.content.decode()


@pytest.mark.parametrize("interval", ["future", "hourly", "daily", "weekly", "custom"])
def test_each_type_of_schedule_is_stored_in_its_zone(
    pages_of: PagesOf, make_job: MakeJob, alice: User, interval: str
) -> None:
    make_job()
    fields = {"_schedule_interval": interval, "_schedule_name": "later", "_time_zone": "Europe/Berlin"}
    fields |= (
        {"_schedule_crontab": "30 2 1 * *"} if interval == "custom" else {"_schedule_start_time": "2030-06-01T09:00"}
    )
    answer = send(
        pages_of(alice), **fields, _misfire="skip", _overlap="queue", _max_runs="3" if interval != "future" else ""
    )
    assert answer.status_code == 303, text_of(answer.content)
    row = ScheduledJob.objects.get()
    assert (row.interval, row.time_zone, row.misfire, row.overlap) == (interval, "Europe/Berlin", "skip", "queue")
    if interval != "custom":
        assert row.start_time == datetime(2030, 6, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"_schedule_interval": "daily"}, "Say when the first run is."),
        ({"_schedule_interval": "future", "_schedule_start_time": "2020-01-01T10:00"}, "This time is over"),
        ({"_schedule_interval": "future", "_schedule_start_time": "soon"}, "Give a date and a time."),
        ({"_schedule_interval": "custom", "_time_zone": "Europe/Berlim"}, "Did you mean Europe/Berlin?"),
        ({"_schedule_interval": "custom", "_max_runs": "few"}, "Give a whole number"),
        ({"_schedule_interval": "custom", "_jitter": "-1"}, "Give a number of seconds"),
        ({"_schedule_interval": "custom", "_overlap": "maybe"}, "is none of"),
        ({"_schedule_interval": "sometimes"}, "Choose one of the six types."),
        ({"_task_queue": "secret"}, "“secret” is not offered. Choose one of those that are offered."),
    ],
)
def test_what_is_wrong_with_a_plan_is_told(
    pages_of: PagesOf, make_job: MakeJob, alice: User, fields: dict[str, str], sentence: str
) -> None:
    make_job()
    given = {"_schedule_name": "x", "_schedule_crontab": "30 2 1 * *", **fields}
    answer = send(pages_of(alice), **given)
    assert answer.status_code == 422
    assert sentence in text_of(answer.content)
    assert not ScheduledJob.objects.exists()


@pytest.mark.parametrize(
    ("gated", "words"),
    [
        (False, {"now": "Run job now", "later": "Schedule job", "dry": "Dry run now"}),
        (True, {"now": "Request approval to run", "later": "Request approval for schedule", "dry": "Dry run now"}),
    ],
)
def test_the_button_says_what_will_happen_for_each_choice(
    pages_of: PagesOf, make_job: MakeJob, alice: User, gated: bool, words: dict[str, str]
) -> None:
    make_job(gated=gated, approval_required=gated)
    html = pages_of(alice).get(RUN).content.decode()
    assert dict(re.findall(r'class="row tight nw on-(\w+)">.*?</svg>(.*?)</span>', html)) == words


def test_characters_that_nobody_sees_are_shown_before_anything_is_sent(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(variables=specs(site=StringVar()))
    pages = pages_of(alice)
    assert "cannot be seen" not in text_of(pages.get(RUN).content)
    answer = pages.post(f"{RUN}preview/", {"site": "rome\u202e"}, headers=HTMX)
    assert "Some of this cannot be seen." in text_of(answer.content)
    assert "romeU+202E" in text_of(answer.content).replace(" ", "")


def test_the_preview_tells_sentence_times_and_notes(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    alice.time_zone = "America/New_York"
    alice.save()
    make_job()
    sent = {
        "_schedule_interval": "custom",
        "_schedule_crontab": "30 2 31 * *",
        "_time_zone": "Europe/Berlin",
        "_schedule_start_time": "2030-03-01T00:00",
    }
    html = pages_of(alice).post(f"{RUN}preview/", sent, headers=HTMX).content
    text = text_of(html)
    assert "On the 31st of the month at 02:30" in text
    assert "Sun 31 Mar 2030, 03:00" in text  # 02:30 does not exist on that day
    assert "01:00 UTC · Sat 30 Mar 2030, 21:00 New York" in text
    assert "the clock is put forward to 03:00" in text
    assert "There is no 31st of February, April" in text
    assert html.decode().count('<li><span class="n">') == 5
    assert 'class="nav"' not in html.decode()


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("_schedule_start_time", "2030-03-31T02:30", "Sun 31 Mar 2030 at 02:30 does not exist in Europe/Berlin"),
        ("_schedule_start_time", "2030-10-27T02:30", "Sun 27 Oct 2030 at 02:30 comes twice in Europe/Berlin"),
        ("_end", "2031-03-30T02:30", "Sun 30 Mar 2031 at 02:30 does not exist in Europe/Berlin"),
    ],
)
def test_the_preview_tells_of_a_typed_time_that_is_left_out_or_comes_twice(
    pages_of: PagesOf, make_job: MakeJob, alice: User, field: str, typed: str, told: str
) -> None:
    make_job()
    sent = {
        "_schedule_interval": "daily",
        "_time_zone": "Europe/Berlin",
        "_schedule_start_time": "2030-01-01T02:30",
        field: typed,
    }
    assert told in text_of(pages_of(alice).post(f"{RUN}preview/", sent, headers=HTMX).content)
    once = text_of(
        pages_of(alice).post(f"{RUN}preview/", {**sent, "_schedule_interval": "future"}, headers=HTMX).content
    )
    assert (told in once) == (field != "_end")


@pytest.mark.parametrize(
    ("hours", "words"),
    [(3.5, "in 3 h 30 min"), (35, "in 1 day"), (37, "in 2 days"), (13 * 24, "in 13 days"), (36 * 24, "in 5 weeks")],
)
def test_what_is_far_ahead_is_told_in_days_and_weeks(hours: float, words: str) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert roughly(now + timedelta(hours=hours), now=now) == words


def test_the_preview_says_how_both_day_fields_combine(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job()
    sent = {"_schedule_interval": "custom", "_schedule_crontab": "0 6 1 * 1"}
    text = text_of(pages_of(alice).post(f"{RUN}preview/", sent, headers=HTMX).content)
    assert "Day of month and day of week are both given" in text


def test_a_plan_that_never_comes_says_so(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job()
    sent = {"_schedule_interval": "custom", "_schedule_crontab": "0 0 31 2 *"}
    text = text_of(pages_of(alice).post(f"{RUN}preview/", sent, headers=HTMX).content)
    assert "This crontab never matches" in text


def test_without_scripts_a_button_previews_presets_and_resets_and_keeps_what_was_typed(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(variables=specs(site=StringVar(default="rome")))
    pages = pages_of(alice)
    typed = {"site": "paris", "_schedule_interval": "custom", "_schedule_name": "monthly"}
    html = send(pages, **typed, _preset="0 6 * * 1").content.decode()
    assert 'value="0 6 * * 1"' in html
    assert 'value="monthly"' in html
    assert "Every Monday at 06:00" in html
    assert re.findall(r'aria-pressed="true">([^<]*)<', html) == ["Mondays at 06:00"]
    assert 'value="paris"' in html
    assert "1 of 1 differs from the defaults" in html
    assert 'value="rome"' in send(pages, **typed, _reset="site").content.decode()
    assert not ScheduledJob.objects.exists()


def test_runs_that_take_longer_than_their_distance_are_told(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    job, pages = make_job(), pages_of(alice)
    sent = {"_schedule_interval": "custom", "_schedule_crontab": "*/30 * * * *"}
    for _ in range(2):
        run_of(job, seconds=2400)
    assert "usually" not in text_of(pages.post(f"{RUN}preview/", sent, headers=HTMX).content)
    run_of(job, seconds=2400)
    text = text_of(pages.post(f"{RUN}preview/", sent, headers=HTMX).content)
    assert "A run usually takes 40 min, and there is one every 30 min: runs will overlap." in text


@pytest.mark.parametrize(
    ("limit", "overlap", "follows"),
    [
        (None, "allow", "runs will overlap."),
        (None, "skip", "runs that come too early are left out."),
        (None, "queue", "runs will wait for each other."),
        (1, "allow", "runs will wait for each other."),
    ],
)
def test_what_becomes_of_runs_that_come_too_fast_depends_on_what_is_chosen(
    pages_of: PagesOf, make_job: MakeJob, alice: User, limit: int | None, overlap: str, follows: str
) -> None:
    job = make_job(concurrency_limit=limit)
    for _ in range(3):
        run_of(job, seconds=2400)
    sent = {"_schedule_interval": "custom", "_schedule_crontab": "*/30 * * * *", "_overlap": overlap}
    text = text_of(pages_of(alice).post(f"{RUN}preview/", sent, headers=HTMX).content)
    assert f"A run usually takes 40 min, and there is one every 30 min: {follows}" in text


def test_inputs_stand_in_the_groups_that_the_job_declares(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    variables = specs(a=StringVar(), b=StringVar(), c=StringVar())
    make_job(variables=[variables[0], *({**spec, "group": "Where <b>"} for spec in variables[1:])])
    html = pages_of(alice).get(RUN).content.decode()
    before, _, within = html.partition("<h3>Where &lt;b&gt;</h3></legend>")
    assert ('id="id_a"' in before, 'id="id_b"' in within, 'id="id_c"' in within) == (True, True, True)
    assert html.count("Where &lt;b&gt;") == 1


def test_what_the_author_says_and_the_limits_are_sentences(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(variables=specs(a=StringVar(description="Who it is for", max_length=30), b=IntegerVar(description="How?")))
    text = text_of(pages_of(alice).get(RUN).content)
    assert "Who it is for. At most 30 characters." in text
    assert "How?" in text


def test_a_reset_comes_and_goes_with_what_is_typed(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(variables=specs(site=StringVar(default="rome", label="Site"), table=FileVar(required=False)))
    pages = pages_of(alice)
    assert 'name="_reset"' not in pages.get(RUN).content.decode()
    sent = filled(pages, site="oslo")
    part = pages.post(f"{RUN}preview/", sent, headers=HTMX).content.decode()
    assert '<div id="reset-site" hx-swap-oob="true"><button class="linklike" name="_reset" value="site">' in part
    part = pages.post(f"{RUN}preview/", {**sent, "site": "rome"}, headers=HTMX).content.decode()
    assert '<div id="reset-site" hx-swap-oob="true"></div>' in part


def test_source_that_changes_while_one_types_is_told_before_anything_is_sent(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    job = make_job(variables=specs(site=StringVar()))
    pages = pages_of(alice)
    sent = filled(pages, site="oslo")
    told = "The source of this job has changed since you opened the form."
    assert told not in text_of(pages.post(f"{RUN}preview/", sent, headers=HTMX).content)
    Job.objects.filter(pk=job.pk).update(
        bundle=store(source=of_contents(module="net", contents={"net.py": b"x = 2\n"}), now=timezone.now())
    )
    assert told in text_of(pages.post(f"{RUN}preview/", sent, headers=HTMX).content)
    again = pages.post(RUN, {**sent, "_preview": "1"})
    assert told not in text_of(again.content)
    assert 'value="oslo"' in again.content.decode()
    assert pages.post(RUN, {**sent, **hidden_of(again.content.decode())}).status_code == 303


def test_what_will_happen_names_who_can_decide(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User, carol: User
) -> None:
    make_job(gated=True, approval_required=True)
    pages = pages_of(alice)
    assert "Nobody can approve this now" in text_of(pages.get(RUN).content)
    for person in (bob, carol):
        allow(person, Job, "approve")
    allow(bob, ScheduledJob, "change")
    text = text_of(pages.get(RUN).content)
    assert "1 of 1 person" in text
    assert "bob. You cannot approve your own request." in text
    assert "carol" not in text


SENSITIVE = "This job has sensitive variables, so it can only run once immediately. Its inputs are not stored."
BANNERS: list[tuple[dict[str, Any], str, bool]] = [
    ({"enabled": False}, "This job is not enabled to be run.", False),
    ({"installed": False}, "This job is not presently installed and cannot be run", False),
    ({"import_error": "NameError"}, "This job's source code could not be located and cannot be run", False),
    ({"is_job_hook_receiver": True}, "This job is started by its hooks and cannot be run by hand.", False),
    ({"has_sensitive_variables": True}, SENSITIVE, True),
    (
        {"has_sensitive_variables": True, "gated": True},
        "This job cannot run at present: it needs approval, and its inputs must not be stored.",
        False,
    ),
]


@pytest.mark.parametrize(("columns", "sentence", "runs"), BANNERS)
def test_a_banner_says_why_scheduling_is_not_possible(
    pages_of: PagesOf, make_job: MakeJob, alice: User, columns: dict[str, Any], sentence: str, runs: bool
) -> None:
    job = make_job(**columns)
    pages = pages_of(alice)
    html = pages.get(RUN).content.decode()
    assert sentence.replace("'", "&#x27;") in html
    assert ('id="send"' in html) == runs
    assert re.search(r'value="daily"[^>]* disabled', html)
    later = {"_schedule_interval": "daily", "_schedule_name": "x", "_schedule_start_time": "2030-01-01T00:00"}
    answer = pages.post(RUN, {**later, "_source": job.bundle_id, "_key": "k", "_commit": "true"})
    assert answer.status_code in (409, 422)
    assert not ScheduledJob.objects.exists()


def test_the_form_of_a_sensitive_job_is_kept_nowhere(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(has_sensitive_variables=True)
    assert "no-store" in pages_of(alice).get(RUN)["Cache-Control"]


def test_who_may_not_run_can_look_and_is_told_whom_to_ask(pages_of: PagesOf, make_job: MakeJob, carol: User) -> None:
    job = make_job(variables=specs(site=StringVar()))
    allow(carol, Job, "view")
    answer = pages_of(carol).get(RUN)
    assert "Ask for run permission; an administrator gives it." in text_of(answer.content)
    assert 'id="send"' not in answer.content.decode()
    sent = pages_of(carol).post(
        RUN, {"site": "x", "_source": job.bundle_id, "_schedule_interval": "immediately", "_commit": "true"}
    )
    assert sent.status_code == 403
    assert not JobResult.objects.exists()
    for name in ("Night", "Day"):
        permission = ObjectPermission.objects.create(name=f"run of {name}", actions=["run"])
        permission.object_types.add(ContentType.objects.get_for_model(Job))
        permission.groups.add(Group.objects.create(name=name))
    told = "Ask for run permission: members of Day and Night have it."
    assert told in text_of(pages_of(carol).get(RUN).content)


def test_source_that_changed_meanwhile_sends_nothing_and_keeps_what_was_typed(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    job = make_job(variables=specs(site=StringVar()))
    pages = pages_of(alice)
    sent = filled(pages, site="paris")
    job.bundle = store(source=of_contents(module="net", contents={"net.py": b"pass  # new\n"}), now=timezone.now())
    job.save()
    answer = pages.post(RUN, sent)
    assert answer.status_code == 409
    assert "has changed since you opened the form" in text_of(answer.content)
    assert not JobResult.objects.exists()
    again = {**sent, **hidden_of(answer.content.decode())}
    assert 'value="paris"' in answer.content.decode()
    assert pages.post(RUN, again).status_code == 303


def test_the_same_form_sent_twice_runs_once_and_says_so(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(variables=specs(site=StringVar()))
    pages = pages_of(alice)
    sent = filled(pages, site="paris")
    first, second = pages.post(RUN, sent), pages.post(RUN, sent)
    assert first["Location"] == second["Location"]
    assert JobResult.objects.count() == 1
    assert "was sent before" in text_of(pages.get("/jobs/").content)
    assert pages.post(RUN, {**sent, "site": "rome"}).status_code == 303  # another wish from the same page
    assert JobResult.objects.count() == 2


def test_a_request_is_made_once_and_carries_the_dry_run(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User
) -> None:
    allow(alice, Job, "approve")
    make_job(gated=True, approval_required=True, variables=specs(site=StringVar()))
    pages = pages_of(alice)
    sent = filled(pages, site="paris", _reason="It is time.")
    answer = pages.post(RUN, {**sent, "_dry_run": "1"})
    run = JobResult.objects.get()
    assert (answer.status_code, run.purpose, run.commit) == (200, "dry_run", False)
    assert "Result of the dry run" in text_of(answer.content)
    assert 'value="paris"' in answer.content.decode()
    sent |= hidden_of(answer.content.decode())
    for _ in range(2):
        assert pages.post(RUN, sent).status_code == 303
    request = ApprovalRequest.objects.get()
    fact = Event.objects.get(kind=Kind.APPROVAL_DRY_RUN)
    assert (fact.subject_id, fact.data["run"]) == (str(request.pk), str(run.pk))
    panel = pages.get(f"{RUN}dry-run/{run.pk}/", headers=HTMX).content.decode()
    assert "Queued" in panel
    assert pages_of(bob).get(f"{RUN}dry-run/{run.pk}/").status_code == 404


def test_the_requester_chooses_how_long_the_request_waits_and_whether_to_be_told(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(gated=True, approval_required=True)
    pages = pages_of(alice)
    page = pages.get(RUN)
    assert '<option value="" selected>It waits until somebody does</option>' in page.content.decode()
    assert 'name="_tells" value="true" checked' in page.content.decode()
    assert send(pages, _reason="It is time.", _undecided="28800", _tells="true").status_code == 303
    request = ApprovalRequest.objects.get()
    assert (request.expires_at, request.tells) == (request.created + timedelta(hours=8), alice)
    later = {"_schedule_interval": "future", "_schedule_name": "Once", "_schedule_start_time": soon(days=2)}
    sent = filled(pages, **later, _reason="It is time.", _undecided="start")
    foot = "If nobody decides before it is due, it expires and nothing runs."
    assert foot in text_of(pages.post(f"{RUN}preview/", sent, headers=HTMX).content)
    assert pages.post(RUN, sent).status_code == 303
    request = ApprovalRequest.objects.get(kind="run", decide_before_start=True)
    assert request.scheduled_job is not None
    assert (request.expires_at, request.tells) == (request.scheduled_job.start_time, None)


def test_a_choice_that_cannot_be_kept_is_told_at_its_field(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    make_job(gated=True, approval_required=True)
    answer = send(pages_of(alice), _reason="It is time.", _undecided="start")
    assert answer.status_code == 422
    assert '<a href="#id__undecided">If nobody decides</a>' in answer.content.decode()
    assert "A run at once has no start to wait for" in text_of(answer.content)
    assert 'id="id__undecided-error"' in answer.content.decode()
    assert '<option value="start" selected>' in answer.content.decode()


def test_a_dry_run_of_other_inputs_is_not_attached(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    allow(alice, Job, "approve")
    make_job(gated=True, approval_required=True, variables=specs(site=StringVar()))
    pages = pages_of(alice)
    sent = filled(pages, site="paris", _reason="It is time.")
    sent |= hidden_of(pages.post(RUN, {**sent, "_dry_run": "1"}).content.decode())
    assert pages.post(RUN, {**sent, "site": "rome"}).status_code == 303
    assert not Event.objects.filter(kind=Kind.APPROVAL_DRY_RUN).exists()


def test_unknown_source_cannot_be_tried_and_the_button_says_why(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job(gated=True, approval_required=True)
    pages = pages_of(alice)
    sentence = "Nobody has approved this source of Report yet"
    assert sentence in text_of(pages.get(RUN).content)
    answer = send(pages, _dry_run="1")
    assert answer.status_code == 403
    assert sentence in text_of(answer.content)
    assert not JobResult.objects.exists()


def test_it_is_filled_from_ones_own_run_or_schedule_only(
    pages_of: PagesOf, make_job: MakeJob, alice: User, carol: User
) -> None:
    job = make_job(variables=specs(site=StringVar(default="rome")))
    run = run_of(job, user=carol, job_kwargs={"data": {"site": "oslo"}, "commit": True, "task_queue": None})
    assert 'value="oslo"' in pages_of(alice).get(f"{RUN}?from={run.pk}").content.decode()
    allow(carol, Job, "run")
    assert 'value="oslo"' in pages_of(carol).get(f"{RUN}?from={run.pk}").content.decode()
    JobResult.objects.update(user=alice)
    hidden = pages_of(carol).get(f"{RUN}?from={run.pk}")
    assert 'value="oslo"' not in hidden.content.decode()
    assert "That run is not there any more, or you may not view it." in text_of(hidden.content)


def test_nobody_to_run_it_is_told_and_nothing_is_lost(
    pages_of: PagesOf, make_job: MakeJob, alice: User, worker: Worker
) -> None:
    worker.delete()
    make_job(variables=specs(site=StringVar()))
    answer = send(pages_of(alice), site="paris")
    assert answer.status_code == 503
    assert "No worker takes runs from the queue default now." in text_of(answer.content)
    assert 'value="paris"' in answer.content.decode()


def test_a_session_that_has_ended_comes_back_to_the_form(client: Client, make_job: MakeJob) -> None:
    make_job()
    answer = client.post(RUN, {"site": "x"}, headers={"referer": f"http://testserver{RUN}?from=1"})
    assert answer.status_code == 302
    assert RUN.strip("/") in answer["Location"]
    assert answer["Location"].startswith("/account/sign-in/")


def test_the_form_asks_few_questions_of_the_database(pages_of: PagesOf, make_job: MakeJob, alice: User) -> None:
    job = make_job(gated=True, approval_required=True, variables=specs(site=StringVar()))
    for index in range(20):
        run_of(job, minutes_ago=index)
    pages = pages_of(alice)
    with CaptureQueriesContext(connection) as queries:
        pages.get(RUN)
    assert len(queries) <= 22


def test_what_an_author_puts_between_backticks_is_code_and_nothing_else_is(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    variable = StringVar(description="One `host:port` a *line*, <b>now</b>")
    make_job(variables=specs(v=variable))
    for page in (RUN, RUN.removesuffix("run/")):
        html = pages_of(alice).get(page).content.decode()
        assert "One <code>host:port</code> a *line*, &lt;b&gt;now&lt;/b&gt;" in html
