"""A change starts each hook that watches for it, once, and what hooks do starts no hooks."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from tests.hooks.conftest import type_of

from foureyes.catalog.edit import edit_job
from foureyes.hooks.dispatch import Dispatched, dispatch
from foureyes.hooks.job_hooks import edit_job_hook
from foureyes.models import Event, Job, JobHook, JobResult, ObjectChange, Webhook, WebhookDelivery, Worker
from foureyes.people.groups import create_group, delete_group, rename_group
from foureyes.people.users import create_user, edit_user
from foureyes.runs.claim import claim
from foureyes.runs.delete import delete_runs
from foureyes.runs.enqueue import HookCause, enqueue
from foureyes.runs.reap import reap
from foureyes.runs.workers import register
from foureyes.submission.submit import submit_for_hook
from foureyes.users.models import User


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(minutes=1)


def everything(now: datetime, limit: int = 100) -> Dispatched:
    total = Dispatched()
    while (done := dispatch(limit=limit, now=now)).read:
        total = Dispatched(
            read=total.read + done.read,
            runs=total.runs + done.runs,
            messages=total.messages + done.messages,
            refused=total.refused + done.refused,
        )
    return total


def test_receiver_runs_with_the_change_as_whoever_made_it(
    hook: Callable[..., JobHook], alice: User, later: datetime
) -> None:
    made = hook()
    create_group(name="netops", by=alice, now=later)
    assert everything(later).runs == 1
    run = JobResult.objects.get()
    change = ObjectChange.objects.get(changed_object_type="auth.group")
    assert (run.purpose, run.commit, run.user, run.hook_id, run.hook_event_id) == (
        "hook",
        True,
        alice,
        made.pk,
        change.pk,
    )
    assert run.hook_run_id is None  # a person did it
    assert run.job_kwargs is not None
    assert run.job_kwargs["data"] == {"object_change": str(change.pk)}


def test_no_change_starts_a_hook_twice(hook: Callable[..., JobHook], alice: User, later: datetime) -> None:
    hook()
    create_group(name="netops", by=alice, now=later)
    assert [everything(later).runs, everything(later).runs] == [1, 0]


def test_each_action_starts_the_hooks_that_wait_for_it(
    hook: Callable[..., JobHook], make_receiver: Any, alice: User, later: datetime
) -> None:
    hook("made and changed", type_update=True)
    hook("deleted", type_create=False, type_delete=True)
    group = create_group(name="netops", by=alice, now=later)
    rename_group(group=group, name="renamed", by=alice, now=later)
    delete_group(group=group, by=alice, now=later)
    everything(later)
    runs = JobResult.objects.order_by("created", "id")
    told = [(JobHook.objects.get(pk=run.hook_id).name, change_of(run).action) for run in runs]
    assert told == [("made and changed", "create"), ("made and changed", "update"), ("deleted", "delete")]


def test_one_operation_is_one_change(
    hook: Callable[..., JobHook], make_receiver: Any, alice: User, later: datetime
) -> None:
    """An account with groups, a new password and a new name; a job that is enabled, gated and renamed at once."""
    hook("users", content_types=[type_of(User)], type_update=True)
    hook("jobs", content_types=[type_of(Job)], type_create=False, type_update=True)
    person = create_user(username="eve", groups=[Group.objects.create(name="g")], by=alice, now=later)
    edit_user(user=person, changes={"email": "e@example.org", "groups": []}, by=alice, now=later)
    job = make_receiver("Other", enabled=False)
    changes = {"enabled": True, "approval_required": True, "approval_required_override": True, "hidden": True,
               "hidden_override": True}  # fmt: skip
    edit_job(job=job, changes=changes, by=alice, now=later)
    assert Event.objects.filter(subject_id=str(job.pk)).count() == 3
    assert everything(later).runs == 3


def test_other_types_start_nothing(hook: Callable[..., JobHook], alice: User, later: datetime) -> None:
    hook()
    create_user(username="eve", by=alice, now=later)
    assert everything(later).runs == 0


def test_what_happened_before_a_hook_was_made_or_enabled_starts_nothing(
    hook: Callable[..., JobHook], admin: User, now: datetime, later: datetime
) -> None:
    create_group(name="before", by=admin, now=now - timedelta(minutes=1))
    made = hook(enabled=False)
    create_group(name="while disabled", by=admin, now=later)
    edit_job_hook(hook=made, changes={"enabled": True}, by=admin, now=later + timedelta(minutes=1))
    create_group(name="after", by=admin, now=later + timedelta(minutes=2))
    everything(later)
    assert [change_of(run).object_repr for run in JobResult.objects.all()] == ["after"]


def test_approval_is_ignored_as_in_1_x(make_receiver: Any, hook: Any, alice: User, later: datetime) -> None:
    gated = make_receiver("Gated", approval_required=True, gated=True)
    hook(job=gated)
    create_group(name="netops", by=alice, now=later)
    everything(later)
    assert (JobResult.objects.get().gated, JobResult.objects.get().grant_id) == (True, None)


def test_receiver_that_cannot_run_is_told_and_keeps_nobody_waiting(
    hook: Callable[..., JobHook], make_receiver: Any, alice: User, later: datetime
) -> None:
    hook("a", job=make_receiver("Disabled", enabled=False))
    hook("b")
    create_group(name="netops", by=alice, now=later)
    done = everything(later)
    assert (done.runs, done.refused) == (1, 1)
    told = Event.objects.get(kind="job_hook.refused")
    assert (told.subject_text, told.action, told.data["reason"]) == ("a", "", "This job is not enabled to be run.")


def test_hook_that_crashes_keeps_nobody_waiting(
    hook: Callable[..., JobHook], make_receiver: Any, alice: User, later: datetime
) -> None:
    """A variable of a kind that this version does not know, say."""
    hook("a", job=make_receiver("Odd", variables=[{"name": "object_change", "type": "NoSuchVar", "required": True}]))
    hook("b")
    create_group(name="netops", by=alice, now=later)
    done = everything(later)
    assert (done.runs, done.refused) == (1, 1)
    assert Event.objects.get(kind="job_hook.refused").subject_text == "a"


class TestNoLoops:
    def test_facts_about_runs_of_hooks_start_no_hook(
        self, hook: Callable[..., JobHook], alice: User, admin: User, later: datetime
    ) -> None:
        hook("results", content_types=[type_of(JobResult), type_of(Group)], type_update=True, type_delete=True)
        create_group(name="netops", by=alice, now=later)
        assert everything(later).runs == 1
        run = JobResult.objects.get()
        JobResult.objects.update(status="completed", completed=later)
        Event.objects.create(
            kind="run.completed", action="update", at=later, subject_type="extras.jobresult", subject_id=str(run.pk)
        )
        assert everything(later).runs == 0

    def test_other_runs_do(
        self, hook: Callable[..., JobHook], make_receiver: Any, admin: User, later: datetime
    ) -> None:
        hook("results", content_types=[type_of(JobResult)], type_create=False, type_delete=True)
        run = ended_run(make_receiver, later)
        key = run.pk
        delete_runs(runs=[run], by=admin, now=later)
        assert everything(later).runs == 1
        assert JobResult.objects.get().hook_run_id == key

    def test_what_another_run_changed_does_and_the_run_is_named(
        self, hook: Callable[..., JobHook], make_receiver: Any, later: datetime
    ) -> None:
        hook()
        run = ended_run(make_receiver, later)
        Event.objects.create(
            kind="object.created", action="create", at=later, subject_type="auth.group", subject_id="7",
            data={"run": str(run.pk)},
        )  # fmt: skip
        assert everything(later).runs == 1
        assert JobResult.objects.get(purpose="hook").hook_run_id == run.pk

    def test_what_the_run_of_a_hook_changed_starts_no_hook(
        self, hook: Callable[..., JobHook], alice: User, later: datetime
    ) -> None:
        hook()
        create_group(name="netops", by=alice, now=later)
        everything(later)
        run = JobResult.objects.get()
        Event.objects.create(
            kind="object.created", action="create", at=later, subject_type="auth.group", subject_id="7",
            data={"run": str(run.pk)},
        )  # fmt: skip
        assert everything(later).runs == 0


class TestMessages:
    def test_webhook_is_told_what_the_object_was_and_is(
        self, webhook: Callable[..., Webhook], alice: User, later: datetime
    ) -> None:
        webhook(type_update=True)
        group = create_group(name="netops", by=alice, now=later)
        rename_group(group=group, name="noc", by=alice, now=later)
        assert everything(later).messages == 2
        made, renamed = [json.loads(row.body) for row in WebhookDelivery.objects.order_by("id")]
        assert (made["event"], made["model"], made["username"]) == ("created", "group", "alice")
        assert made["snapshots"]["prechange"] is None
        assert (renamed["event"], renamed["data"]["name"]) == ("updated", "noc")
        assert renamed["snapshots"]["differences"] == {"removed": {"name": "netops"}, "added": {"name": "noc"}}

    def test_end_of_a_run_is_told_however_it_was_started(
        self, webhook: Callable[..., Webhook], make_receiver: Any, later: datetime
    ) -> None:  # P99
        webhook(content_types=[type_of(JobResult)], type_create=False, type_update=True)
        job = make_receiver("Plain", is_job_hook_receiver=False)
        scheduled = enqueue(job=job, user=None, values={}, commit=True, now=later)
        claim(worker=register(kind=Worker.Kind.WORKER, name="w", queues=["default"], slots=1, now=later),
              queues=["default"], limit=1, now=later)  # fmt: skip
        reap(now=later + timedelta(hours=1))
        everything(later + timedelta(hours=1))
        told = [json.loads(row.body) for row in WebhookDelivery.objects.order_by("id")]
        assert [(one["kind"], one["data"]["id"]) for one in told] == [
            ("run.started", str(scheduled.pk)),
            ("run.errored", str(scheduled.pk)),
        ]
        assert (told[1]["data"]["status"], told[1]["data"]["cause"]) == ("errored", "worker_lost")

    def test_body_template_makes_the_body(self, webhook: Callable[..., Webhook], alice: User, later: datetime) -> None:
        webhook(body_template="{{ username }} {{ event }} {{ data.name }}")
        create_group(name="<net>", by=alice, now=later)
        everything(later)
        assert WebhookDelivery.objects.get().body == "alice created <net>"

    def test_body_that_cannot_be_made_is_a_message_that_failed(
        self, webhook: Callable[..., Webhook], alice: User, later: datetime
    ) -> None:
        webhook()
        Webhook.objects.update(body_template="{% include data.name %}")  # of an older version, say
        create_group(name="netops", by=alice, now=later)
        everything(later)
        row = WebhookDelivery.objects.get()
        assert (row.state, row.body) == ("failed", "")
        assert row.error.startswith("The body template failed")

    def test_disabled_webhook_is_told_nothing(
        self, webhook: Callable[..., Webhook], alice: User, later: datetime
    ) -> None:
        webhook(enabled=False)
        create_group(name="netops", by=alice, now=later)
        assert everything(later).messages == 0


def test_many_changes_are_taken_in_their_order_some_at_a_time(
    hook: Callable[..., JobHook], alice: User, later: datetime
) -> None:
    hook()
    for number in range(7):
        create_group(name=f"g{number}", by=alice, now=later)
    assert everything(later, limit=3).runs == 7
    runs = sorted(JobResult.objects.all(), key=lambda run: str(run.pk))
    assert [change_of(run).object_repr for run in runs] == [f"g{number}" for number in range(7)]


def ended_run(make_receiver: Any, at: datetime) -> JobResult:
    """Of a job that no hook started."""
    job = make_receiver("Plain", is_job_hook_receiver=False)
    return JobResult.objects.create(
        job_model=job, name=job.class_path, created=at, available_at=at, queue="q", soft_limit_seconds=1,
        time_limit_seconds=1, status="completed", completed=at,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["run.completed", "object.created", "group.created"])
def test_an_update_of_the_server_finds_the_runs_behind_earlier_runs_of_hooks(
    hook: Callable[..., JobHook], make_receiver: Any, later: datetime, kind: str
) -> None:
    made = hook(content_types=[type_of(Group), type_of(JobResult)], type_update=True)
    run = ended_run(make_receiver, later)
    subject = ("extras.jobresult", str(run.pk)) if kind.startswith("run.") else ("auth.group", "7")
    data = {"run": str(run.pk)} if kind.startswith("object.") else {}
    fact = Event.objects.create(
        kind=kind, action="update", at=later, subject_type=subject[0], subject_id=subject[1], data=data
    )
    submit_for_hook(job=made.job, by=None, cause=HookCause(hook_id=made.pk, event_id=fact.pk), now=later)
    migration = import_module("foureyes.migrations.0016_runs_after_runs")
    migration.read_events(None, connection.schema_editor())
    assert JobResult.objects.get(purpose="hook").hook_run_id == (None if kind == "group.created" else run.pk)


def change_of(run: JobResult) -> Any:
    return ObjectChange.objects.get(pk=run.hook_event_id)
