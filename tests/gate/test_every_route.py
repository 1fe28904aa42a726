"""Every way that can start a run meets the gate: a gated job without a grant does not run (P62).

A new caller of the gate fails the first test until it has a line here; a new address is walked by the last one.
"""

import ast
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from foureyes.approvals.by_schedule import approve_schedule
from foureyes.approvals.decide import approve
from foureyes.approvals.dry_run import dry_run_request, dry_run_schedule
from foureyes.approvals.steps import open_gate_requests, reopen_held
from foureyes.errors import Conflict, Refusal
from foureyes.hooks.dispatch import dispatch
from foureyes.hooks.job_hooks import create_job_hook
from foureyes.jobs import ObjectVar
from foureyes.models import (
    ApprovalRequest,
    Event,
    Grant,
    Job,
    JobHook,
    JobResult,
    ObjectChange,
    Occurrence,
    RequestComment,
    ScheduledJob,
    Worker,
)
from foureyes.people.groups import create_group
from foureyes.runs.claim import claim
from foureyes.runs.enqueue import HookCause, Order, Purpose, enqueue, enqueue_many
from foureyes.runs.reap import reap
from foureyes.runs.workers import register
from foureyes.schedules import control
from foureyes.schedules.approved import release_held, run_at_once
from foureyes.schedules.clone import clone
from foureyes.schedules.edit import edit
from foureyes.schedules.fire import fire_due
from foureyes.schedules.release import release_queued
from foureyes.submission.edit import clone_schedule, edit_schedule, run_schedule_now, take_over_schedule
from foureyes.submission.submit import dry_run, submit, submit_for_hook
from foureyes.users.ids import uuid7
from foureyes.users.models import User
from foureyes.users.tokens import issue_token
from foureyes.web.approvals.late import SALT

SOURCE = Path(__file__).parents[2] / "src" / "foureyes"
HOUR = timedelta(hours=1)

# Every call that stores a run, and the routes below that come through it.
CALLERS = {
    "submission/submit.py:submit": "submit_now, submit_without_commit",
    "submission/submit.py:dry_run": "dry_run",
    "submission/submit.py:submit_for_hook": "hook_of_an_ordinary_job",
    "schedules/control.py:run_now": "run_now, run_now_in_bulk",
    "schedules/fire.py:_write": "fire_stamped, fire_cloned, fire_edited, fire_gated_later",
    "schedules/release.py:_write": "release_waiting",
    "schedules/approved.py:run_at_once": "run_approved_without_grant",
    "schedules/approved.py:_release": "release_held_without_grant",
    "approvals/dry_run.py:_run": "dry_run_of_request",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A gated job of which nothing is approved, with an active schedule that is due, as if somebody had forged it."""

    job: Job
    admin: User
    schedule: ScheduledJob
    request: ApprovalRequest
    now: datetime


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Those of a module and its classes; what a function defines is part of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node
        else:
            yield from functions(node)


def callers() -> Iterator[str]:
    for file in sorted(SOURCE.rglob("*.py")):
        for function in functions(ast.parse(file.read_text())):
            if file.name == "enqueue.py":
                continue
            called = {
                getattr(call.func, "id", getattr(call.func, "attr", ""))
                for call in ast.walk(function)
                if isinstance(call, ast.Call)
            }
            if called & {"enqueue", "enqueue_many"}:
                yield f"{file.relative_to(SOURCE)}:{function.name}"


def test_every_caller_of_the_gate_is_walked() -> None:
    assert set(callers()) == set(CALLERS)
    walked = {name.strip() for names in CALLERS.values() for name in names.split(",")}
    assert walked <= {route.__name__ for route in ROUTES}


@pytest.fixture
def scene(ask: Any, admin: User, purge: Job, now: datetime) -> Scene:
    request = ask(by=admin, interval="daily", start_time=now + HOUR)
    ScheduledJob.objects.update(state="active", approved_by_user=admin, approved_at=now)
    return Scene(job=purge, admin=admin, schedule=ScheduledJob.objects.get(), request=request, now=now)


def submit_now(scene: Scene) -> None:
    submit(job=scene.job, by=scene.admin, data={"site": "x"}, files={}, now=scene.now)


def submit_without_commit(scene: Scene) -> None:
    immediate = {"interval": "immediately"}
    submit(job=scene.job, by=scene.admin, data={"site": "x"}, files={}, commit=False, schedule=immediate, now=scene.now)


def straight_to_the_gate(scene: Scene) -> None:
    enqueue(job=scene.job, user=scene.admin, values={}, commit=True, now=scene.now)


def straight_to_the_gate_with_a_stale_row(scene: Scene) -> None:
    stale = Job.objects.get()
    stale.gated = stale.approval_required = False
    enqueue(job=stale, user=scene.admin, values={}, commit=True, schedule=scene.schedule, now=scene.now)


def many_to_the_gate(scene: Scene) -> None:
    order = Order(
        job_id=scene.job.pk,
        user=scene.admin,
        values={},
        commit=True,
        queue=None,
        schedule_id=scene.schedule.pk,
        occurrence_id=uuid7(),
    )
    enqueue_many(orders=[order], now=scene.now)


def run_now(scene: Scene) -> None:
    control.run_now(schedule=scene.schedule, by=scene.admin, now=scene.now)


def run_now_in_bulk(scene: Scene) -> None:
    control.in_bulk(action="run_now", ids=[scene.schedule.pk], by=scene.admin, now=scene.now)


def run_now_by_submission(scene: Scene) -> None:
    run_schedule_now(schedule=scene.schedule, by=scene.admin, now=scene.now)


def fire_stamped(scene: Scene) -> None:
    fire_due(now=scene.now + HOUR)


def fire_cloned(scene: Scene) -> None:
    clone(schedule=scene.schedule, by=scene.admin, now=scene.now)
    clone_schedule(schedule=scene.schedule, by=scene.admin, now=scene.now)


def fire_edited(scene: Scene) -> None:
    edit(schedule=scene.schedule, changes={"start_time": scene.now + HOUR / 2}, by=scene.admin, now=scene.now)
    edit_schedule(schedule=scene.schedule, changes={"commit": False}, by=scene.admin, now=scene.now)


def fire_taken_over(scene: Scene) -> None:
    other = User.objects.create(username="other", is_superuser=True)
    User.objects.filter(pk=scene.admin.pk).update(is_active=False)
    take_over_schedule(schedule=scene.schedule, by=other, now=scene.now)


def fire_resumed(scene: Scene) -> None:
    control.pause(schedule=scene.schedule, by=scene.admin, now=scene.now)
    control.resume(schedule=scene.schedule, by=scene.admin, now=scene.now)


def fire_gated_later(scene: Scene) -> None:
    ApprovalRequest.objects.update(state="withdrawn")
    reopen_held(now=scene.now)


def approve_by_stamp(scene: Scene) -> None:
    ApprovalRequest.objects.update(state="withdrawn")
    approve_schedule(schedule=scene.schedule, by=scene.admin, now=scene.now)


def approve_the_own(scene: Scene) -> None:
    approve(request=scene.request, by=scene.admin, force=True, now=scene.now)


def release_waiting(scene: Scene) -> None:
    Occurrence.objects.create(
        scheduled_job=scene.schedule, revision=1, planned_at=scene.now - HOUR, fate="queued", decided_at=scene.now
    )
    release_queued(now=scene.now)


def run_approved_without_grant(scene: Scene) -> None:
    run_at_once(schedule=scene.schedule, now=scene.now)


def release_held_without_grant(scene: Scene) -> None:
    Occurrence.objects.create(
        scheduled_job=scene.schedule, revision=1, planned_at=scene.now, fate="held", decided_at=scene.now
    )
    release_held(schedule=scene.schedule, now=scene.now)


def dry_run_of_job(scene: Scene) -> None:
    dry_run(job=scene.job, by=scene.admin, data={"site": "x"}, files={}, now=scene.now)


dry_run_of_job.__name__ = "dry_run"


def dry_run_of_request(scene: Scene) -> None:
    dry_run_request(request=scene.request, by=scene.admin, now=scene.now)
    dry_run_schedule(schedule=scene.schedule, by=scene.admin, now=scene.now)


def hook_of_an_ordinary_job(scene: Scene) -> None:
    """The hook was made while the job was a receiver."""
    Job.objects.update(is_job_hook_receiver=True)
    hook = hook_on(scene.job, scene.admin, scene.now)
    Job.objects.update(is_job_hook_receiver=False)
    create_group(name="netops", by=scene.admin, now=scene.now + HOUR)
    dispatch(now=scene.now + HOUR)
    cause = HookCause(hook_id=hook.pk, event_id=Event.objects.get(kind="group.created").pk)
    submit_for_hook(job=scene.job, by=scene.admin, cause=cause, now=scene.now)


def ask_to_open_the_gate(scene: Scene) -> None:
    Job.objects.update(approval_required=False)
    open_gate_requests(now=scene.now)


def other_grant(scene: Scene) -> None:
    """The grant of another schedule, approved by somebody else."""
    done = submit(
        job=scene.job,
        by=scene.admin,
        data={"site": "x"},
        files={},
        schedule={"interval": "daily", "name": "o", "start_time": scene.now + timedelta(days=300)},
        now=scene.now,
    )
    assert done.request is not None
    approve(request=done.request, by=User.objects.create(username="o", is_superuser=True), now=scene.now)
    enqueue(
        job=scene.job,
        user=scene.admin,
        values=scene.schedule.inputs,
        commit=True,
        grant=Grant.objects.get(),
        schedule=scene.schedule,
        now=scene.now,
    )


ROUTES: list[Callable[[Scene], None]] = [
    submit_now,
    submit_without_commit,
    straight_to_the_gate,
    straight_to_the_gate_with_a_stale_row,
    many_to_the_gate,
    run_now,
    run_now_in_bulk,
    run_now_by_submission,
    fire_stamped,
    fire_cloned,
    fire_edited,
    fire_taken_over,
    fire_resumed,
    fire_gated_later,
    approve_by_stamp,
    approve_the_own,
    release_waiting,
    run_approved_without_grant,
    release_held_without_grant,
    dry_run_of_job,
    dry_run_of_request,
    hook_of_an_ordinary_job,
    ask_to_open_the_gate,
    other_grant,
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.__name__)
def test_gated_job_without_a_grant_does_not_run(scene: Scene, route: Callable[[Scene], None]) -> None:
    try:
        with transaction.atomic():
            route(scene)
    except (Refusal, IntegrityError):
        pass
    for days in range(3):
        at = scene.now + HOUR + timedelta(days=days)
        fire_due(now=at)
        release_queued(now=at)
        reopen_held(now=at)
    assert not JobResult.objects.filter(purpose="run").exists()
    assert not JobResult.objects.filter(commit=True).exists()


def test_receiver_of_a_hook_runs_without_approval_and_names_its_cause(purge: Job, admin: User, now: datetime) -> None:
    """G14: receivers ignore approval as in 1.x; the run points at hook and change, and is nobody's to start by hand."""
    Job.objects.update(is_job_hook_receiver=True, variables=[ObjectVar("extras.objectchange").spec("object_change")])
    hook = hook_on(purge, admin, now)
    create_group(name="netops", by=admin, now=now + HOUR)
    dispatch(now=now + HOUR)
    run = JobResult.objects.get()
    assert (run.purpose, run.gated, run.grant_id, run.commit) == ("hook", True, None, True)
    change = ObjectChange.objects.get(pk=run.hook_event_id)
    assert (run.hook_id, change.action, change.object_repr, run.user) == (hook.pk, "create", "netops", admin)
    with pytest.raises(Refusal) as refusal:
        submit(job=Job.objects.get(), by=admin, data={"object_change": str(change.pk)}, files={}, now=now)
    assert refusal.value.code == "job_is_receiver"


def test_run_of_a_hook_names_its_hook_and_event(purge: Job, alice: User, admin: User, now: datetime) -> None:
    """G14: nothing else can be called a hook's run, and none of them can become another one later."""
    with pytest.raises(Refusal):
        enqueue(job=purge, user=alice, values={}, commit=True, purpose=Purpose.HOOK, now=now)
    Job.objects.update(is_job_hook_receiver=True)
    hook = hook_on(purge, admin, now)
    forged = HookCause(hook_id=uuid7(), event_id=Event.objects.latest("id").pk)
    for cause in (None, forged, HookCause(hook_id=hook.pk, event_id=uuid7())):
        with pytest.raises(IntegrityError), transaction.atomic():
            enqueue(job=purge, user=alice, values={}, commit=True, purpose=Purpose.HOOK, cause=cause, now=now)
    Job.objects.update(is_job_hook_receiver=False)
    run = enqueue(job=purge, user=alice, values={}, commit=False, purpose=Purpose.DRY_RUN, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        JobResult.objects.filter(pk=run.pk).update(purpose="hook", hook_id=hook.pk, hook_event_id=uuid7(), commit=True)


def hook_on(job: Job, by: User, now: datetime) -> JobHook:
    types = [ContentType.objects.get_for_model(Group)]
    return create_job_hook(name="watch groups", content_types=types, job=job, type_create=True, by=by, now=now)


def test_retry_uses_nothing_up(ask: Any, purge: Job, bob: User, now: datetime) -> None:
    """G17: the next attempt is the same run."""
    Job.objects.update(max_retries=2)
    run = approve(request=ask(), by=bob, now=now).job_result
    assert run is not None
    worker = register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=1, now=now)
    for attempt in (1, 2):
        at = now + attempt * HOUR
        claim(worker=worker, queues=["default"], limit=1, now=at)
        reap(now=at + HOUR / 2)
    run.refresh_from_db()
    assert (run.attempt, run.status, Grant.objects.get().uses_left) == (2, "pending", 0)


def test_grant_is_used_once(ask: Any, bob: User, now: datetime) -> None:
    done = approve(request=ask(), by=bob, now=now)
    run = done.job_result
    assert run is not None
    with pytest.raises(Conflict) as refusal:
        enqueue(
            job=Job.objects.get(),
            user=run.user,
            values={"site": "paris"},
            commit=True,
            grant=done.grant,
            schedule=ScheduledJob.objects.get(),
            now=now,
        )
    assert refusal.value.code == "grant_used_up"


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


NOT_SERVED = 405
BODIES: list[dict[str, Any]] = [
    {"data": {"site": "x"}, "commit": True, "reason": "r"},
    {"reason": "r"},
    {"data": {"site": "x"}, "commit": False, "schedule": {"interval": "immediately"}},
    {"data": {"site": "x"}, "inputs": {"site": "x"}, "reason": "r", "text": "t", "changes": {"commit": True}},
    {"approval_required": False, "approval_required_override": True, "gated": False},
    {"approval_required": False, "gated": False, "state": "active", "approved_at": "2026-01-01T00:00:00Z"},
]


def test_no_address_starts_it_for_an_administrator_alone(scene: Scene) -> None:
    """All addresses with all writing methods and the keys of everything there is, as the superuser who asked for it."""
    key = issue_token(user=scene.admin, now=datetime.now(UTC)).key
    client = APIClient(
        headers={"Accept": "application/json", "Authorization": f"Token {key}"}, raise_request_exception=False
    )
    said = RequestComment.objects.create(
        request=scene.request, person_id=scene.admin.pk, person_name="a", suggestion={"commit": True}, at=scene.now
    )
    ids = [str(row.pk) for row in (scene.job, scene.schedule, scene.request)]
    bulk = {"action": "run-now", "ids": ids, "reason": "r"}
    other = {"comment": str(said.pk), "job": ids[0], "name": "n"}
    statuses: Counter[int] = Counter()
    for address in sorted(set(addresses(get_resolver()))):
        if not address.startswith("api/") or "events" in address:
            continue
        before = transaction.savepoint()
        for key, method in itertools.product(ids, ("post", "patch", "put")):
            path = _filled(address, key, scene.job)
            for body in [*BODIES, bulk, other]:
                status = getattr(client, method)(f"/{path}?force=true", body, format="json").status_code
                statuses[status] += 1
                if status == NOT_SERVED:
                    break
        for step in (fire_due, release_queued, reopen_held, open_gate_requests, dispatch, fire_due):
            step(now=scene.now + timedelta(days=3))
        assert Job.objects.get(pk=scene.job.pk).gated, address
        assert not JobResult.objects.filter(purpose="run").exists(), address
        assert not JobResult.objects.filter(commit=True).exists(), address
        assert not Grant.objects.exists(), address
        transaction.savepoint_rollback(before)
    assert statuses[200] > 10, statuses
    assert statuses[201] > 10, statuses


def test_no_page_starts_it_for_an_administrator_alone(scene: Scene) -> None:
    """All pages that take a form, with every key and what their forms send, as the superuser who asked for it."""
    client = Client(raise_request_exception=False)
    client.force_login(scene.admin)
    read = {"digest": scene.request.digest, "comment": "r", "reason": "r", "when": "now", "aware": "1"}
    form = {"_source": scene.job.bundle_id, "_reason": "r", "_confirmed": "1", "site": "x", "reason": "r"}
    forms: list[dict[str, Any]] = [
        {**read, "token": signing.dumps([str(scene.request.pk), scene.request.digest, str(scene.admin.pk)], salt=SALT)},
        {**read, "name": "n"},
        {**form, "_schedule_interval": "immediately", "_commit": "true", "_key": "a"},
        {**form, "_schedule_interval": "immediately", "_commit": "false", "_key": "b"},
        {**form, "_schedule_interval": "hourly", "_schedule_name": "n", "_commit": "true", "_key": "c"},
        {"enabled": "on", "approval_required_override": "on", "reason": "r"},
        *({"action": action, "id": str(scene.schedule.pk)} for action in ("resume", "run_now", "clone", "approve")),
    ]
    statuses: Counter[int] = Counter()
    for address in sorted(set(addresses(get_resolver()))):
        if address.startswith(("api/", "account/")):
            continue
        before = transaction.savepoint()
        keys = (scene.schedule.pk, scene.request.pk) if "<uuid:" in address else (scene.schedule.pk,)
        for key, sent in itertools.product(keys, forms):
            path = re.sub(r"<uuid:\w+>", str(key), address).replace("<slug:slug>", scene.job.slug)
            statuses[client.post(f"/{path}", sent).status_code] += 1
        for step in (fire_due, release_queued, reopen_held, open_gate_requests, dispatch, fire_due):
            step(now=scene.now + timedelta(days=3))
        assert Job.objects.get(pk=scene.job.pk).gated, address
        assert not JobResult.objects.filter(purpose="run").exists(), address
        assert not JobResult.objects.filter(commit=True).exists(), address
        assert not Grant.objects.exists(), address
        transaction.savepoint_rollback(before)
    assert statuses[302] + statuses[303] > 10, statuses
    assert not statuses[500], statuses


def _filled(address: str, key: str, job: Job) -> str:
    filled = address.replace("(?P<class_path>[^/]+/[^/]+/[^/]+)", job.class_path)
    for place in ("<str:id>", "<uuid:id>", "<str:name>", "<id>"):
        filled = filled.replace(place, key)
    return filled
