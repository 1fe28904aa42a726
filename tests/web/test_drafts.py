"""What is typed outlives the session: it comes back to whom the form was made for, and nothing is sent by itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from tests.web.cast import allow
from tests.web.test_run_form import filled, hidden_of, text_of

from foureyes.jobs import BooleanVar, StringVar, TextVar
from foureyes.models import Job, JobResult, ScheduledJob, Worker
from foureyes.runs.workers import register
from foureyes.users.models import User
from foureyes.web.shell import drafts

PASSWORD = "quiet-lantern-4711"
SIGN_IN = "/account/sign-in/"
RUN = "/jobs/local-net-report/run/"
PagesOf = Callable[[User], Client]


@pytest.fixture
def erin(job: Job, owner: User) -> User:
    """Who may run the job."""
    job.variables = [
        StringVar(label="Site").spec("site"),
        TextVar(required=False).spec("notes"),
        BooleanVar(default=True).spec("careful"),
        StringVar(required=False, sensitive=True, label="Passphrase").spec("passphrase"),
    ]
    job.save()
    person = User.objects.create_user("erin", password=PASSWORD)
    allow(person, "job", "view", "run")
    allow(person, "scheduledjob", "view", "add", "change")
    return person


def typed(client: Client, **more: Any) -> dict[str, Any]:
    """The run form as somebody has filled it in."""
    texts = {"site": "fra-7", "notes": "first\nsecond <b>", "passphrase": "hunter2"}
    when = {"_schedule_interval": "custom", "_schedule_crontab": "5 4 * * *", "_schedule_name": "Nightly seven"}
    return filled(client, RUN, **{**texts, **when, **more})


def sign_in(client: Client, name: str = "erin") -> Any:
    page = client.get(SIGN_IN, {"next": RUN})
    return client.post(SIGN_IN, {"login": name, "password": PASSWORD, "next": RUN}), page


def ended(client: Client) -> None:
    """The session is over for the server; the browser still has its cookie."""
    Session.objects.all().delete()


def value_of(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)
    return found.group(1) if found else ""


def test_a_form_sent_too_late_comes_back_filled_after_signing_in_and_was_not_sent(
    pages_of: PagesOf, erin: User
) -> None:
    client = pages_of(erin)
    sent = typed(client)
    ended(client)
    answer = client.post(RUN, sent)
    assert (answer.status_code, answer["Location"]) == (302, f"{SIGN_IN}?next={RUN}")
    went, page = sign_in(client)
    assert "What you typed is kept for an hour" in text_of(page.content)
    assert went["Location"] == RUN
    shown = client.get(RUN)
    html = shown.content.decode()
    assert "Your session had ended, so nothing was sent." in text_of(shown.content)
    assert "Files and secrets are not given back: choose or type Passphrase again" in text_of(shown.content)
    assert value_of(html, "site") == "fra-7"
    assert "first\nsecond &lt;b&gt;</textarea>" in html
    assert value_of(html, "_schedule_crontab") == "5 4 * * *"
    assert value_of(html, "_schedule_name") == "Nightly seven"
    assert not re.search(r'name="careful"[^>]* checked', html)  # it was ticked at first, and sent without
    assert 'value="custom" data-choice checked' in html
    assert "hunter2" not in html
    assert not JobResult.objects.exists()
    assert not ScheduledJob.objects.exists()


def test_nothing_typed_is_readable_in_the_database_and_secrets_are_not_there_at_all(
    pages_of: PagesOf, erin: User
) -> None:
    client = pages_of(erin)
    sent = typed(client)
    ended(client)
    client.post(RUN, sent)
    (row,) = Session.objects.all()
    assert "fra-7" not in str(row.get_decoded())
    kept = drafts.unseal(row.get_decoded()[drafts.KEPT_AS].encode())
    assert "fra-7" in str(kept)
    assert "hunter2" not in str(kept)


def test_inputs_of_a_job_that_stores_none_are_not_kept_and_the_rest_is(pages_of: PagesOf, job: Job, erin: User) -> None:
    job.has_sensitive_variables = True
    job.save()
    client = pages_of(erin)
    sent = typed(client, _reason="for CHG-7", _schedule_interval="immediately")
    ended(client)
    client.post(RUN, sent)
    assert "fra-7" not in str(drafts.unseal(client.session[drafts.KEPT_AS].encode()))
    sign_in(client)
    html = client.get(RUN).content.decode()
    assert value_of(html, "site") == ""
    assert re.search(r'name="careful"[^>]* checked', html)
    assert value_of(html, "_schedule_name") == "Nightly seven"


def test_somebody_else_who_signs_in_finds_nothing_and_what_was_kept_is_gone(
    pages_of: PagesOf, erin: User, alice: User
) -> None:
    client = pages_of(erin)
    sent = typed(client)
    ended(client)
    client.post(RUN, sent)
    alice.set_password(PASSWORD)
    alice.save()
    sign_in(client, "alice")
    assert "fra-7" not in client.get(RUN).content.decode()
    assert drafts.KEPT_AS not in client.session


def test_it_is_kept_for_an_hour_and_until_it_is_sent(
    pages_of: PagesOf, erin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pages_of(erin)
    sent = typed(client)
    ended(client)
    client.post(RUN, sent)
    sign_in(client)
    register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=timezone.now())
    assert "fra-7" in client.get(RUN).content.decode()
    assert "fra-7" in client.get(RUN).content.decode()
    assert "fra-7" not in client.get(RUN, {"anew": ""}).content.decode()
    again = {**sent, **hidden_of(client.get(RUN).content.decode()), "_schedule_interval": "immediately"}
    assert client.post(RUN, again).status_code == 303
    assert "fra-7" not in client.get(RUN).content.decode()
    ended(client)
    monkeypatch.setattr(drafts, "LIFE", timedelta(seconds=-1))
    client.post(RUN, again)
    client.force_login(erin)
    assert "fra-7" not in client.get(RUN).content.decode()


def test_what_is_too_long_is_not_kept_and_the_sign_in_page_says_so(pages_of: PagesOf, erin: User) -> None:
    client = pages_of(erin)
    sent = typed(client, _reason="x" * 70_000)
    ended(client)
    client.post(RUN, sent)
    _, page = sign_in(client)
    assert "too long to be kept here" in text_of(page.content)
    assert drafts.KEPT_AS not in client.session


def test_a_forged_or_borrowed_mark_keeps_nothing(pages_of: PagesOf, erin: User, alice: User) -> None:
    """Else another site could fill in a form for somebody, who would send it in good faith."""
    own = typed(pages_of(alice))
    client = Client(enforce_csrf_checks=True)
    client.force_login(erin)
    for mark in (own["_draft"], own["_draft"].replace(":", ":a"), ""):
        answer = client.post(RUN, {**own, "_draft": mark})
        assert answer.status_code == 403
        assert "Nothing was sent" in text_of(answer.content)
    assert "fra-7" not in client.get(RUN).content.decode()


def test_a_form_from_before_signing_in_again_elsewhere_comes_back_filled(pages_of: PagesOf, erin: User) -> None:
    """The other tab got another proof against forged posts; the form of this one has the old one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(erin)
    sent = typed(client)
    answer = client.post(RUN, {**sent, "csrfmiddlewaretoken": "a" * 64})
    assert (answer.status_code, answer["Location"]) == (303, RUN)
    assert value_of(client.get(RUN).content.decode(), "site") == "fra-7"
    assert not ScheduledJob.objects.exists()


def test_a_part_that_is_asked_for_too_late_says_so_above_the_page_and_leaves_it(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://testserver/jobs/local-net-report/run/?from=7"}
    answer = client.post(f"{RUN}preview/", {}, headers=headers)
    html = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#flash")
    assert "HX-Redirect" not in answer
    assert "Your session has ended." in html
    assert 'href="/account/sign-in/?next=%2Fjobs%2Flocal-net-report%2Frun%2F%3Ffrom%3D7"' in html
    assert "<form" not in html


def test_settings_of_a_job_and_changes_of_a_schedule_come_back_too(
    pages_of: PagesOf, owner: User, job: Job, plan: Callable[..., ScheduledJob]
) -> None:
    allow(owner, "job", "change")
    schedule = plan()
    for url, name in (
        (f"/jobs/{job.slug}/edit/", "slug"),
        (f"/jobs/scheduled/{schedule.pk}/edit/", "_description"),
        (f"/jobs/scheduled/{schedule.pk}/clone/", "name"),
    ):
        client = pages_of(owner)
        sent = {**hidden_of(client.get(url).content.decode()), name: "typed-with-care", "_schedule_interval": "daily"}
        ended(client)
        assert client.post(url, sent)["Location"] == f"{SIGN_IN}?next={url}"
        client.force_login(owner)
        assert value_of(client.get(url).content.decode(), name) == "typed-with-care"
    schedule.refresh_from_db()
    assert (schedule.description, ScheduledJob.objects.count()) == ("", 1)


def test_an_account_and_a_permission_come_back_without_the_password(pages_of: PagesOf, admin: User) -> None:
    for url, name in (("/admin/users/new/", "username"), ("/admin/permissions/new/", "name")):
        client = pages_of(admin)
        sent = {**hidden_of(client.get(url).content.decode()), name: "typed-with-care", "password": "hunter2-hunter2"}
        ended(client)
        assert client.post(url, sent)["Location"] == f"{SIGN_IN}?next={url}"
        if name == "username":
            assert "hunter2" not in str(drafts.unseal(client.session[drafts.KEPT_AS].encode()))
        client.force_login(admin)
        html = client.get(url).content.decode()
        assert value_of(html, name) == "typed-with-care"
        assert "hunter2" not in html


def test_what_is_typed_into_smaller_forms_comes_back_too(
    pages_of: PagesOf, owner: User, plan: Callable[..., ScheduledJob]
) -> None:
    schedule, group = plan(), Group.objects.create(name="Night shift")
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    for url, name, to in (
        ("/account/", "first_name", ""),
        ("/account/tokens/", "description", ""),
        ("/admin/groups/", "name", ""),
        (f"/admin/groups/{group.pk}/", "name", ""),
        (f"/jobs/scheduled/{schedule.pk}/", "note", "pause/"),
    ):
        client = pages_of(owner)
        sent = {**hidden_of(client.get(url).content.decode()), name: "typed-with-care"}
        ended(client)
        assert client.post(url + to, sent)["Location"] == f"{SIGN_IN}?next={url}"
        client.force_login(owner)
        assert value_of(client.get(url).content.decode(), name) == "typed-with-care", url
        assert value_of(client.get(url, {"anew": ""}).content.decode(), name) != "typed-with-care", url
    schedule.refresh_from_db()
    assert (schedule.state, Group.objects.get().name) == ("active", "Night shift")


def test_boxes_of_a_profile_and_of_a_token_come_back_as_they_were_ticked(pages_of: PagesOf, owner: User) -> None:
    for url, typed_in, ticked, unticked in (
        ("/account/", {"first_name": "A"}, (), ("shortcuts",)),
        ("/account/tokens/", {"description": "A", "may_decide": "on"}, ("may_decide",), ("write_enabled",)),
    ):
        client = pages_of(owner)
        sent = {**hidden_of(client.get(url).content.decode()), **typed_in}
        ended(client)
        client.post(url, sent)
        client.force_login(owner)
        html = client.get(url).content.decode()
        assert all(re.search(rf'name="{name}" checked', html) for name in ticked)
        assert not any(re.search(rf'name="{name}" checked', html) for name in unticked)


# Posts whose fields hold no more than a word, or what must not be kept.
NOT_KEPT = {"web/account/sign_in.html", "web/_views.html", "web/account/account.html: web:password"}


def test_every_form_in_which_one_can_type_takes_part() -> None:
    folder = Path(drafts.__file__).parents[2] / "templates"
    forms = [
        (file.relative_to(folder).as_posix(), form)
        for file in sorted(folder.rglob("*.html"))
        for form in re.findall(r"<form\b.*?</form>", file.read_text(), re.DOTALL)
    ]
    typing = [
        (name, form)
        for name, form in forms
        if 'method="post"' in form and re.search(r'<textarea|<input class="in[" ](?![^>]*type="(search|file)")', form)
    ]
    assert len(typing) > 15
    left_out = {
        name if "web:password" not in form else f"{name}: web:password"
        for name, form in typing
        if "{% keeps" not in form
    }
    assert left_out == NOT_KEPT
