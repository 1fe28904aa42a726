"""Questions about jobs."""

from typing import Any

import pytest

from foureyes.catalog.queries import find_jobs, job_by_class_path
from foureyes.models import Job


@pytest.mark.parametrize("reference", ["local-net-report", "local/net/Report", "Report", "daily report"])
def test_a_job_is_found_by_what_people_call_it(make_job: Any, reference: str) -> None:
    make_job("Other")
    job = make_job("Report", name="Daily report")
    assert find_jobs(Job.objects.all(), reference) == [job]
    assert find_jobs(Job.objects.all(), str(job.pk)) == [job]


def test_a_name_that_several_have_names_them_all(make_job: Any) -> None:
    jobs = [make_job("One", grouping="A", name="Same"), make_job("Two", grouping="B", name="Same")]
    assert find_jobs(Job.objects.all(), "Same") == jobs


def test_only_the_given_jobs_are_searched(make_job: Any) -> None:
    make_job()
    assert find_jobs(Job.objects.none(), "Report") == []


@pytest.mark.parametrize("path", ["local/net", "local/net/Nothing", "git/net/Report", "", "a/b/c/d"])
def test_a_path_that_names_nothing_finds_nothing(make_job: Any, path: str) -> None:
    make_job()
    assert job_by_class_path(Job.objects.all(), path) is None
