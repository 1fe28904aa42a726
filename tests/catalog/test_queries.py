"""Questions about jobs."""

from typing import Any

import pytest

from foureyes.catalog.queries import job_by_class_path, search_jobs
from foureyes.models import Job


@pytest.mark.parametrize("text", ["a " * 5_000, "a" * 100_000, "\0"])
def test_a_search_without_measure_is_answered(make_job: Any, text: str) -> None:
    make_job()
    assert len(search_jobs(Job.objects.all(), text)) <= 1


@pytest.mark.parametrize("path", ["local/net", "local/net/Nothing", "git/net/Report", "", "a/b/c/d"])
def test_a_path_that_names_nothing_finds_nothing(make_job: Any, path: str) -> None:
    make_job()
    assert job_by_class_path(Job.objects.all(), path) is None
