"""Questions about jobs."""

from typing import Any

import pytest

from foureyes.catalog.queries import search_jobs
from foureyes.models import Job


@pytest.mark.parametrize("text", ["a " * 5_000, "a" * 100_000, "\0"])
def test_a_search_without_measure_is_answered(make_job: Any, text: str) -> None:
    make_job()
    assert len(search_jobs(Job.objects.all(), text)) <= 1
