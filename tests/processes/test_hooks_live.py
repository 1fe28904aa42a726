"""A change by a job, and one by a person, start a receiver on a real installation."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.serving import Server, own_database, serving, until

JOBS = """
from django.contrib.auth.models import Group

from foureyes.jobs import Job, JobHookReceiver, StringVar


class MakeGroup(Job):
    group = StringVar()

    class Meta:
        name = "Make a group"
        has_sensitive_variables = False
        database = True

    def run(self, data, commit):
        made = Group.objects.create(name=data["group"])
        made.name += "!"
        made.save()


class Watch(JobHookReceiver):
    class Meta:
        name = "Watch"
        has_sensitive_variables = False
        approval_required = True

    def receive_job_hook(self, change, action, changed_object):
        after = change.get_snapshots()["postchange"]
        self.log_info(f"{action} {changed_object} by {change.user_name}: {after['name']}")


class Touch(JobHookReceiver):
    class Meta:
        name = "Touch"
        has_sensitive_variables = False
        database = True

    def receive_job_hook(self, change, action, changed_object):
        changed_object.name += "?"
        changed_object.save()
"""
pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hooks")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "watching.py").write_text(JOBS)
    with (
        own_database(f"foureyes_hooks_{os.getpid()}") as url,
        serving(folder / "data", "--jobs", str(folder / "jobs"), FOUREYES_DATABASE_URL=url) as server,
    ):
        for job in jobs(server).values():
            server.call("PATCH", f"/api/extras/jobs/{job['id']}/", json={"enabled": True}).raise_for_status()
        yield server


def jobs(server: Server) -> dict[str, Any]:
    return {job["name"]: job for job in server.call("GET", "/api/extras/jobs/").json()["results"]}


def results(server: Server, job: str) -> list[Any]:
    query = {"job_model": jobs(server)[job]["slug"], "status": "completed"}
    found: list[Any] = server.call("GET", "/api/extras/job-results/", params=query).json()["results"]
    return found


def said(server: Server, job: str) -> list[str]:
    """The log lines of all completed runs of a job, the newest run first."""
    runs = [run["id"] for run in results(server, job)]
    logs = [server.call("GET", f"/api/extras/job-results/{run}/logs/").json() for run in runs]
    return [line["message"] for log in logs for line in log]


def test_changes_by_people_and_jobs_start_receivers_once_and_in_no_circle(server: Server) -> None:
    for name, on in (("Watch", {"type_create": True}), ("Touch", {"type_create": True, "type_update": True})):
        hook = {"name": name, "content_types": ["auth.group"], "job": jobs(server)[name]["id"], **on}
        server.call("POST", "/api/extras/job-hooks/", json=hook).raise_for_status()

    server.call("POST", "/api/users/groups/", json={"name": "person"}).raise_for_status()
    until(lambda: len(results(server, "Watch")) == 1, what="the receiver has run")
    until(lambda: len(results(server, "Touch")) == 1, what="the other receiver has run")

    run = f"/api/extras/jobs/{jobs(server)['Make a group']['id']}/run/"
    for data, commit in (("dry", False), ("job", True)):
        server.call("POST", run, json={"data": {"group": data}, "commit": commit}).raise_for_status()
    until(lambda: len(results(server, "Touch")) == 2, what="both receivers have run for the job's group")
    until(lambda: len(results(server, "Watch")) == 2, what="both receivers have run for the job's group")

    by_job, by_person = said(server, "Watch")
    assert by_job.endswith(" by admin: job!")
    assert by_person.endswith(" by admin: person")
    changes = server.call("GET", "/api/extras/object-changes/?changed_object_type=auth.group").json()["results"]
    assert sorted((row["action"]["value"], row["object_data"]["name"]) for row in changes) == [
        ("create", "job!"),
        ("create", "person"),
        ("update", "job!?"),
        ("update", "person?"),
    ]
    assert len(results(server, "Touch")) == 2
