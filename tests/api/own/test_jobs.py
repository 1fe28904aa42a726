"""Running a job on our own address: what came of it, whole, and a reason where a second person has to approve it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob

MakeJob = Callable[..., Job]
DATA = {"site": "x"}


@pytest.fixture
def job(make_job: MakeJob, worker: Any, now: datetime) -> Job:
    bundle = store(source=of_contents(module="sample", contents={"sample.py": b"x = 1\n"}), now=now)
    return make_job(bundle=bundle, variables=[{"name": "site", "type": "StringVar", "required": True}])


@pytest.fixture
def gated(job: Job) -> Job:
    Job.objects.update(gated=True, approval_required=True)
    return job


def run(api: APIClient, job: Job, **body: Any) -> Any:
    return api.post(f"/api/jobs/{job.pk}/run/", {"data": DATA, **body})


def test_run_is_told_whole(api: APIClient, job: Job) -> None:
    answer = run(api, job)
    body = answer.json()
    assert (answer.status_code, body["schedule"], body["request"]) == (201, None, None)
    assert (body["job_result"]["id"], body["job_result"]["inputs"]) == (str(JobResult.objects.get().pk), DATA)


def test_gated_job_names_what_waits(api: APIClient, gated: Job) -> None:
    body = run(api, gated, reason="It is full").json()
    request = ApprovalRequest.objects.get()
    assert (body["job_result"], body["schedule"]["id"]) == (None, str(ScheduledJob.objects.get().pk))
    assert (body["request"]["number"], body["request"]["reason"]) == (request.number, "It is full")


def test_gated_job_needs_a_reason(api: APIClient, gated: Job) -> None:
    answer = run(api, gated, reason="  ")
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (400, "no_reason", ["reason"])
    assert not ScheduledJob.objects.exists()


@pytest.mark.parametrize("what", ["run", "dry-run"])
def test_what_means_nothing_is_refused(api: APIClient, job: Job, what: str) -> None:
    """A word that was spelled wrong, or a setting that would be lost: nothing is done otherwise than meant."""
    address = f"/api/jobs/{job.pk}/{what}/"
    for sent, wrong in (
        ({"comit": False}, {"comit"}),
        ({"inputs": DATA}, {"inputs"}),
        ({"schedule": {"interval": "daily", "name": "n", "max_runs": 3, "time_zone": "UTC"}}, {"schedule"}),
    ):
        answer = api.post(address, {"data": DATA, **sent})
        assert (answer.status_code, set(answer.json()["fields"])) == (400, wrong)
    assert not JobResult.objects.exists()
    assert not ScheduledJob.objects.exists()
    assert api.post(address, {"data": DATA, "commit": False}).status_code == 201


def test_the_terms_of_its_request_are_sent_with_it(api: APIClient, gated: Job) -> None:
    body = run(api, gated, reason="It is full", decide_within_seconds=3600, tell_requester=False).json()
    request = ApprovalRequest.objects.get()
    assert request.expires_at == request.created + timedelta(hours=1)
    assert (body["request"]["decide_within_seconds"], body["request"]["decide_before_start"]) == (3600, False)
    assert request.tells is None


def test_terms_come_as_parts_of_a_form_and_are_no_inputs(api: APIClient, gated: Job) -> None:
    form = {"site": "x", "_reason": "It is full", "_decide_within_seconds": "7200"}
    answer = api.post(f"/api/jobs/{gated.pk}/run/", form, format="multipart")
    assert (answer.status_code, answer.json()["request"]["decide_within_seconds"]) == (201, 7200)
    wrong = api.post(f"/api/jobs/{gated.pk}/run/", {**form, "_decide_within_seconds": "soon"}, format="multipart")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["_decide_within_seconds"])


def test_terms_that_cannot_be_kept_are_refused_at_their_fields(api: APIClient, gated: Job) -> None:
    answer = run(api, gated, reason="It is full", decide_within_seconds=5, decide_before_start=True)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_terms")
    assert sorted(answer.json()["fields"]) == ["decide_before_start", "decide_within_seconds"]
    assert not ScheduledJob.objects.exists()
