"""Opening the gate of a job (G2): lowering the flag asks, by PATCH and by source, and a second person decides."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.differences import differences
from foureyes.approvals.steps import open_gate_requests, reopen_held
from foureyes.catalog.discover import Discovery
from foureyes.catalog.edit import delete_jobs, edit_job
from foureyes.errors import Conflict, NotAllowed
from foureyes.models import ApprovalRequest, Event, Grant, Job, JobResult, Occurrence
from foureyes.schedules.fire import fire_due
from foureyes.submission.submit import submit
from foureyes.users.models import User

LATER = timedelta(hours=1)
WIPE = """
from foureyes.jobs import Job


class Wipe(Job):
    class Meta:
        approval_required = {required}
        has_sensitive_variables = False

    def run(self, data, commit):
        return "wiped"
"""


@pytest.fixture
def lowered(purge: Job, team: None, alice: User, now: datetime) -> Job:
    """Alice lowers the flag by an override."""
    Job.objects.update(class_values={"approval_required": True})
    changes = {"approval_required_override": True, "approval_required": False}
    return edit_job(job=purge, changes=changes, by=alice, now=now)


def the_request() -> ApprovalRequest:
    return ApprovalRequest.objects.get(kind="open_gate", state="open")


def test_lowering_leaves_the_gate_closed_and_asks(lowered: Job, alice: User, now: datetime) -> None:
    assert (lowered.approval_required, lowered.gated) == (False, True)
    assert open_gate_requests(now=now) == 1
    assert open_gate_requests(now=now) == 0
    request = the_request()
    assert (request.job, request.scheduled_job) == (lowered, None)
    assert [(party.person_id, party.roles) for party in request.parties.all()] == [(alice.pk, ["requester"])]


def test_lowered_job_still_needs_an_approval(lowered: Job, alice: User, now: datetime) -> None:
    done = submit(job=lowered, by=alice, data={"site": "x"}, files={}, now=now)
    assert (done.job_result, done.request is not None) == (None, True)
    assert not JobResult.objects.exists()


def test_second_person_opens_it(lowered: Job, bob: User, now: datetime) -> None:
    open_gate_requests(now=now)
    approve(request=the_request(), by=bob, now=now)
    lowered.refresh_from_db()
    assert not lowered.gated
    assert Grant.objects.get().uses_left == 0
    assert Event.objects.filter(kind="job.gate_opened", actor_id=bob.pk).count() == 1
    assert open_gate_requests(now=now) == 0


def test_who_lowered_it_does_not_open_it(lowered: Job, allow: Any, alice: User, admin: User, now: datetime) -> None:
    allow(alice, Job, "approve", "change")
    open_gate_requests(now=now)
    with pytest.raises(NotAllowed) as refusal:
        approve(request=the_request(), by=alice, now=now)
    assert refusal.value.code == "own_request"
    approve(request=the_request(), by=admin, now=now)


def test_right_to_change_the_job_is_needed(lowered: Job, allow: Any, dave: User, now: datetime) -> None:
    allow(dave, Job, "approve")
    open_gate_requests(now=now)
    with pytest.raises(NotAllowed) as refusal:
        approve(request=the_request(), by=dave, now=now)
    assert refusal.value.code == "may_not_change"


def test_denied_opening_is_not_asked_again_before_another_lowering(
    lowered: Job, alice: User, bob: User, now: datetime
) -> None:
    open_gate_requests(now=now)
    deny(request=the_request(), by=bob, reason="no", now=now)
    assert open_gate_requests(now=now + LATER) == 0
    assert Job.objects.get().gated
    for flag in (True, False):
        edit_job(job=lowered, changes={"approval_required": flag}, by=alice, now=now + LATER)
    assert open_gate_requests(now=now + LATER) == 1


def test_raised_again_the_request_is_over(lowered: Job, alice: User, bob: User, now: datetime) -> None:
    open_gate_requests(now=now)
    request = the_request()
    edit_job(job=lowered, changes={"approval_required": True}, by=bob, now=now)
    with pytest.raises(Conflict):
        approve(request=request, by=bob, now=now)
    assert open_gate_requests(now=now) == 0
    request.refresh_from_db()
    assert request.state == "superseded"
    with pytest.raises(Conflict):
        withdraw(request=request, by=alice, now=now)


def test_other_source_is_asked_for_anew(lowered: Job, change_source: Any, bob: User, now: datetime) -> None:
    open_gate_requests(now=now)
    first = the_request()
    change_source()
    with pytest.raises(Conflict) as refusal:
        approve(request=first, by=bob, now=now)
    assert refusal.value.code == "request_outdated"
    assert open_gate_requests(now=now) == 1
    assert the_request() != first


@pytest.fixture
def discover(db: None, tmp_path: Path, now: datetime) -> Iterator[Callable[[bool], Job]]:
    """Writes the job's file and lets discovery find it; a new job is enabled."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    discovery = Discovery(folder=folder)

    def find(required: bool) -> Job:
        (folder / "disks.py").write_text(WIPE.format(required=required))
        discovery.scan(now=now)
        Job.objects.filter(module_name="disks").update(enabled=True)
        return Job.objects.get(module_name="disks")

    yield find
    discovery.close()


def test_lowering_by_source_asks_in_nobodys_name(team: None, discover: Any, bob: User, now: datetime) -> None:
    discover(True)
    job = discover(False)
    assert (job.approval_required, job.gated) == (False, True)
    assert open_gate_requests(now=now) == 1
    request = the_request()
    assert (request.parties.count(), request.bundle_id) == (0, job.bundle_id)
    approve(request=request, by=bob, now=now)
    assert not discover(False).gated
    assert discover(True).gated


def test_deleting_the_row_is_no_way_around(
    team: None, allow: Any, discover: Any, alice: User, bob: User, now: datetime
) -> None:
    job = discover(True)
    allow(alice, Job, "approve", "change")
    delete_jobs(jobs=[job], by=alice, now=now)
    assert discover(False).gated
    assert open_gate_requests(now=now) == 1
    with pytest.raises(NotAllowed):
        approve(request=the_request(), by=alice, now=now)
    approve(request=the_request(), by=bob, now=now)


def test_edited_file_voids_what_was_approved(team: None, discover: Any, alice: User, bob: User, now: datetime) -> None:
    """The way from the file on disk to the hold: the whole of G3."""
    job = discover(True)
    plan = {"interval": "daily", "name": "wipe", "start_time": now + LATER}
    asked = submit(job=job, by=alice, data={}, files={}, schedule=plan, now=now)
    assert asked.request is not None
    approve(request=asked.request, by=bob, now=now)
    assert discover(False).gated
    assert fire_due(now=now + LATER).refused == 1
    assert Occurrence.objects.get().reason == "Changed since the approval: the job's source."
    assert reopen_held(now=now + LATER) == 1
    (change,) = differences(ApprovalRequest.objects.get(kind="series", state="open")).source
    assert (change.path, change.kind) == ("disks.py", "changed")
    assert "-        approval_required = True" in change.diff.splitlines()
    assert "+        approval_required = False" in change.diff.splitlines()
