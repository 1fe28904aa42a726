"""What an object variable offers: what the person may view, narrowed by the author as in 1.x, and searched."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from foureyes.catalog.object_choices import Offered, depends_on, offered_rows
from foureyes.jobs import MultiObjectVar, ObjectVar
from foureyes.jobs.variables import VariableError
from foureyes.users.models import ObjectPermission, User


@pytest.fixture
def alice(alice: User) -> User:
    permission = ObjectPermission.objects.create(name="See people", actions=["view"])
    permission.object_types.set(ContentType.objects.get_for_models(User, Group).values())
    permission.users.add(alice)
    return alice


@pytest.fixture
def ops(db: None) -> Group:
    """A group with two people, beside three who are in none."""
    group = Group.objects.create(name="Operations")
    for number, name in enumerate(("anna", "ben", "cleo", "dora", "emil")):
        person = User.objects.create(username=name, first_name=name.title(), is_staff=number % 2 == 0)
        if number < 2:
            person.groups.add(group)
    return group


def offered(user: User, given: dict[str, Any] | None = None, **options: Any) -> Offered:
    asked = {"chosen": [], "text": "", "most": 300, "found": 50, **options.pop("asked", {})}
    spec = ObjectVar(**{"model": "users.user", **options}).spec("who")
    return offered_rows(spec=spec, given=given or {}, user=user, **asked)


def names(found: Offered) -> list[str]:
    return [text for _, text in found.rows]


def test_without_anything_it_offers_what_the_person_may_view(alice: User, dave: User, ops: Group) -> None:
    assert {"anna", "ben", "cleo", "alice"} <= set(names(offered(alice)))
    assert names(offered(dave)) == []


@pytest.mark.parametrize(
    ("params", "fits"),
    [
        ({"username": "ben"}, ["ben"]),
        ({"username": ["ben", "emil"]}, ["ben", "emil"]),
        ({"username__ic": "E", "is_staff": "true"}, ["cleo", "emil"]),
        ({"username__n": ["alice", "anna", "ben"]}, ["cleo", "dora", "emil"]),
        ({"username__isw": "a", "is_staff": True}, ["anna"]),
        ({"groups": "Operations"}, ["anna", "ben"]),
        ({"groups__n": "Operations", "username__n": "alice"}, ["cleo", "dora", "emil"]),
        ({"q": "CLE"}, ["cleo"]),
        ({"is_staff": "neither"}, []),
        ({"id": "not a key"}, []),
        ({"last_login": "null", "username__lt": "b"}, ["alice", "anna"]),
    ],
)
def test_query_params_narrow_it_as_in_1_x(alice: User, ops: Group, params: Any, fits: list[str]) -> None:
    assert names(offered(alice, query_params=params)) == fits


def test_a_dollar_names_what_another_variable_holds_and_nothing_while_that_is_empty(alice: User, ops: Group) -> None:
    params = {"groups": "$team", "is_staff": "$staff"}
    empty = {"team": "", "staff": ""}
    assert names(offered(alice, {"team": str(ops.pk), "staff": ""}, query_params=params)) == ["anna", "ben"]
    assert names(offered(alice, {"team": [str(ops.pk)], "staff": True}, query_params=params)) == ["anna"]
    assert names(offered(alice, empty, query_params=params)) == names(offered(alice))
    assert names(offered(alice, {**empty, "team": "half a wo"}, query_params=params)) == []
    assert depends_on(MultiObjectVar(model="users.user", query_params=params).spec("who")) == {"team", "staff"}


def test_a_relation_is_narrowed_by_the_key_of_what_it_points_at(db: None) -> None:
    root = User(is_superuser=True, is_active=True)
    key = ContentType.objects.get_for_model(User).pk
    for params in ({"content_type_id": str(key)}, {"content_type": key}):
        assert len(offered(root, model="auth.permission", query_params=params).rows) == 4


@pytest.mark.parametrize("params", [{"colour": "red"}, {"password": "x"}, {"username__regex": "a"}, {"groups": "$no"}])
def test_what_the_author_cannot_ask_for_is_said(alice: User, params: Any) -> None:
    with pytest.raises(VariableError, match="The author narrows this list by"):
        offered(alice, query_params=params)


def test_of_too_many_it_offers_the_first_and_finds_by_words(alice: User, ops: Group) -> None:
    first = offered(alice, asked={"most": 3, "found": 2})
    assert (names(first), first.more) == (["alice", "anna"], True)
    found = offered(alice, asked={"most": 3, "found": 2, "text": " Emi "})
    assert (names(found), found.more) == (["emil"], True)
    ben = User.objects.get(username="ben")
    assert names(offered(alice, asked={"text": str(ben.pk)})) == ["ben"]
    User.objects.filter(username="ben").update(password="pbkdf2_sha256$quartz")
    assert names(offered(alice, asked={"text": "quartz"})) == []  # nobody looks for what is secret


def test_what_was_chosen_stays_on_offer_by_its_key_if_it_may_not_be_viewed(alice: User, dave: User, ops: Group) -> None:
    cleo = str(User.objects.get(username="cleo").pk)
    asked = {"chosen": [cleo, "gone"]}
    assert offered(alice, query_params={"username": "ben"}, asked=asked).chosen == [(cleo, "cleo"), ("gone", "gone")]
    assert offered(dave, asked=asked).chosen == [(cleo, cleo), ("gone", "gone")]


def test_the_author_says_which_column_is_shown_but_not_a_secret_one(alice: User, ops: Group) -> None:
    only = {"query_params": {"username": "ben"}}
    assert names(offered(alice, display_field="first_name", **only)) == ["Ben"]
    assert names(offered(alice, display_field="password", **only)) == ["ben"]
