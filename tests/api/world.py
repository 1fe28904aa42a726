"""One row of everything that the API serves, twice, and people with every kind of right to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from rest_framework.test import APIClient

from foureyes.approvals.request import open_request
from foureyes.catalog.bundles import of_contents, store
from foureyes.models import (
    ApprovalRequest,
    Event,
    Job,
    JobHook,
    JobLogEntry,
    JobResult,
    ObjectChange,
    OutputFile,
    ScheduledJob,
    SourceBundle,
    Webhook,
    WebhookDelivery,
    Worker,
)
from foureyes.runs.files import put
from foureyes.users.models import ACTIONS, ObjectPermission, Token, User
from foureyes.users.tokens import issue_token

MODELS: list[type[Model]] = [
    Job, JobResult, JobLogEntry, ScheduledJob, User, Group, ObjectPermission, Token, Event, Worker, JobHook, Webhook,
    ObjectChange, WebhookDelivery,
]  # fmt: skip
FILE = "report.txt"
RECEIVER = "00000000-0000-4000-8000-000000000001"
NO_ID = "00000000-0000-4000-8000-000000000000"
ROLES = (
    "anonymous",  # no credentials
    "nobody",  # an account without permissions
    "viewer",  # may view every row
    "constrained",  # may do everything, but to other rows than the one addressed
    "operator",  # may do everything to every row, by permissions
    "superuser",
    "read_only",  # a superuser's token that may not write
    "inactive",  # a superuser's account that was switched off
)


@dataclass
class World:
    """One row of everything to call for, and another one that is all the constrained may touch."""

    target: dict[type[Model], Model]
    other: dict[type[Model], Model]
    keys: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> APIClient:
        """A client with the role's token."""
        client = APIClient(headers={"Accept": "application/json; version=1.3"})
        if role != "anonymous":
            client.credentials(HTTP_AUTHORIZATION=f"Token {self.keys[role]}")
        return client

    def id(self, model: type[Model], role: str) -> str:
        """The row that the role addresses; of tokens everybody sees only their own."""
        if model is Token and role not in ("anonymous", "inactive"):
            return str(Token.objects.filter(user__username=role, description="spare").get().pk)
        return str(self.target[model].pk)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def build_world(now: datetime) -> World:
    """The rows and the people."""
    world = World(target=rows("Target", now), other=rows("Other", now))
    people = {role: person(role, now, world) for role in ROLES if role != "anonymous"}
    types = [ContentType.objects.get_for_model(model) for model in MODELS]
    permit(people["viewer"], ["view"], types)
    permit(people["operator"], list(ACTIONS), types)
    for model, type_ in zip(MODELS, types, strict=True):
        only = world.other.get(model) or issue_token(user=people["constrained"], now=now).token
        permit(people["constrained"], list(ACTIONS), [type_], constraints={"pk": str(only.pk)})
    return world


def rows(name: str, now: datetime) -> dict[type[Model], Model]:
    """One of everything, of this name."""
    here = datetime.now(UTC)  # the API asks the real clock who is alive
    bundle = store(source=of_contents(module="tools", contents={"tools.py": name.encode()}), now=now)
    job = Job.objects.create(
        source="local", module_name="tools", job_class_name=name, slug=f"local-tools-{name.lower()}",
        grouping="Tools", name=name, enabled=True, has_sensitive_variables=False, bundle=bundle,
        class_values={"grouping": "Tools", "name": name}, created=now.date(), last_updated=now,
    )  # fmt: skip
    run = JobResult.objects.create(
        job_model=job, name=job.class_path, created=now, available_at=now, queue="default",
        soft_limit_seconds=1, time_limit_seconds=2,
    )  # fmt: skip
    content = put([b"all is well"], most_bytes=100)
    OutputFile.objects.create(job_result=run, name=FILE, sha256=content.sha256, size=content.size, created=now)
    made: list[Model] = [
        job,
        run,
        JobLogEntry.objects.create(job_result=run, sequence=0, created=now, message="said"),
        ScheduledJob.objects.create(
            name=name, job_model=job, job_class=job.class_path, interval="future", one_off=True,
            start_time=here + timedelta(days=1), next_run_at=here + timedelta(days=1), decided_until=now, created=now,
            date_changed=now,
        ),
        User.objects.create(username=name),
        Group.objects.create(name=name),
        ObjectPermission.objects.create(name=name, actions=["view"]),
        Event.objects.create(kind="job.discovered", at=now, subject_type="extras.job", subject_id="1"),
        Worker.objects.create(name=name, queues=["default"], started_at=here, heartbeat_at=here),
        request_for(name, bundle, now),
        *hooks_of(name, bundle, now),
    ]  # fmt: skip
    found = {type(row): row for row in made}
    found[ObjectPermission].object_types.set([ContentType.objects.get_for_model(Job)])  # type: ignore[attr-defined]
    return found


def hooks_of(name: str, bundle: SourceBundle, now: datetime) -> list[Model]:
    """A job hook, a webhook with a message that failed, and a change."""
    columns = {
        "source": "local", "module_name": "tools", "job_class_name": "Receiver", "slug": "receiver", "name": "Receiver",
        "grouping": "Tools", "has_sensitive_variables": False, "is_job_hook_receiver": True, "bundle": bundle,
        "created": now.date(), "last_updated": now,
    }  # fmt: skip
    receiver, _ = Job.objects.get_or_create(pk=RECEIVER, defaults=columns)
    watch: dict[str, Any] = {"watches_since": now, "created": now.date(), "last_updated": now, "type_update": True}
    hook = JobHook.objects.create(name=name, slug=name.lower(), job=receiver, **watch)
    webhook = Webhook.objects.create(name=name, payload_url=f"https://example.org/{name}", **watch)
    for row in (hook, webhook):
        row.content_types.set([ContentType.objects.get_for_model(Group if name == "Target" else Job)])
    told = Event.objects.create(
        kind="group.created", action="create", at=now, subject_type="auth.group", subject_id="1", subject_text=name
    )
    message = WebhookDelivery.objects.create(
        webhook=webhook, webhook_name=name, event_id=told.pk, body="{}", state="failed", created=now, finished_at=now,
        next_attempt_at=now,
    )  # fmt: skip
    return [hook, webhook, message, ObjectChange.objects.get(pk=told.pk)]


def request_for(name: str, bundle: SourceBundle, now: datetime) -> ApprovalRequest:
    """An open one of somebody else's, for a gated job of its own."""
    here = datetime.now(UTC)
    job = Job.objects.create(
        source="local", module_name="tools", job_class_name=f"Gated{name}", slug=f"local-tools-gated{name.lower()}",
        grouping="Tools", name=f"Gated {name}", enabled=True, has_sensitive_variables=False, bundle=bundle,
        approval_required=True, gated=True, created=now.date(), last_updated=now,
    )  # fmt: skip
    schedule = ScheduledJob.objects.create(
        name=f"gated {name}", job_model=job, job_class=job.class_path, interval="future", one_off=True, state="pending",
        approval_required=True, start_time=here + timedelta(days=1), next_run_at=here + timedelta(days=1),
        decided_until=now, created=now, date_changed=now, user=User.objects.create(username=f"asker-of-{name}"),
    )  # fmt: skip
    return open_request(schedule=schedule, by=None, now=now)


def person(role: str, now: datetime, world: World) -> User:
    """The account of a role, with the token it uses and a spare one."""
    almighty = role in ("superuser", "read_only", "inactive")
    user = User.objects.create(username=role, is_superuser=almighty, is_active=role != "inactive")
    token = issue_token(user=user, write_enabled=role != "read_only", now=now)
    world.keys[role] = token.key
    spare = issue_token(user=user, description="spare", now=now).token
    if role == "superuser":
        world.target[Token] = spare
    return user


def permit(user: User, actions: list[str], types: list[ContentType], constraints: Any = None) -> None:
    """Give the account these actions."""
    permission = ObjectPermission.objects.create(name=f"of {user}", actions=actions, constraints=constraints)
    permission.object_types.set(types)
    permission.users.add(user)
