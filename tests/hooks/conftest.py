"""A receiver, and hooks that start it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from foureyes.catalog.bundles import of_contents, store
from foureyes.hooks.job_hooks import create_job_hook
from foureyes.hooks.webhooks import create_webhook
from foureyes.jobs import ObjectVar
from foureyes.models import Job, JobHook, Webhook
from foureyes.users.models import User

ADDRESS = "https://example.org/hook"


def type_of(model: Any) -> ContentType:
    return ContentType.objects.get_for_model(model)


@pytest.fixture
def make_receiver(db: None, now: datetime) -> Callable[..., Job]:
    """A job that hooks start, enabled."""
    bundle = store(source=of_contents(module="watch", contents={"watch.py": b"pass\n"}), now=now)

    def make(name: str = "Watch", **columns: Any) -> Job:
        given: dict[str, Any] = {
            "enabled": True,
            "is_job_hook_receiver": True,
            "variables": [ObjectVar("extras.objectchange").spec("object_change")],
        }
        return Job.objects.create(
            source="local",
            module_name="watch",
            job_class_name=name,
            name=name,
            slug=f"local-watch-{name.lower()}",
            grouping="Hooks",
            has_sensitive_variables=False,
            bundle=bundle,
            created=now.date(),
            last_updated=now,
            **(given | columns),
        )

    return make


@pytest.fixture
def receiver(make_receiver: Callable[..., Job]) -> Job:
    return make_receiver()


@pytest.fixture
def hook(receiver: Job, admin: User, now: datetime) -> Callable[..., JobHook]:
    """A hook on groups that are made, unless told otherwise."""

    def make(name: str = "groups", **values: Any) -> JobHook:
        given = {"content_types": [type_of(Group)], "job": receiver, "type_create": True, "by": admin, "now": now}
        return create_job_hook(name=name, **(given | values))

    return make


@pytest.fixture
def webhook(admin: User, now: datetime) -> Callable[..., Webhook]:
    """A webhook that tells of groups that are made, unless told otherwise."""

    def make(name: str = "groups", **values: Any) -> Webhook:
        own = {key: values.pop(key) for key in ("content_types", "payload_url", "now") if key in values}
        given = {"content_types": [type_of(Group)], "payload_url": ADDRESS, "by": admin, "now": now} | own
        return create_webhook(name=name, values={"type_create": True, **values}, **given)

    return make
