from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.checkups.conftest import levels

from foureyes.catalog.refusals import refusals_to_run
from foureyes.checkups.job import look_at_job
from foureyes.models import Job, JobResult
from foureyes.submission.submit import submit
from foureyes.users.models import User

Make = Callable[..., Job]
FREE = {"approval_required": False, "gated": False}


def test_a_job_that_runs_has_no_error(
    make_job: Make, processes: Callable[..., None], team: None, alice: User, now: datetime
) -> None:
    processes()
    found = levels(look_at_job(job=make_job("Free", **FREE), by=alice, now=now))
    assert found == {"runnable": "ok", "may_run": "ok", "queue": "ok"}


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        ({"enabled": False, "installed": False}, {"job_not_enabled", "job_not_installed"}),
        ({"import_error": "SyntaxError: no", "bundle": None}, {"job_not_loadable", "import_error"}),
        ({"has_sensitive_variables": True, "gated": True}, {"job_sensitive_and_gated"}),
    ],
)
def test_every_reason_of_the_predicate_is_told(
    make_job: Make,
    processes: Callable[..., None],
    team: None,
    alice: User,
    now: datetime,
    columns: dict[str, Any],
    codes: set[str],
) -> None:
    processes()
    job = make_job("Bad", **{**FREE, **columns})
    found = list(look_at_job(job=job, by=alice, now=now))
    assert {finding.code for finding in found if finding.level == "error"} == codes
    assert {refusal.message for refusal in refusals_to_run(job)} <= {finding.text for finding in found}
    assert all(finding.hint for finding in found if finding.level == "error")


def test_rights_queue_and_approval_are_told(purge: Job, team: None, dave: User, bob: User, now: datetime) -> None:
    assert levels(look_at_job(job=purge, by=dave, now=now)) == {
        "runnable": "ok",
        "may_not_run": "error",
        "gated": "ok",
        "no_worker_on_queue": "error",
    }
    Job.objects.filter(pk=purge.pk).update(approval_required=False)
    User.objects.filter(username="carol").update(is_active=False)
    purge.refresh_from_db()
    found = levels(look_at_job(job=purge, by=bob, now=now))
    assert (found["gate_stays"], found["few_approvers"], found["may_run"]) == ("warning", "warning", "ok")


def test_runs_that_wait_for_the_limit_of_the_job_are_told(
    make_job: Make, processes: Callable[..., None], team: None, alice: User, now: datetime
) -> None:
    processes()
    job = make_job("Free", **FREE, concurrency_limit=1)
    running, _ = [submit(job=job, by=alice, data={"site": "x"}, files={}, now=now).job_result for _ in range(2)]
    JobResult.objects.filter(pk=running.pk).update(status="running", lease_until=now, concurrency_slot=0)
    assert levels(look_at_job(job=job, by=alice, now=now))["concurrency"] == "warning"


def test_a_receiver_without_a_hook_is_never_started(make_job: Make, admin: User, now: datetime) -> None:
    receiver = make_job("Watch", is_job_hook_receiver=True)
    found = levels(look_at_job(job=receiver, by=admin, now=now))
    assert (found["no_hook"], found["approval_ignored"]) == ("error", "warning")
