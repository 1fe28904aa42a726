from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from rest_framework.test import APIClient

from foureyes.api.schema import Generator

OPERATIONS = {
    ("/extras/jobs/", "get"): "extras_jobs_list",
    ("/extras/jobs/", "put"): "extras_jobs_bulk_update",
    ("/extras/jobs/", "patch"): "extras_jobs_bulk_partial_update",
    ("/extras/jobs/", "delete"): "extras_jobs_bulk_destroy",
    ("/extras/jobs/{id}/", "get"): "extras_jobs_retrieve",
    ("/extras/jobs/{id}/", "patch"): "extras_jobs_partial_update",
    ("/extras/jobs/{id}/run/", "post"): "extras_jobs_run_create",
    ("/extras/jobs/{id}/variables/", "get"): "extras_jobs_variables_list",
    ("/extras/jobs/{class_path}/", "get"): "extras_jobs_read_deprecated",
    ("/extras/jobs/{class_path}/run/", "post"): "extras_jobs_run_deprecated",
    ("/extras/job-results/{id}/logs/", "get"): "extras_job_results_logs_retrieve",
    ("/extras/scheduled-jobs/", "get"): "extras_scheduled_jobs_list",
    ("/extras/scheduled-jobs/{id}/", "get"): "extras_scheduled_jobs_retrieve",
    ("/extras/scheduled-jobs/{id}/approve/", "post"): "extras_scheduled_jobs_approve_create",
    ("/extras/scheduled-jobs/{id}/deny/", "post"): "extras_scheduled_jobs_deny_create",
    ("/extras/scheduled-jobs/{id}/dry-run/", "post"): "extras_scheduled_jobs_dry_run_create",
    ("/schedules/", "post"): "schedules_create",
    ("/schedules/{id}/", "patch"): "schedules_partial_update",
    ("/schedules/{id}/skip-next/", "post"): "schedules_skip_next_create",
    ("/approvals/", "get"): "approvals_list",
    ("/approvals/{id}/approve/", "post"): "approvals_approve_create",
    ("/approvals/{id}/dry-run/", "post"): "approvals_dry_run_create",
    ("/occurrences/", "get"): "occurrences_list",
    ("/status/", "get"): "status_retrieve",
}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        made: dict[str, Any] = Generator().get_schema(request=None, public=True)
        messages = list(GENERATOR_STATS._warn_cache) + list(GENERATOR_STATS._error_cache)
    assert messages == []
    return made


@pytest.mark.parametrize(("place", "name"), OPERATIONS.items())
def test_operations_have_the_names_of_1_x(described: dict[str, Any], place: tuple[str, str], name: str) -> None:
    path, method = place
    assert described["paths"][path][method]["operationId"] == name


def test_operation_ids_are_unique(described: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    assert len(names) == len(set(names))


def test_all_ways_to_sign_in_are_told(described: dict[str, Any]) -> None:
    assert set(described["components"]["securitySchemes"]) == {"basicAuth", "cookieAuth", "tokenAuth"}


@pytest.mark.parametrize(
    ("path", "accept", "content_type"),
    [
        ("/api/swagger.json", "*/*", "application/vnd.oai.openapi+json"),
        ("/api/swagger.json", "application/json; version=1.3", "application/json"),
        ("/api/swagger/", "application/json", "application/json"),
    ],
)
def test_description_needs_no_account(db: None, path: str, accept: str, content_type: str) -> None:
    answer = APIClient().get(path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer.json()["openapi"].startswith("3.0")


def test_description_can_be_had_as_yaml(db: None) -> None:
    assert APIClient().get("/api/swagger.yaml").content.startswith(b"openapi: 3.0")


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_pages_have_no_inline_scripts(db: None, path: str) -> None:
    answer = APIClient().get(path, headers={"Accept": "text/html"})
    page = answer.content.decode()
    assert page.startswith("<!DOCTYPE html")
    assert page.count("<script") == page.count("<script src=")
    assert "<style" not in page
    assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"


def test_old_address_of_the_description_leads_to_it(db: None) -> None:
    answer = APIClient().get("/api/docs/?format=openapi")
    assert (answer.status_code, answer["Location"]) == (301, "/api/swagger.json")
