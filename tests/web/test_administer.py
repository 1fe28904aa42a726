"""Administration: people, groups, permissions, who can do what, workers, settings, and the audit log."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.cast import run_of, text
from tests.web.site import Site

from foureyes.events import Kind, append
from foureyes.events.seal import seal
from foureyes.models import Event, Job, ScheduledJob, Worker
from foureyes.users.models import ObjectPermission, User
from foureyes.web.administer import people as administer_people
from foureyes.web.govern import chain

expect.set_options(timeout=PATIENCE)
PagesOf = Callable[[User], Client]
PAGES = ("/admin/users/", "/admin/users/new/", "/admin/groups/", "/admin/permissions/", "/admin/permissions/new/",
         "/admin/can/", "/admin/workers/", "/admin/settings/", "/govern/audit/",
         "/govern/audit/verify/")  # fmt: skip


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_who_has_no_right_is_told_which_one_it_takes(pages_of: PagesOf, dave: User, address: str) -> None:
    answer = pages_of(dave).get(address)
    assert answer.status_code == 403
    assert "You may not" in answer.content.decode() or "Only administrators" in answer.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_administrators_see_every_page(pages_of: PagesOf, admin: User, address: str) -> None:
    html(pages_of(admin), address)


def test_an_account_is_made_changed_and_deleted(pages_of: PagesOf, admin: User) -> None:
    client, group = pages_of(admin), Group.objects.create(name="Network")
    sent = {
        "username": "erin",
        "first_name": "Erin",
        "is_active": "on",
        "groups": str(group.pk),
        "password": "long-enough-1",
    }
    client.post("/admin/users/new/", sent)
    erin = User.objects.get(username="erin")
    assert erin.check_password("long-enough-1")
    assert list(erin.groups.all()) == [group]
    client.post(f"/admin/users/{erin.pk}/", {"username": "erin", "first_name": "Erin", "last_name": "Eck"})
    erin.refresh_from_db()
    assert (erin.last_name, erin.is_active) == ("Eck", False)
    assert erin.check_password("long-enough-1")
    client.post(f"/admin/users/{erin.pk}/delete/")
    assert not User.objects.filter(username="erin").exists()


def test_a_taken_name_is_told_at_its_field(pages_of: PagesOf, admin: User, alice: User) -> None:
    answer = pages_of(admin).post("/admin/users/new/", {"username": "alice"})
    assert answer.status_code == 422
    assert 'id="username-error"' in answer.content.decode()


def test_the_last_administrator_stays(pages_of: PagesOf, admin: User) -> None:
    answer = pages_of(admin).post(f"/admin/users/{admin.pk}/", {"username": "admin", "is_active": "on"})
    assert answer.status_code == 409
    assert User.objects.get(pk=admin.pk).is_superuser


def test_who_may_change_accounts_cannot_make_an_administrator(pages_of: PagesOf, bob: User) -> None:
    right = ObjectPermission.objects.create(name="people", actions=["view", "add", "change"])
    right.object_types.add(ContentType.objects.get_for_model(User))
    right.users.add(bob)
    answer = pages_of(bob).post("/admin/users/new/", {"username": "erin", "is_superuser": "on", "is_active": "on"})
    assert answer.status_code == 403
    assert not User.objects.filter(username="erin").exists()


def test_a_result_beyond_ones_rights_is_undone(pages_of: PagesOf, bob: User) -> None:
    right = ObjectPermission.objects.create(
        name="some", actions=["view", "add"], constraints={"username__startswith": "x"}
    )
    right.object_types.add(ContentType.objects.get_for_model(User))
    right.users.add(bob)
    assert pages_of(bob).post("/admin/users/new/", {"username": "erin", "is_active": "on"}).status_code == 403
    assert not User.objects.filter(username="erin").exists()
    pages_of(bob).post("/admin/users/new/", {"username": "xena", "is_active": "on"})
    assert User.objects.filter(username="xena").exists()


def test_groups_and_people_that_somebody_may_not_view_are_neither_shown_nor_taken_away(
    pages_of: PagesOf, alice: User, bob: User
) -> None:
    seen, hidden = Group.objects.create(name="Network"), Group.objects.create(name="Vault keepers")
    for model, actions, limits in (
        (User, ["view", "change", "add"], {"username__in": ["bob"]}),
        (Group, ["view"], {"name": "Network"}),
        (ObjectPermission, ["view", "change", "add"], None),
    ):
        given = ObjectPermission.objects.create(name=f"for {model.__name__}", actions=actions, constraints=limits)
        given.object_types.add(ContentType.objects.get_for_model(model))
        given.users.add(bob)
    wide = ObjectPermission.objects.create(name="wide", actions=["delete"])
    wide.object_types.add(ContentType.objects.get_for_model(Group))
    wide.users.add(alice)
    wide.groups.add(hidden)
    bob.groups.add(hidden, seen)
    client, of_wide = pages_of(bob), f"/admin/permissions/{wide.pk}/"
    own = f"/admin/users/{bob.pk}/"
    for address in ("/admin/users/", own, "/admin/users/new/", "/admin/permissions/", of_wide, "/admin/groups/"):
        page = html(client, address)
        assert "Vault keepers" not in page, address
        assert "alice" not in page, address
    client.post(own, {"username": "bob", "is_active": "on", "groups": str(seen.pk)})
    assert set(bob.groups.all()) == {hidden, seen}
    types = str(ContentType.objects.get_for_model(Group).pk)
    client.post(of_wide, {"name": "wide", "actions": "delete", "object_types": types, "users": "bob"})
    assert set(wide.users.all()) == {alice, bob}
    assert list(wide.groups.all()) == [hidden]


def test_a_form_keeps_the_people_and_types_beyond_those_that_it_offers(
    pages_of: PagesOf, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foureyes.web.administer.permissions.MOST", 2)
    for name in ("xena", "yves", "zoe"):
        User.objects.create(username=name)
    row = ObjectPermission.objects.create(name="wide", actions=["view"])
    row.object_types.add(ContentType.objects.get(app_label="sessions", model="session"))
    row.users.add(User.objects.get(username="yves"))
    client, address = pages_of(admin), f"/admin/permissions/{row.pk}/"
    page = html(client, address)
    assert 'value="xena"' in page  # one of the first two
    assert 'value="yves" checked' in page
    assert 'value="zoe"' not in page
    assert "sessions.session" in page
    types = [one.pk for one in row.object_types.all()]
    sent = {"name": "wide", "actions": "view", "object_types": types, "users": ["yves", "zoe", ""]}
    client.post(address, sent)
    assert set(row.users.values_list("username", flat=True)) == {"yves", "zoe"}
    answer = client.post(address, {**sent, "users": ["yves", "nobody"]})
    assert "No account that you may view is called “nobody”." in answer.content.decode()
    assert row.users.count() == 2


def test_lists_that_are_cut_say_so(pages_of: PagesOf, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    team = Group.objects.create(name="Team")
    Group.objects.create(name="Zebras")
    team.user_set.add(admin, User.objects.create(username="zoe"))
    for name in ("one", "two"):
        ObjectPermission.objects.create(name=name, actions=["view"])
    client, addresses = pages_of(admin), ("/admin/groups/", f"/admin/groups/{team.pk}/", "/admin/permissions/")
    for address in addresses:
        assert "Only the first" not in html(client, address)
    for module in ("groups", "permissions"):
        monkeypatch.setattr(f"foureyes.web.administer.{module}.MOST", 1)
    for address in addresses:
        assert "Only the first 1 are shown." in html(client, address)


def test_before_an_account_is_deleted_the_page_lists_what_stops_with_it(
    pages_of: PagesOf, admin: User, owner: User, plan: Callable[..., ScheduledJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A nightly report", "B weekly report", "C ended"):
        plan(name)
    ScheduledJob.objects.filter(name="C ended").update(state="finished")
    asked = html(pages_of(admin), f"/admin/users/{owner.pk}/delete/")
    assert [name in asked for name in ("A nightly report", "B weekly report", "C ended")] == [True, True, False]
    monkeypatch.setattr(administer_people, "MOST_LEFT", 1)
    asked = html(pages_of(admin), f"/admin/users/{owner.pk}/delete/")
    assert [name in asked for name in ("A nightly report", "B weekly report")] == [True, False]
    assert f'href="/jobs/scheduled/?q={owner.username}"' in asked
    assert "Nothing that you may view" in html(pages_of(admin), f"/admin/users/{admin.pk}/delete/")


def test_groups_are_made_renamed_and_deleted(pages_of: PagesOf, admin: User) -> None:
    client = pages_of(admin)
    client.post("/admin/groups/", {"name": "Network"})
    group = Group.objects.get()
    client.post(f"/admin/groups/{group.pk}/", {"name": "Net"})
    assert Group.objects.get().name == "Net"
    again = client.post("/admin/groups/", {"name": "Net"})
    assert again.status_code == 422
    assert "There is a group of this name. Choose another." in again.content.decode()
    client.post(f"/admin/groups/{group.pk}/", {"delete": "1"})
    assert not Group.objects.exists()


def test_a_permission_is_made_and_tells_why_somebody_can(pages_of: PagesOf, admin: User, bob: User) -> None:
    client = pages_of(admin)
    job_type = ContentType.objects.get(app_label="extras", model="job")
    sent = {
        "name": "Approvers",
        "actions": ["approve"],
        "object_types": [job_type.pk],
        "users": ["bob"],
        "enabled": "on",
    }
    client.post("/admin/permissions/new/", sent)
    page = html(client, "/admin/can/?user=bob&action=approve")
    assert "bob may approve jobs by “Approvers”." in page
    assert "No" in page  # the right to change schedules is missing
    row = ObjectPermission.objects.get()
    client.post(f"/admin/permissions/{row.pk}/", {"delete": "1"})
    assert not ObjectPermission.objects.exists()


def test_the_form_of_a_permission_names_types_as_people_do_and_the_dotted_name_beside(
    pages_of: PagesOf, admin: User
) -> None:
    page = text(html(pages_of(admin), "/admin/permissions/new/"))
    assert "Scheduled job extras.scheduledjob" in page
    given = ObjectPermission.objects.create(name="Look", actions=["view"])
    given.object_types.set(ContentType.objects.filter(model__in=["job", "joblogentry"]))
    assert "view on job log entries, jobs" in text(html(pages_of(admin), "/admin/permissions/"))
    assert page.index("Job extras.job") < page.index("User users.user") < page.index("Worker extras.worker")


def test_can_they_speaks_of_people_by_their_names(pages_of: PagesOf, admin: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(first_name="Bob", last_name="Reed")
    page = html(pages_of(admin), "/admin/can/?user=bob&action=run")
    assert "Bob Reed may not run jobs: no enabled permission gives that." in page


@pytest.mark.parametrize(
    ("limits", "says"),
    [("{", "This is not JSON."), ('{"nonsense": 1}', "nonsense")],
)
def test_limits_that_cannot_hold_are_told_and_kept(pages_of: PagesOf, admin: User, limits: str, says: str) -> None:
    job_type = ContentType.objects.get(app_label="extras", model="job")
    sent = {"name": "x", "actions": ["view"], "object_types": [job_type.pk], "constraints": limits}
    answer = pages_of(admin).post("/admin/permissions/new/", sent)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not ObjectPermission.objects.exists()


def test_a_worker_is_drained_and_resumed(pages_of: PagesOf, admin: User) -> None:
    now = timezone.now()
    worker = Worker.objects.create(name="net-1:7", slots=2, queues=["default"], started_at=now, heartbeat_at=now)
    client = pages_of(admin)
    assert "0 of 2" in html(client, "/admin/workers/")
    client.post(f"/admin/workers/{worker.pk}/switch/", {"to": "drain"})
    assert Worker.objects.get().state == "draining"
    assert "nobody takes runs" in html(client, "/admin/workers/")
    client.post(f"/admin/workers/{worker.pk}/switch/", {"to": "resume"})
    assert Worker.objects.get().state == "running"


def test_a_silent_worker_is_shown_as_gone(pages_of: PagesOf, admin: User) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    Worker.objects.create(name="net-1:7", slots=2, started_at=long_ago, heartbeat_at=long_ago)
    assert "Gone" in html(pages_of(admin), "/admin/workers/")


def test_settings_tell_no_secret(pages_of: PagesOf, admin: User) -> None:
    page = html(pages_of(admin), "/admin/settings/")
    assert "secret_key" in page
    assert "postgresql://" not in page.replace("<code>", "").split("database_url")[0]


def test_settings_have_their_units(pages_of: PagesOf, admin: User) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", html(pages_of(admin), "/admin/settings/")).split())
    assert re.search(r"session_minutes .* 14 d default", page)
    assert "lease_seconds A run whose worker is silent for so long is lost. 30 s" in page
    assert "time_limit_seconds Hard limit of jobs that set none. 10 min" in page
    assert "max_upload_bytes Largest input file, and largest request body. 100 MiB" in page
    assert "webhook_delivery_days How long ended deliveries of webhooks are kept. 90 days" in page


def test_the_audit_log_tells_in_words_who_did_what(pages_of: PagesOf, admin: User, alice: User) -> None:
    append(
        kind=Kind.USER_EDITED, at=timezone.now(), actor=admin, subject=alice, data={"changed": {"email": ["", "a@b"]}}
    )
    User.objects.filter(pk=admin.pk).update(first_name="Ada", last_name="Admin")
    client = pages_of(admin)
    page = html(client, "/govern/audit/?about=user&actor=admin&period=1")
    assert "An account was changed." in page
    assert "Ada Admin</span>" in page
    assert "a@b" in page
    assert "An account was changed." not in html(client, "/govern/audit/?about=run")


def test_the_audit_log_is_exported_whole(pages_of: PagesOf, admin: User, alice: User) -> None:
    for _ in range(60):
        append(kind=Kind.USER_EDITED, at=timezone.now(), actor=admin, subject=alice)
    for form in ("csv", "jsonl"):
        answer: Any = pages_of(admin).get(f"/govern/audit/export.{form}?about=user")
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert len(lines) == Event.objects.filter(kind__startswith="user.").count() + (form == "csv")
    assert pages_of(admin).get("/govern/audit/export.xml").status_code == 404


def test_the_audit_log_is_narrowed_to_what_happened_and_to_one_object(
    pages_of: PagesOf, admin: User, alice: User, bob: User
) -> None:
    with transaction.atomic():
        for person in (alice, bob):
            append(kind=Kind.USER_EDITED, at=timezone.now(), actor=admin, subject=person)
        append(kind=Kind.USER_PASSWORD_SET, at=timezone.now(), actor=admin, subject=alice)
    client = pages_of(admin)

    def listed(query: str) -> list[tuple[bool, bool, bool]]:
        answer = client.get(f"/govern/audit/?{query}", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        part = answer.content.decode()
        assert f'href="/govern/audit/export.csv?{query}"' in part  # what is exported is what is shown
        rows = re.findall(r"<tr data-row>.*?</tr>", part, re.DOTALL)
        return [("has a new password" in row, f">{alice}</a>" in row, f">{bob}</a>" in row) for row in rows]

    assert listed("about=user.password_set") == [(True, True, False)]
    assert listed(f"object={alice.pk}") == [(True, True, False), (False, True, False)]
    page = html(client, f"/govern/audit/?object={alice.pk}&about=user")
    assert f'name="object" value="{alice.pk}" checked>About one object</label>' in page
    assert "run.completed" not in page


def test_the_audit_log_names_runs_by_their_jobs(
    pages_of: PagesOf, admin: User, owner: User, job: Job, now: datetime
) -> None:
    run = run_of(job, owner, now)
    with transaction.atomic():
        append(kind=Kind.RUN_COMPLETED, at=now, subject=run)
        append(kind=Kind.RUN_DELETED, at=now, subject=("extras.jobresult", "no id", "local/gone/Gone"))
    page = html(pages_of(admin), "/govern/audit/?about=run")
    assert f'<a href="/jobs/results/{run.pk}/">{job.name}</a>' in page
    assert "local/gone/Gone" in page


def test_the_chain_of_events_is_verified_a_piece_at_a_time(
    pages_of: PagesOf, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = pages_of(admin), "/govern/audit/verify/"
    assert "No event is sealed yet." in html(client, address)
    with transaction.atomic():
        for _ in range(5):
            append(kind=Kind.USER_EDITED, at=timezone.now(), actor=admin, subject=admin)
    seal()
    monkeypatch.setattr(chain, "PIECE", 3)
    page = html(client, address)
    assert "Events 1 to 3 of 5 are as they were sealed." in page
    assert Event.objects.get(sequence=5).hash in page
    (following,) = re.findall(r'href="(\?after=\d+)"', page)
    assert "Events 4 to 5, the newest, are as they were sealed." in html(client, address + following)
    Event.objects.filter(sequence=4).update(data={"forged": True})
    assert "Event 4 is not as it was sealed" in html(client, address + following)
    for odd in ("?after=-1", "?after=x", "?after=" + "9" * 18, "?after=" + "9" * 400):
        assert "Verify chain" in html(client, address + odd)


@pytest.mark.parametrize("address", ["/govern/audit/", "/admin/users/", "/admin/permissions/"])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    pages_of: PagesOf, admin: User, alice: User, address: str
) -> None:
    client = pages_of(admin)

    def more(number: int) -> None:
        append(kind=Kind.USER_EDITED, at=timezone.now(), actor=admin, subject=alice)
        User.objects.create(username=f"person-{number}")
        ObjectPermission.objects.create(name=f"right {number}", actions=["view"])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            html(client, address)
        return len(seen)

    more(0)
    few = queries()
    for number in range(1, 20):
        more(number)
    assert queries() == few <= 15


@pytest.mark.any_database
def test_pages_of_administration_are_accessible_in_both_themes_and_widths(site: Site, people: People) -> None:
    page = people.page("admin")
    for address in PAGES:
        page.goto(address)
        assert blemishes(page) == [], address


@pytest.mark.parametrize("address", ["/admin/users/new/", "/admin/permissions/new/", "/admin/groups/"])
@pytest.mark.parametrize("text", ["\0", "²", "9" * 30, "\ud800"], ids=["nul", "superscript", "huge", "surrogate"])
def test_no_text_crashes_a_form(pages_of: PagesOf, admin: User, address: str, text: str) -> None:
    fields = ("username", "name", "first_name", "email", "time_zone", "groups", "object_types", "users", "actions",
              "constraints", "description", "password")  # fmt: skip
    client = pages_of(admin)
    before = (User.objects.count(), Group.objects.count(), ObjectPermission.objects.count())
    body = "&".join(f"{name}={quote(text, errors='surrogatepass')}" for name in fields)
    form = "application/x-www-form-urlencoded"
    assert client.post(address, body, content_type=form).status_code in (302, 422), address
    if text == "\0":
        assert before == (User.objects.count(), Group.objects.count(), ObjectPermission.objects.count())
