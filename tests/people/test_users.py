"""Accounts are made, changed and deleted with a fact each; the last superuser stays."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal
from foureyes.models import Event, Job, JobResult
from foureyes.people.passwords import chosen_password, given_password
from foureyes.people.users import create_user, delete_user, edit_user
from foureyes.users.models import Token, User
from foureyes.users.tokens import issue_token

Told = Callable[[], list[tuple[Any, ...]]]
WORDS = "quiet-lantern-4711"


def test_an_account_is_made(admin: User, now: datetime, told: Told) -> None:
    operators = Group.objects.create(name="operators")
    user = create_user(username="erin", password=chosen_password(WORDS), groups=[operators], by=admin, now=now)
    stored = User.objects.get(pk=user.pk)
    assert stored.check_password(WORDS)
    assert (stored.is_active, stored.is_staff, stored.is_superuser, stored.date_joined) == (True, False, False, now)
    assert list(stored.groups.all()) == [operators]
    assert told() == [("user.created", "admin", "erin")]
    assert "password" not in str(Event.objects.get().data)


def test_the_installation_makes_its_first_superuser(db: None, now: datetime) -> None:
    user = create_user(username="admin", password=given_password("admin"), is_superuser=True, by=None, now=now)
    assert User.objects.get(pk=user.pk).check_password("admin")


def test_an_account_without_password_signs_nobody_in(db: None, now: datetime) -> None:
    user = create_user(username="robot", by=None, now=now)
    assert not user.has_usable_password()


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"username": "x", "first_name": "Bo\u200bb"}, "first_name", "a character that nobody sees"),
        ({"username": "x", "last_name": "\u202ereddiuB"}, "last_name", "a character that nobody sees"),
        ({"username": "alice"}, "username", "A user with that username already exists."),
        ({"username": ""}, "username", "This field cannot be blank."),
        ({"username": "a b"}, "username", "Enter a valid username."),
        ({"username": "x" * 151}, "username", "at most 150 characters"),
        ({"username": "erin", "email": "nowhere"}, "email", "Enter a valid email address."),
        ({"username": "erin", "time_zone": "Mars/Olympus"}, "time_zone", "There is no time zone"),
    ],
)
def test_malformed_accounts_are_refused(
    alice: User, now: datetime, values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        create_user(**values, by=None, now=now)
    assert sentence in refusal.value.fields[field][0]
    assert not Event.objects.exists()


@pytest.mark.parametrize("text", ["short", "password", "12345678"])
def test_weak_passwords_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        chosen_password(text)
    assert list(refusal.value.fields) == ["password"]


def test_names_of_all_scripts_are_taken(alice: User, now: datetime) -> None:
    changed = edit_user(
        user=alice, changes={"first_name": "می\u200cنا", "last_name": "Ó Súilleabháin"}, by=alice, now=now
    )
    assert changed.first_name == "می\u200cنا"
    with pytest.raises(Invalid):
        edit_user(user=alice, changes={"last_name": "a\u2066b"}, by=alice, now=now)


def test_changes_are_told_with_before_and_after(alice: User, admin: User, now: datetime, told: Told) -> None:
    operators = Group.objects.create(name="operators")
    edit_user(user=alice, changes={"email": "a@example.org", "groups": [operators]}, by=admin, now=now)
    alice.refresh_from_db()
    assert alice.email == "a@example.org"
    assert told() == [("user.edited", "admin", "alice")]
    changed = {"email": ["", "a@example.org"], "groups": [[], ["operators"]]}
    assert Event.objects.get().data == {"changed": changed}


def test_a_new_password_is_told_without_it(alice: User, admin: User, now: datetime, told: Told) -> None:
    edit_user(user=alice, changes={"password": chosen_password(WORDS)}, by=admin, now=now)
    assert User.objects.get(pk=alice.pk).check_password(WORDS)
    assert told() == [("user.password_set", "admin", "alice")]
    assert Event.objects.get().data == {}


def test_a_change_of_nothing_is_not_told(alice: User, admin: User, now: datetime, told: Told) -> None:
    edit_user(user=alice, changes={"email": "", "groups": []}, by=admin, now=now)
    assert told() == []


def test_a_name_in_use_is_refused(alice: User, bob: User, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        edit_user(user=alice, changes={"username": "bob"}, by=None, now=now)
    assert refusal.value.fields == {"username": ["A user with that username already exists."]}


def test_history_keeps_the_name_of_a_deleted_account(alice: User, admin: User, now: datetime, told: Told) -> None:
    job = Job.objects.create(
        source="local", module_name="m", job_class_name="J", slug="j", name="J", created=now.date(), last_updated=now
    )
    run = JobResult.objects.create(
        job_model=job, name=job.class_path, user=alice, user_name="alice", created=now, available_at=now,
        queue="default", soft_limit_seconds=1, time_limit_seconds=1,
    )  # fmt: skip
    issue_token(user=alice, now=now)
    key = alice.pk
    delete_user(user=alice, by=admin, now=now)
    run.refresh_from_db()
    assert (run.user, run.user_name) == (None, "alice")
    assert not Token.objects.exists()
    assert told() == [("user.deleted", "admin", "alice")]
    assert Event.objects.get().subject_id == str(key)


def test_a_deleted_account_cannot_be_changed(alice: User, now: datetime) -> None:
    gone = User.objects.get(pk=alice.pk)
    delete_user(user=alice, by=None, now=now)
    with pytest.raises(Conflict, match="has been deleted in the meantime"):
        edit_user(user=gone, changes={"email": ""}, by=None, now=now)


@pytest.mark.parametrize("changes", [{"is_active": False}, {"is_superuser": False}])
def test_the_last_active_superuser_stays_one(admin: User, now: datetime, changes: Any) -> None:
    User.objects.create(username="retired", is_superuser=True, is_active=False)
    with pytest.raises(Conflict) as refusal:
        edit_user(user=admin, changes=changes, by=admin, now=now)
    assert refusal.value.code == "last_superuser"
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.is_superuser


def test_the_last_active_superuser_is_not_deleted(admin: User, now: datetime) -> None:
    with pytest.raises(Conflict) as refusal:
        delete_user(user=admin, by=admin, now=now)
    assert refusal.value.code == "last_superuser"
    assert User.objects.filter(pk=admin.pk).exists()


def test_one_of_two_superusers_may_go(admin: User, now: datetime) -> None:
    other = User.objects.create(username="other", is_superuser=True)
    edit_user(user=other, changes={"is_active": False}, by=admin, now=now)
    delete_user(user=other, by=admin, now=now)
    assert list(User.objects.all()) == [admin]


def test_only_superusers_touch_superusers(admin: User, alice: User, now: datetime) -> None:
    User.objects.create(username="other", is_superuser=True)
    attempts: list[Callable[[], Any]] = [
        lambda: create_user(username="mine", is_superuser=True, by=alice, now=now),
        lambda: edit_user(user=alice, changes={"is_superuser": True}, by=alice, now=now),
        lambda: edit_user(user=admin, changes={"password": chosen_password(WORDS)}, by=alice, now=now),
        lambda: delete_user(user=admin, by=alice, now=now),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code == "superuser_only"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there every transaction that writes is alone")
@pytest.mark.django_db(transaction=True)
def test_two_superusers_who_delete_each_other_do_not_both_succeed(now: datetime) -> None:
    pair = [User.objects.create(username=name, is_superuser=True) for name in ("first", "second")]
    answers: list[str] = []
    start = threading.Barrier(2)

    def delete(victim: User, by: User) -> None:
        start.wait()
        try:
            delete_user(user=victim, by=by, now=now)
            answers.append("deleted")
        except Refusal as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=delete, args=each) for each in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["deleted", "last_superuser"]
    assert User.objects.count() == 1
