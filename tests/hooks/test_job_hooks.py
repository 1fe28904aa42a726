"""Job hooks are stored, changed and deleted, and refused when they could not work or would do the same twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from tests.hooks.conftest import type_of

from foureyes.catalog.edit import delete_jobs
from foureyes.errors import Invalid
from foureyes.hooks.job_hooks import delete_job_hook, edit_job_hook
from foureyes.models import Event, Job, JobHook, JobResult, ScheduledJob, Webhook
from foureyes.users.models import Token, User


def test_hook_is_stored_and_told(hook: Callable[..., JobHook], admin: User, now: datetime) -> None:
    made = hook("New groups")
    made.refresh_from_db()
    assert (made.slug, made.enabled, made.watches_since, made.created) == ("new-groups", True, now, now.date())
    fact = Event.objects.get(kind="job_hook.created")
    assert (fact.action, fact.actor_name, fact.data["content_types"]) == ("create", "admin", ["auth.group"])
    assert fact.object_data is not None
    assert fact.object_data["name"] == "New groups"


def test_second_hook_of_a_similar_name_has_a_slug_of_its_own(hook: Callable[..., JobHook]) -> None:
    assert [hook("A b").slug, hook("a B", type_create=False, type_delete=True).slug] == ["a-b", "a-b-2"]


@pytest.mark.parametrize("model", [Job, ScheduledJob, JobResult, JobHook, Webhook, User, Group])
def test_our_own_objects_can_be_watched(hook: Callable[..., JobHook], model: Any) -> None:
    assert hook(content_types=[type_of(model)]).pk


@pytest.mark.parametrize("model", [Session, Token, Event])
def test_what_concerns_nobody_cannot_be_watched(hook: Callable[..., JobHook], model: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        hook(content_types=[type_of(model)])
    assert refusal.value.fields == {"content_types": [f"Invalid content type: {model._meta.label_lower}"]}


def test_hook_that_waits_for_nothing_is_refused(hook: Callable[..., JobHook]) -> None:
    with pytest.raises(Invalid) as refusal:
        hook(type_create=False)
    assert list(refusal.value.fields) == ["__all__"]


def test_job_that_is_no_receiver_is_refused(hook: Callable[..., JobHook], make_receiver: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        hook(job=make_receiver("Plain", is_job_hook_receiver=False))
    assert list(refusal.value.fields) == ["job"]


def test_taken_name_is_refused(hook: Callable[..., JobHook]) -> None:
    hook("one")
    with pytest.raises(Invalid) as refusal:
        hook("one", type_create=False, type_delete=True)
    assert list(refusal.value.fields) == ["name"]


def test_hook_that_another_one_is_already_is_refused_by_action(hook: Callable[..., JobHook]) -> None:
    hook("one", type_update=True)
    with pytest.raises(Invalid) as refusal:
        hook("two", type_update=True, type_delete=True)
    text = "A job hook already exists for {} on auth | group to job Watch"
    assert refusal.value.fields == {
        "type_create": [text.format("create")],
        "type_update": [text.format("update")],
    }


def test_same_action_with_another_receiver_or_type_is_none_of_its_doubles(
    hook: Callable[..., JobHook], make_receiver: Any
) -> None:
    hook("one")
    hook("two", job=make_receiver("Second"))
    hook("three", content_types=[type_of(User)])
    assert JobHook.objects.count() == 3


class TestEditing:
    def test_changes_what_is_named_and_tells_it(self, hook: Callable[..., JobHook], admin: User, now: datetime) -> None:
        made = hook()
        later = now + timedelta(hours=1)
        changes: Any = {"content_types": [type_of(User), type_of(Group)], "type_delete": True}
        edit_job_hook(hook=made, changes=changes, by=admin, now=later)
        made.refresh_from_db()
        assert (made.type_create, made.type_delete, made.last_updated) == (True, True, later)
        assert made.watches_since == now
        fact = Event.objects.get(kind="job_hook.edited")
        assert fact.data["changed"]["content_types"] == ["['auth.group']", "['auth.group', 'users.user']"]

    def test_hook_enabled_again_watches_from_then_on(
        self, hook: Callable[..., JobHook], admin: User, now: datetime
    ) -> None:
        made = hook(enabled=False)
        later = now + timedelta(hours=1)
        edit_job_hook(hook=made, changes={"enabled": True}, by=admin, now=later)
        made.refresh_from_db()
        assert made.watches_since == later

    def test_own_actions_are_no_doubles(self, hook: Callable[..., JobHook], admin: User, now: datetime) -> None:
        edit_job_hook(hook=hook(), changes={"type_create": True, "name": "renamed"}, by=admin, now=now)
        assert JobHook.objects.get().name == "renamed"


def test_hook_goes_with_its_receiver_and_is_told(
    hook: Callable[..., JobHook], receiver: Job, admin: User, now: datetime
) -> None:
    hook()
    delete_jobs(jobs=[receiver], by=admin, now=now)
    assert not JobHook.objects.exists()
    assert Event.objects.get(kind="job_hook.deleted").subject_text == "groups"


def test_deleted_hook_is_told(hook: Callable[..., JobHook], admin: User, now: datetime) -> None:
    delete_job_hook(hook=hook(), by=admin, now=now)
    assert not JobHook.objects.exists()
    assert Event.objects.get(kind="job_hook.deleted").action == "delete"
