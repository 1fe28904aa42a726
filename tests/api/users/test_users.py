"""Accounts on the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from foureyes.models import Event
from foureyes.users.models import ObjectPermission, User

WORDS = "quiet-lantern-4711"
USERS = "/api/users/users/"


@pytest.fixture
def operators(db: None) -> Group:
    return Group.objects.create(name="operators")


def test_an_account_is_made_and_shown(api: APIClient, operators: Group) -> None:
    answer = api.post(USERS, {"username": "newcomer", "password": WORDS, "groups": [str(operators.pk)]})
    assert answer.status_code == 201, answer.json()
    user = User.objects.get(username="newcomer")
    url = f"http://testserver/api/users/users/{user.pk}/"
    assert answer["Location"] == url
    shown = dict(answer.json())
    assert shown.pop("date_joined").endswith("Z")
    assert shown == {
        "display": "newcomer",
        "id": str(user.pk),
        "url": url,
        "username": "newcomer",
        "first_name": "",
        "last_name": "",
        "email": "",
        "is_staff": False,
        "is_active": True,
        "groups": [
            {
                "display": "operators",
                "id": operators.pk,
                "url": f"http://testserver/api/users/groups/{operators.pk}/",
                "name": "operators",
            }
        ],
    }
    assert user.check_password(WORDS)
    assert Event.objects.get(kind="user.created").actor_name == "admin"
    assert api.get(url).json() == answer.json()


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"username": "admin", "password": WORDS}, {"username": ["A user with that username already exists."]}),
        ({"username": "other"}, {"password": ["This field is required."]}),
        ({"password": WORDS}, {"username": ["This field is required."]}),
        (
            {"username": "other", "password": WORDS, "groups": [4711]},
            {"groups": ["Related object not found using the provided ID: 4711"]},
        ),
        (
            {"username": "other", "password": WORDS, "groups": [{"name": "nosuch"}]},
            {"groups": ["Related object not found using the provided attributes: nosuch"]},
        ),
    ],
)
def test_bad_accounts_are_refused(api: APIClient, sent: Any, errors: Any) -> None:
    answer = api.post(USERS, sent)
    assert (answer.status_code, answer.json()) == (400, errors)
    assert User.objects.count() == 1


@pytest.mark.parametrize("group", [True, None, [], {}, "x", {"id": "x"}, {"user__password__startswith": "p"}, 10**40])
def test_odd_group_references_are_refused(api: APIClient, operators: Group, group: Any) -> None:
    answer = api.post(USERS, {"username": "other", "password": WORDS, "groups": [group]})
    assert answer.status_code == 400
    assert list(answer.json()) == ["groups"]


def test_a_weak_password_is_refused(api: APIClient) -> None:
    answer = api.post(USERS, {"username": "other", "password": "short"})
    assert answer.status_code == 400
    assert list(answer.json()) == ["password"]


def test_what_may_not_be_set_is_ignored(api: APIClient) -> None:
    sent = {"username": "other", "password": WORDS, "is_superuser": True, "date_joined": "2001-01-01T00:00:00Z"}
    assert api.post(USERS, sent).status_code == 201
    user = User.objects.get(username="other")
    assert not user.is_superuser
    assert user.date_joined.year > 2001


def test_an_account_is_changed(api: APIClient, alice: User, operators: Group) -> None:
    address = f"{USERS}{alice.pk}/"
    answer = api.patch(address, {"email": "a@example.org", "groups": [{"name": "operators"}]})
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["groups"][0]["id"]) == ("a@example.org", operators.pk)
    everything = api.get(address).json()
    assert api.put(address, everything).json() == everything  # what was shown can be sent back
    assert api.patch(address, {"password": WORDS}).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(WORDS)


def test_an_account_is_deleted(api: APIClient, alice: User) -> None:
    answer = api.delete(f"{USERS}{alice.pk}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not User.objects.filter(pk=alice.pk).exists()


def test_the_last_superuser_stays(api: APIClient, admin: User) -> None:
    for answer in (
        api.delete(f"{USERS}{admin.pk}/"),
        api.delete(USERS, [{"id": str(admin.pk)}]),
        api.patch(f"{USERS}{admin.pk}/", {"is_active": False}),
    ):
        assert answer.status_code == 409
        assert "only active superuser" in answer.json()["detail"]
    assert User.objects.get().is_active


def test_of_a_list_all_are_deleted_or_none(api: APIClient, alice: User, admin: User) -> None:
    answer = api.delete(USERS, [{"id": str(alice.pk)}, {"id": str(admin.pk)}])
    assert answer.status_code == 409
    assert User.objects.count() == 2
    assert api.delete(USERS, [{"id": str(alice.pk)}]).status_code == 204
    assert list(User.objects.all()) == [admin]


def test_several_at_once_are_all_or_nothing(api: APIClient, alice: User) -> None:
    made = api.post(USERS, [{"username": name, "password": WORDS} for name in ("erin", "frank")])
    assert made.status_code == 201
    erin, frank = (row["id"] for row in made.json())
    changed = api.patch(USERS, [{"id": erin, "email": "e@example.org"}, {"id": frank, "is_active": False}])
    assert [row["email"] for row in changed.json()] == ["e@example.org", ""]
    taken = api.patch(USERS, [{"id": erin, "email": ""}, {"id": frank, "username": "alice"}])
    assert taken.status_code == 400
    assert User.objects.get(pk=erin).email == "e@example.org"
    assert api.delete(USERS, [{"id": erin}, {"id": frank}]).status_code == 204
    assert set(User.objects.values_list("username", flat=True)) == {"admin", "alice"}


def test_the_list_is_ordered_filtered_and_brief(api: APIClient, alice: User, bob: User, operators: Group) -> None:
    alice.groups.add(operators)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    def names(query: str) -> list[str]:
        return [row["username"] for row in api.get(f"{USERS}?{query}").json()["results"]]

    assert names("") == ["admin", "alice", "bob"]
    assert names("q=LIC") == names("group=operators") == names(f"group_id={operators.pk}") == ["alice"]
    assert names("is_active=false") == ["bob"]
    assert names("username=bob&username=alice") == ["alice", "bob"]
    assert names("username__isw=A") == ["admin", "alice"]
    assert names("is_staff=true") == ["admin"]
    assert names(f"id={alice.pk}") == ["alice"]
    assert names(f"group_id={10**30}") == []
    brief = api.get(f"{USERS}?brief=1&username=bob").json()["results"]
    assert [list(row) for row in brief] == [["display", "id", "url", "username"]]
    unknown = api.get(f"{USERS}?is_superuser=true")
    assert (unknown.status_code, unknown.json()) == (400, {"is_superuser": ["Unknown filter field"]})


def test_the_number_of_queries_does_not_grow(
    api: APIClient, operators: Group, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        User.objects.create(username=f"u{number}").groups.add(operators)
    with django_assert_max_num_queries(6):
        assert len(api.get(USERS).json()["results"]) == 31


def test_constraints_hide_and_hold(
    client_of: Callable[..., APIClient], alice: User, bob: User, permit: Callable[..., ObjectPermission]
) -> None:
    permit(alice, "view change delete add", User, constraints={"username__startswith": "a"})
    client = client_of(alice)
    assert [row["username"] for row in client.get(USERS).json()["results"]] == ["alice"]
    assert client.get(f"{USERS}{bob.pk}/").status_code == 404
    assert client.patch(f"{USERS}{bob.pk}/", {"email": ""}).status_code == 404
    assert client.patch(f"{USERS}{alice.pk}/", {"username": "zoe"}).status_code == 403
    assert client.post(USERS, {"username": "zoe", "password": WORDS}).status_code == 403
    assert client.post(USERS, {"username": "anna", "password": WORDS}).status_code == 201
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "anna", "bob"}


def test_whoever_may_change_accounts_cannot_take_over_a_superuser(
    client_of: Callable[..., APIClient], alice: User, admin: User, permit: Callable[..., ObjectPermission]
) -> None:
    permit(alice, "view change delete", User)
    client = client_of(alice)
    assert client.patch(f"{USERS}{admin.pk}/", {"password": WORDS}).status_code == 403
    assert client.delete(f"{USERS}{admin.pk}/").status_code == 403


def test_options_name_the_fields(api: APIClient) -> None:
    fields = api.options(USERS).json()["actions"]["POST"]
    assert fields["password"]["required"]
    assert fields["username"]["type"] == "string"
