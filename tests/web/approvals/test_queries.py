"""How many queries a review takes: at most 15, whoever looks at whatever state of a request."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.approvals.conftest import PagesOf, text_of

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.steps import expire, open_gate_requests, reopen_held
from foureyes.approvals.talk import comment, suggest
from foureyes.catalog import source
from foureyes.catalog.edit import edit_job
from foureyes.jobs import FileVar, MultiObjectVar, StringVar
from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob
from foureyes.runs.files import draft_input
from foureyes.schedules.fire import fire_due
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import submit
from foureyes.users.models import User

MOST = 15
HOUR = timedelta(hours=1)
WORDS = {
    "now": "Runs at once",
    "tried": "Succeeded in 41 s",
    "past due": "This request is past its scheduled time",
    "held": "Held.",
    "outdated": "What would run has changed",
    "rich": "sent it back with a suggestion",
    "gate": "Open the gate",
    "granted": "approved this.",
    "voided": "The approval does not hold any more.",
    "replaced": "another request replaced this one",
    "denied": "denied this.",
    "withdrawn": "The request was withdrawn",
    "expired": "Nobody decided in time.",
}


@pytest.fixture
def rich(
    team: None, purge: Job, tried: Any, change_source: Any, alice: User, bob: User, carol: User, now: datetime
) -> Callable[[], ApprovalRequest]:
    """Other inputs, files, objects and source than were approved last, with dry runs and talk."""

    def make() -> ApprovalRequest:
        people = [str(alice.pk), str(bob.pk)]
        specs = {"site": StringVar(), "table": FileVar(), "more": FileVar(), "who": MultiObjectVar(model="users.user")}
        Job.objects.filter(pk=purge.pk).update(variables=[one.spec(name) for name, one in specs.items()])
        purge.refresh_from_db()
        found: list[ApprovalRequest] = []
        for word in ("first", "second"):
            files = {
                name: draft_input(name=name, chunks=[f"{word} {name}".encode()], user=alice, now=now)
                for name in ("table", "more")
            }
            plan = {"name": word, "interval": "daily", "start_time": now + HOUR}
            data = {"site": word, "who": people}
            done = submit(job=purge, by=alice, data=data, files=files, schedule=plan, reason="Full", now=now)
            assert done.request is not None
            found.append(done.request)
            if word == "first":
                approve(request=done.request, by=bob, now=now)
                change_source(b"new = 3\n")
                purge.refresh_from_db()
        for _ in range(3):
            tried(found[1], by=bob, lines=30)
        comment(request=found[1], by=carol, text="Ask first", now=now)
        suggest(request=found[1], by=bob, changes={"start_time": now + 5 * HOUR}, text="later", now=now)
        return found[1]

    return make


@pytest.fixture
def gate(purge: Job, alice: User, now: datetime) -> Callable[[], ApprovalRequest]:
    """A request to open the gate of the job."""

    def make() -> ApprovalRequest:
        Job.objects.update(class_values={"approval_required": True})
        changes = {"approval_required_override": True, "approval_required": False}
        edit_job(job=purge, changes=changes, by=alice, now=now)
        open_gate_requests(now=now)
        return ApprovalRequest.objects.get(kind="open_gate")

    return make


@pytest.fixture
def scene(
    ask: Any, rich: Any, gate: Any, tried: Any, change_source: Any, alice: User, bob: User, now: datetime
) -> Callable[[str], ApprovalRequest]:
    """A request in that state; the list has others, and one was approved before."""

    def past_due() -> ApprovalRequest:
        late: ApprovalRequest = ask(at=now - 3 * HOUR, interval="future", start_time=now - 2 * HOUR)
        return late

    def edited(request: ApprovalRequest) -> None:
        assert request.scheduled_job is not None
        edit_schedule(schedule=request.scheduled_job, changes={"inputs": {"site": "x"}}, by=alice, now=now)

    def held(request: ApprovalRequest) -> None:
        change_source()
        fire_due(now=now + 2 * HOUR)
        reopen_held(now=now + 2 * HOUR)

    def expired(request: ApprovalRequest) -> None:
        ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=now - HOUR)
        expire(now=now)

    made = {"rich": rich, "gate": gate, "past due": past_due}
    happens: dict[str, Callable[[ApprovalRequest], Any]] = {
        "tried": lambda request: tried(request, by=bob),
        "voided": edited,
        "replaced": edited,
        "outdated": lambda request: change_source(),
        "held": held,
        "denied": lambda request: deny(request=request, by=bob, reason="too early", now=now),
        "withdrawn": lambda request: withdraw(request=request, by=alice, now=now),
        "expired": expired,
    }

    def make(state: str) -> ApprovalRequest:
        approve(request=ask(), by=bob, now=now)
        for place in ("rome", "oslo"):
            ask(site=place)
        if state in made:
            return made[state]()
        plan = {} if state in ("now", "tried") else {"interval": "daily", "start_time": now + HOUR}
        request: ApprovalRequest = ask(**plan)
        if state in ("granted", "voided", "held"):
            approve(request=request, by=bob, reason="looks right", now=now)
        if state in happens:
            happens[state](request)
        if state == "held":
            return ApprovalRequest.objects.get(state="open", scheduled_job=request.scheduled_job)
        return request

    return make


@pytest.fixture
def viewers(team: None, allow: Any, admin: User, alice: User, bob: User, carol: User, dave: User) -> dict[str, User]:
    """Everybody who may look at it; those with constraints take a question to the database for each right."""
    erin = User.objects.create_user("erin")
    for number in range(2):
        ours = {"name": "Purge"} if number else {"grouping": "Ops"}
        allow(erin, Job, "view", "run", "approve", "change", **ours)
        allow(erin, ScheduledJob, "view", "change", "delete", **{f"job_model__{name}": of for name, of in ours.items()})
        allow(erin, JobResult, "view", **{f"job_model__{name}": of for name, of in ours.items()})
    for person in (alice, bob, dave):
        allow(person, JobResult, "view")
    allow(dave, ScheduledJob, "view")
    for person in (alice, carol, dave):
        allow(person, ScheduledJob, "change", "delete", user_id="$user")
    return {"administrator": admin, "requester": alice, "approver": bob, "approver of some": erin, "reader": dave}


@pytest.mark.parametrize("state", WORDS)
def test_a_review_takes_at_most_fifteen_queries_whoever_looks(
    pages_of: PagesOf, scene: Callable[[str], ApprovalRequest], viewers: dict[str, User], state: str
) -> None:
    request = scene(state)
    address = f"/jobs/approvals/{request.pk}/"
    taken = {}
    for word, person in viewers.items():
        client = pages_of(person)
        if state == "gate" and word == "reader":
            continue
        client.get(address)
        source._known.clear()  # as in a process that has not looked at any source yet
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
        taken[word] = len(seen)
        assert WORDS[state] in text_of(answer), word
    assert max(taken.values()) <= MOST, taken
