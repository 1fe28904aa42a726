"""Why a job cannot be run or scheduled."""

from typing import Any

import pytest

from foureyes import conf
from foureyes.catalog.refusals import refusal_to_run, refusal_to_schedule
from foureyes.models import Job


def code(job: Job) -> str | None:
    refusal = refusal_to_run(job)
    return refusal.code if refusal else None


def test_an_enabled_installed_loadable_job_can_be_run_and_scheduled(make_job: Any) -> None:
    job = make_job()
    assert refusal_to_run(job) is None
    assert refusal_to_schedule(job) is None


def test_a_gated_job_is_not_refused_here(make_job: Any) -> None:
    assert refusal_to_run(make_job(approval_required=True)) is None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"enabled": False}, "job_not_enabled"),
        ({"enabled": False, "installed": False}, "job_not_enabled"),
        ({"installed": False}, "job_not_installed"),
        ({"installed": False, "import_error": "E"}, "job_not_installed"),
        ({"has_sensitive_variables": True, "approval_required": True}, "job_sensitive_and_gated"),
        ({"has_sensitive_variables": True, "gated": True}, "job_sensitive_and_gated"),
        ({"import_error": "SyntaxError: invalid syntax"}, "job_not_loadable"),
        ({"bundle": None}, "job_not_loadable"),
        ({"is_job_hook_receiver": True}, "job_is_receiver"),
        ({"has_sensitive_variables": True}, None),
        ({"uses_database": True}, None),
    ],
)
def test_the_first_reason_is_told(make_job: Any, columns: dict[str, Any], expected: str | None) -> None:
    assert code(make_job(**columns)) == expected


def test_the_sentences_are_those_of_the_wire(make_job: Any) -> None:
    texts = [
        str(refusal_to_run(make_job("Off", enabled=False))),
        str(refusal_to_run(make_job("Gone", installed=False))),
        str(refusal_to_run(make_job("Broken", import_error="E"))),
    ]
    assert texts == [
        "This job is not enabled to be run.",
        "This job is not presently installed and cannot be run",
        "This job's source code could not be located and cannot be run",
    ]
    both = refusal_to_run(make_job("Both", has_sensitive_variables=True, approval_required=True))
    assert str(both).startswith("Unable to run or schedule job:")


def test_sensitive_inputs_are_never_stored_for_later(make_job: Any) -> None:
    refusal = refusal_to_schedule(make_job(has_sensitive_variables=True))
    assert refusal is not None
    assert refusal.code == "job_sensitive"
    off = refusal_to_schedule(make_job("Off", has_sensitive_variables=True, enabled=False))
    assert off is not None
    assert off.code == "job_not_enabled"


def test_an_installation_may_keep_jobs_from_the_database(make_job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(uses_database=True)
    monkeypatch.setenv("FOUREYES_ALLOW_DATABASE_JOBS", "false")
    conf.get_conf.cache_clear()
    try:
        assert code(job) == "job_database_not_allowed"
    finally:
        monkeypatch.undo()
        conf.get_conf.cache_clear()
