"""Running a job on our own address: what came of it, whole, and a reason where a second person has to approve it."""

from collections.abc import Callable
from datetime import datetime
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
