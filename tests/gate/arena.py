"""Two processes do something to the same request at the same moment, round after round; rows are looked at after each.

It runs in a process of its own, because a test database in memory cannot be shared: `main` makes its tables in the
database that the environment names, and writes what happened as JSON.
"""

import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from django.core.management import call_command
from django.db import connection

from foureyes.approvals.by_schedule import deny_schedule
from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.steps import expire
from foureyes.catalog.bundles import of_contents, store
from foureyes.errors import Refusal
from foureyes.jobs import StringVar
from foureyes.models import ApprovalRequest, Grant, Job, JobResult, Occurrence, RequestParty, ScheduledJob, SourceBundle
from foureyes.schedules.fire import fire_due
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import submit
from foureyes.users.models import User

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DUE = NOW + timedelta(hours=1)
HEAD_START_SECONDS = 0.008  # at most: about as long as the slowest act, so that both orders and overlaps occur
TOO_LATE = ("request_outdated", "grant_other_content")  # by where the approval noticed the change
Act = Callable[[ApprovalRequest], object]


def person(name: str) -> User:
    return User.objects.get(username=name)


def change_source(request: ApprovalRequest) -> None:
    other = store(source=of_contents(module="ops", contents={"ops.py": f"# {request.number}\n".encode()}), now=NOW)
    Job.objects.update(bundle=other, last_updated=NOW)


ACTS: dict[str, Act] = {
    "bob approves": lambda request: approve(request=request, by=person("bob"), now=DUE),
    "carol approves": lambda request: approve(request=request, by=person("carol"), now=DUE),
    "carol denies": lambda request: deny(request=request, by=person("carol"), now=DUE),
    "carol revokes": lambda request: deny_schedule(schedule=carrier(request), by=person("carol"), now=DUE),
    "alice withdraws": lambda request: withdraw(request=request, by=person("alice"), now=DUE),
    "alice edits": lambda request: edit_schedule(
        schedule=carrier(request), changes={"inputs": {"site": "rome"}}, by=person("alice"), now=NOW
    ),
    "alice edits late": lambda request: edit_schedule(
        schedule=carrier(request), changes={"inputs": {"site": "rome"}}, by=person("alice"), now=DUE
    ),
    "it expires": lambda request: expire(now=DUE),
    "it fires": lambda request: fire_due(now=DUE),
    "it fires again": lambda request: fire_due(now=DUE),
    "the source changes": change_source,
    "alice asks": lambda request: ask(),
    "bob asks": lambda request: ask(by="bob"),
}


def carrier(request: ApprovalRequest) -> ScheduledJob:
    return ScheduledJob.objects.get(pk=request.scheduled_job_id)


def ask(by: str = "alice", **plan: Any) -> ApprovalRequest:
    schedule = {"name": "race", **plan} if plan else None
    done = submit(job=Job.objects.get(), by=person(by), data={"site": "paris"}, files={}, schedule=schedule, now=NOW)
    assert done.request is not None
    return done.request


def asked_now() -> ApprovalRequest:
    return ask()


def asked_to_expire() -> ApprovalRequest:
    request = ask()
    ApprovalRequest.objects.update(expires_at=DUE)
    return request


def asked_daily() -> ApprovalRequest:
    return ask(interval="daily", start_time=DUE)


def granted_daily() -> ApprovalRequest:
    request = asked_daily()
    approve(request=request, by=person("bob"), now=NOW)
    return request


def granted_once() -> ApprovalRequest:
    request = ask(interval="future", start_time=DUE)
    approve(request=request, by=person("bob"), now=NOW)
    return request


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows after a round: which of the two acts was not refused, and what there is."""

    first: str
    second: str
    request: ApprovalRequest

    @property
    def done(self) -> int:
        return [self.first, self.second].count("ok")

    @property
    def runs(self) -> int:
        return JobResult.objects.count()

    @property
    def standing(self) -> int:
        return Grant.objects.filter(voided_at=None).count()

    @property
    def state(self) -> str:
        return str(ScheduledJob.objects.get().state)


def one_decision(found: Found) -> bool:
    """One of the two decided; the other was told so; a run exists exactly if it was granted."""
    granted = ApprovalRequest.objects.get().state == "granted"
    refusals = {found.first, found.second} - {"ok"}
    return found.done == 1 and refusals <= {"already_decided"} and found.runs == found.standing == int(granted)


def granted_or_expired(found: Found) -> bool:
    """The answer or the end came first (P82); a run exists exactly if it was granted."""
    state = ApprovalRequest.objects.get().state
    granted = state == "granted"
    refused = "already_decided" if not granted else "ok"
    return state in ("granted", "expired") and found.first == refused and found.runs == found.standing == int(granted)


def edited_in_the_end(found: Found) -> bool:
    """Whoever was first, what stands is the edit, which waits and runs nothing."""
    fire_due(now=DUE)
    open_ones = ApprovalRequest.objects.filter(state="open").count()
    return found.second == "ok" and (found.runs, found.standing, open_ones, found.state) == (0, 0, 1, "pending")


def fired_once(found: Found) -> bool:
    """A schedule that was approved and is due runs once, however often it is looked at."""
    fire_due(now=DUE)
    return found.done == 2 and (found.runs, found.standing) == (1, 1)


def revoked_for_good(found: Found) -> bool:
    """It ran before the revocation or never; afterwards nothing runs."""
    before = found.runs
    fire_due(now=DUE + timedelta(days=2))
    return found.done == 2 and before == found.runs <= 1 and (found.state, found.standing) == ("cancelled", 0)


def edit_or_fire(found: Found) -> bool:
    """The due instant runs as it was approved, whoever is first; the edit waits."""
    fire_due(now=DUE + timedelta(days=2))
    inputs = [run.job_kwargs["data"]["site"] for run in JobResult.objects.all() if run.job_kwargs]
    return found.done == 2 and inputs == ["paris"] and (found.state, found.standing) == ("pending", 0)


def approved_source_only(found: Found) -> bool:
    """What runs is what was approved, or nothing runs."""
    runs = list(JobResult.objects.select_related("grant__request"))
    same = all(run.grant and run.bundle_id == run.grant.request.bundle_id for run in runs)
    return same and len(runs) == int(found.first == "ok") and found.first in ("ok", *TOO_LATE)


def held_or_as_approved(found: Found) -> bool:
    """The due instant runs the approved source, or is held."""
    fates = list(Occurrence.objects.values_list("fate", flat=True))
    runs = list(JobResult.objects.select_related("grant__request"))
    same = all(run.grant and run.bundle_id == run.grant.request.bundle_id for run in runs)
    return same and fates == (["fired"] if runs else ["held"])


def different_numbers(found: Found) -> bool:
    numbers = list(ApprovalRequest.objects.values_list("number", flat=True))
    return found.done == 2 and len(set(numbers)) == len(numbers) == 3


PAIRS: dict[str, tuple[Callable[[], ApprovalRequest], str, str, Callable[[Found], bool]]] = {
    "approve x approve": (asked_now, "bob approves", "carol approves", one_decision),
    "approve x deny": (asked_now, "bob approves", "carol denies", one_decision),
    "approve x withdraw": (asked_now, "bob approves", "alice withdraws", one_decision),
    "approve x expire": (asked_to_expire, "bob approves", "it expires", granted_or_expired),
    "approve x edit": (asked_daily, "bob approves", "alice edits", edited_in_the_end),
    "approve x fire": (asked_daily, "bob approves", "it fires", fired_once),
    "approve x source": (asked_now, "bob approves", "the source changes", approved_source_only),
    "deny x fire": (granted_daily, "carol revokes", "it fires", revoked_for_good),
    "edit x fire": (granted_daily, "alice edits late", "it fires", edit_or_fire),
    "source x fire": (granted_daily, "the source changes", "it fires", held_or_as_approved),
    "fire x fire": (granted_once, "it fires", "it fires again", lambda found: found.runs == 1),
    "ask x ask": (asked_now, "alice asks", "bob asks", different_numbers),
}


def clean() -> None:
    """Everything but people and the job, which has its first source again."""
    for model in (JobResult, Grant, RequestParty, ApprovalRequest, Occurrence, ScheduledJob):
        model._default_manager.all().delete()
    Job.objects.update(bundle=first_source(), last_updated=NOW)


def orders(pipe: Connection) -> Iterator[tuple[str, Any]]:
    arena = os.getppid()
    while os.getppid() == arena:
        if pipe.poll(1):
            if (order := pipe.recv()) is None:
                return
            yield order


def fighter(pipe: Connection, start: Barrier) -> None:
    """Does what it is told, at the same moment as the other one, until the arena is over or gone."""
    for act, key in orders(pipe):
        request = ApprovalRequest.objects.select_related("scheduled_job").get(pk=key)
        connection.cursor().execute("SELECT 1")
        start.wait(60)
        time.sleep(random.uniform(0, HEAD_START_SECONDS))
        try:
            ACTS[act](request)
        except Refusal as refusal:
            pipe.send(refusal.code)
        except Exception as error:  # told to the test, which fails
            pipe.send(f"{type(error).__name__}: {error}")
        else:
            pipe.send("ok")
    connection.close()


def first_source() -> SourceBundle:
    return store(source=of_contents(module="ops", contents={"ops.py": b"old = 1\n"}), now=NOW)


def set_up() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    for name in ("alice", "bob", "carol"):
        User.objects.create(username=name, is_superuser=True)
    Job.objects.create(
        source="local",
        module_name="ops",
        job_class_name="Purge",
        slug="purge",
        grouping="Ops",
        name="Purge",
        enabled=True,
        has_sensitive_variables=False,
        approval_required=True,
        gated=True,
        variables=[StringVar().spec("site")],
        bundle=first_source(),
        created=NOW.date(),
        last_updated=NOW,
    )


def main(rounds: int) -> None:
    set_up()
    connection.close()
    start = multiprocessing.Barrier(2)
    ends = [multiprocessing.Pipe() for _ in range(2)]
    fighters = [multiprocessing.Process(target=fighter, args=(theirs, start), daemon=True) for _, theirs in ends]
    for process in fighters:
        process.start()
    (one, _), (other, _) = ends
    told: dict[str, Any] = {}
    for name, (prepare, first, second, is_right) in PAIRS.items():
        ways: Counter[str] = Counter()
        wrong = []
        for _ in range(rounds):
            clean()
            request = prepare()
            one.send((first, request.pk))
            other.send((second, request.pk))
            found = Found(first=one.recv(), second=other.recv(), request=request)
            ways[f"{found.first} | {found.second} | {found.runs} runs"] += 1
            if not is_right(found):
                states = list(ApprovalRequest.objects.values_list("number", "state"))
                wrong.append(f"{found.first} | {found.second} | {found.runs} | {found.standing} | {states}")
        told[name] = {"ways": ways, "wrong": wrong[:5]}
    for pipe in (one, other):
        pipe.send(None)
    for process in fighters:
        process.join(10)
    sys.stdout.write(json.dumps(told))
