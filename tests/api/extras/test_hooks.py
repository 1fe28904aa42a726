"""Job hooks and webhooks on the 1.x addresses."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.models import Job, JobHook, Webhook

HOOKS, WEBHOOKS = "/api/extras/job-hooks/", "/api/extras/webhooks/"
ADDRESS = "https://example.org/hook"
MASK = "********"


@pytest.fixture
def receiver(make_job: Callable[..., Job]) -> Job:
    return make_job("Receiver", is_job_hook_receiver=True)


@pytest.fixture
def make_hook(api: APIClient, receiver: Job) -> Callable[..., dict[str, Any]]:
    def make(name: str = "groups", **values: Any) -> dict[str, Any]:
        given = {"content_types": ["auth.group"], "job": str(receiver.pk), "type_create": True, **values}
        answer = api.post(HOOKS, {"name": name, **given})
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    return make


@pytest.fixture
def make_webhook(api: APIClient) -> Callable[..., dict[str, Any]]:
    def make(name: str = "groups", **values: Any) -> dict[str, Any]:
        given = {"content_types": ["auth.group"], "payload_url": ADDRESS, "type_create": True, **values}
        answer = api.post(WEBHOOKS, {"name": name, **given})
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    return make


class TestJobHooks:
    def test_patch_keeps_what_is_not_named(self, api: APIClient, make_hook: Any) -> None:
        hook = make_hook(type_update=True)
        changed = api.patch(hook["url"], {"enabled": False, "content_types": ["auth.group", "users.user"]}).json()
        assert (changed["enabled"], changed["type_update"], changed["job"]) == (False, True, hook["job"])
        assert changed["content_types"] == ["auth.group", "users.user"]

    def test_several_at_once_are_all_made_or_none(self, api: APIClient, make_hook: Any, receiver: Job) -> None:
        one = {"name": "a", "content_types": ["auth.group"], "job": str(receiver.pk), "type_create": True}
        assert api.post(HOOKS, [one, {**one, "name": "b"}]).status_code == 400
        assert not JobHook.objects.exists()
        assert api.post(HOOKS, [one, {**one, "name": "b", "content_types": ["users.user"]}]).status_code == 201

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("name=one", ["one"]),
            ("slug__isw=t", ["two"]),
            ("content_types=users.user", ["two"]),
            ("enabled=false", ["two"]),
            ("job=local-sample-receiver", ["one", "two"]),
            ("type_delete=true", ["two"]),
            ("q=wo", ["two"]),
        ],
    )
    def test_filters(self, api: APIClient, make_hook: Any, query: str, found: list[str]) -> None:
        make_hook("one")
        make_hook("two", content_types=["users.user"], enabled=False, type_delete=True)
        assert [row["name"] for row in api.get(f"{HOOKS}?{query}").json()["results"]] == found

    def test_brief_form(self, api: APIClient, make_hook: Any) -> None:
        hook = make_hook()
        [row] = api.get(f"{HOOKS}?brief=1").json()["results"]
        assert row == {key: hook[key] for key in ("display", "id", "name", "url")}

    @pytest.mark.parametrize(
        ("values", "body"),
        [
            ({"content_types": ["nosuch.thing"]}, {"content_types": ["Invalid content type: nosuch.thing"]}),
            ({"content_types": ["users.token"]}, {"content_types": ["Invalid content type: users.token"]}),
            ({"content_types": "auth.group"}, None),
            ({"job": "no-uuid"}, None),
            ({"job": None}, None),
            ({"name": ""}, None),
            ({"name": "x" * 101}, None),
            ({"name": "nul \0"}, None),
            ({"type_create": False}, None),
        ],
    )
    def test_wrong_input_is_400(self, api: APIClient, receiver: Job, values: Any, body: Any) -> None:
        given = {"name": "h", "content_types": ["auth.group"], "job": str(receiver.pk), "type_create": True, **values}
        answer = api.post(HOOKS, given)
        assert answer.status_code == 400
        assert body is None or answer.json() == body
        assert not JobHook.objects.exists()

    def test_list_costs_the_same_for_many(
        self, api: APIClient, make_hook: Any, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(5):
            make_hook(f"h{number}", **{"content_types": ["auth.group"], "type_create": False, **TYPES[number]})
        with django_assert_max_num_queries(7):
            assert api.get(HOOKS).json()["count"] == 5


TYPES: list[dict[str, Any]] = [
    {"type_create": True},
    {"type_update": True},
    {"type_delete": True},
    {"content_types": ["users.user"], "type_create": True},
    {"content_types": ["extras.job"], "type_create": True},
]


class TestWebhooks:
    def test_secrets_are_answered_masked(self, api: APIClient, make_webhook: Any) -> None:
        made = make_webhook(secret="hunter2", additional_headers="Authorization: Bearer abc")
        assert (made["secret"], made["additional_headers"]) == (MASK, f"Authorization: {MASK}")
        everything = "".join(
            api.get(address).content.decode()
            for address in (WEBHOOKS, made["url"], "/api/webhooks/", "/api/events/", "/api/extras/object-changes/")
        )
        assert "hunter2" not in everything
        assert "Bearer abc" not in everything

    def test_put_with_what_was_answered_changes_nothing(self, api: APIClient, make_webhook: Any) -> None:
        made = make_webhook(secret="hunter2")
        before = bytes(Webhook.objects.get().sealed or b"")
        assert before
        answer = api.put(made["url"], made)
        assert answer.status_code == 200
        assert {**answer.json(), "last_updated": 0} == {**made, "last_updated": 0}

    def test_common_action_of_the_same_address_is_refused(self, api: APIClient, make_webhook: Any) -> None:
        """The three cases of 1.x: another type, another action, and an action in common."""
        make_webhook("one")
        make_webhook("two", content_types=["users.user"])
        make_webhook("three", type_create=False, type_update=True)
        body = {"name": "four", "content_types": ["auth.group"], "payload_url": ADDRESS, "type_create": True}
        assert list(api.post(WEBHOOKS, body).json()) == ["type_create"]

    @pytest.mark.parametrize("name", ["extras.scheduledjob", "extras.jobresult", "extras.jobhook"])
    def test_types_without_webhooks_in_1_x_have_them_on_our_own_address(self, api: APIClient, name: str) -> None:
        body = {"name": "w", "content_types": [name], "payload_url": ADDRESS, "type_create": True}
        answer = api.post(WEBHOOKS, body)
        assert (answer.status_code, answer.json()) == (400, {"content_types": [f"Invalid content type: {name}"]})
        assert api.post("/api/webhooks/", body).json()["content_types"] == [name]

    def test_filters(self, api: APIClient, make_webhook: Any) -> None:
        make_webhook("one")
        make_webhook("two", content_types=["users.user"], payload_url="https://example.org/two")
        for query in ("name=two", "payload_url__iew=two", "content_types=users.user", "q=TWO"):
            assert [row["name"] for row in api.get(f"{WEBHOOKS}?{query}").json()["results"]] == ["two"], query

    def test_notes_are_not_kept(self, api: APIClient, make_webhook: Any) -> None:
        url = make_webhook()["notes_url"]
        assert api.get(url).json()["count"] == 0
        assert api.post(url, {"note": "n"}).status_code == 409
