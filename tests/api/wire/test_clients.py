from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.models import Job, JobResult
from foureyes.users.models import User

NEWER = "python-pynautobot/3.2.0"
Make = Callable[..., Any]


def get(client: APIClient, path: str, agent: str, **headers: str) -> Any:
    return client.get(path, headers={"User-Agent": agent, "Accept": "application/json", **headers})


@pytest.mark.parametrize("agent", ["python-pynautobot/1.5.5", "python-pynautobot/2.7.2", "curl/7.88", "pynautobot", ""])
def test_others_get_what_1_x_answers(api: APIClient, make_result: Make, admin: User, agent: str) -> None:
    run = make_result(None, admin, status=JobResult.Status.PENDING, completed=None)
    answer = get(api, f"/api/extras/job-results/{run.pk}/", agent)
    assert answer["API-Version"] == "1.2"
    assert "User-Agent" not in answer["Vary"]
    assert answer.json()["status"] == {"value": "pending", "label": "Pending"}
    assert get(api, "/api/extras/job-results/?depth=1", agent).status_code == 400


def test_newer_clients_get_the_newest_version_unless_they_name_one(api: APIClient) -> None:
    answer = get(api, "/api/extras/jobs/?depth=1&exclude_m2m=True", NEWER)
    assert (answer["API-Version"], answer.json()["count"]) == ("1.6", 0)
    assert "User-Agent" in answer["Vary"]
    assert get(api, "/api/extras/jobs/", NEWER, Accept="application/json; version=1.2").json() == []


def test_newer_clients_know_the_labels_of_runs_that_go_on(api: APIClient, make_result: Make, admin: User) -> None:
    run = make_result(None, admin, status=JobResult.Status.PENDING, completed=None)
    ended = make_result(None, admin)
    seen = {
        row["id"]: (row["status"]["value"], row["status"]["label"])
        for row in get(api, "/api/extras/job-results/", NEWER).json()["results"]
    }
    assert seen == {str(run.pk): ("pending", "PENDING"), str(ended.pk): ("completed", "Completed")}


def test_a_job_runs_by_its_name_if_no_other_has_it(api: APIClient, make_job: Make) -> None:
    make_job("Twice", grouping="One", slug="one")
    assert api.post("/api/extras/jobs/Twice/run/").status_code != 404
    assert api.post("/api/extras/jobs/Nobody/run/").status_code == 404
    assert api.post("/api/extras/jobs/a%00b/run/").status_code == 404
    make_job("Twice", grouping="Two", slug="two", module_name="other")
    answer = api.post("/api/extras/jobs/Twice/run/")
    assert answer.status_code == 409
    assert answer.json() == {"detail": "Several jobs have the name “Twice”; give the id of one."}


def test_a_job_out_of_sight_has_no_name(client_of: Make, dave: User, make_job: Callable[..., Job]) -> None:
    make_job("Hidden")
    assert client_of(dave).post("/api/extras/jobs/Hidden/run/").status_code == 403
