"""Groups on the wire."""

from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from foureyes.users.models import User

GROUPS = "/api/users/groups/"


def test_a_group_is_made_renamed_and_deleted(api: APIClient, alice: User) -> None:
    answer = api.post(GROUPS, {"name": "operators"})
    group = Group.objects.get()
    url = f"http://testserver/api/users/groups/{group.pk}/"
    assert answer.status_code == 201
    assert answer.json() == {"display": "operators", "id": group.pk, "url": url, "name": "operators"}
    alice.groups.add(group)
    answer = api.patch(url, {"name": "ops"})
    assert answer.json() == {"display": "ops", "id": group.pk, "url": url, "name": "ops", "user_count": 1}
    assert api.get(GROUPS).json() == {"count": 1, "next": None, "previous": None, "results": [answer.json()]}
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_a_name_exists_once(api: APIClient) -> None:
    Group.objects.create(name="operators")
    answer = api.post(GROUPS, {"name": "operators"})
    assert (answer.status_code, answer.json()) == (400, {"name": ["group with this name already exists."]})


def test_several_at_once(api: APIClient) -> None:
    made = api.post(GROUPS, [{"name": "a"}, {"name": "b"}]).json()
    swapped = api.patch(GROUPS, [{"id": made[0]["id"], "name": "c"}, {"id": 10**12, "name": "d"}])
    assert [row["name"] for row in swapped.json()] == ["c"]
    assert api.patch(GROUPS, [{"id": "x"}]).status_code == 400
    assert api.delete(GROUPS, [{"id": row["id"]} for row in made]).status_code == 204
    assert not Group.objects.exists()


def test_filters(api: APIClient) -> None:
    for name in ("operators", "auditors"):
        Group.objects.create(name=name)
    for query, found in {
        "name=operators": ["operators"],
        "name__ic=TOR": ["auditors", "operators"],
        "q=audi": ["auditors"],
        f"id={Group.objects.get(name='auditors').pk}": ["auditors"],
        "id__lt=0": [],
    }.items():
        assert [row["name"] for row in api.get(f"{GROUPS}?{query}").json()["results"]] == found, query
    assert api.get(f"{GROUPS}?id=x").status_code == 400
    assert list(api.get(f"{GROUPS}?brief=true").json()["results"][0]) == ["display", "id", "url", "name"]


def test_an_id_that_is_none_is_not_found(api: APIClient) -> None:
    assert api.get(f"{GROUPS}x/").status_code == 404
    assert api.get(f"{GROUPS}{10**40}/").status_code == 404
