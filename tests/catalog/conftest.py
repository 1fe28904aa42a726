"""Rows of jobs as discovery would have made them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import Event, Job, SourceBundle

CLASS_VALUES = {
    "grouping": "Network",
    "name": "Report",
    "description": "",
    "has_sensitive_variables": False,
    "approval_required": False,
    "commit_default": True,
    "hidden": False,
    "read_only": False,
    "soft_time_limit": 0.0,
    "time_limit": 0.0,
    "task_queues": [],
}
MakeJob = Callable[..., Job]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty jobs folder."""
    path = tmp_path / "jobs"
    path.mkdir()
    return path


@pytest.fixture
def bundle(db: None, now: datetime) -> SourceBundle:
    """Stored source of a job that does nothing."""
    return store(source=of_contents(module="net", contents={"net.py": b"pass\n"}), now=now)


@pytest.fixture
def make_job(bundle: SourceBundle, now: datetime) -> MakeJob:
    """Makes the row of an enabled job; arguments are what the class says, other columns, or variables."""

    def make(class_name: str = "Report", **given: Any) -> Job:
        values = {**CLASS_VALUES, "name": class_name, **{k: v for k, v in given.items() if k in CLASS_VALUES}}
        columns = {key: value for key, value in given.items() if key not in CLASS_VALUES}
        defaults = {"source": "local", "module_name": "net", "enabled": True, "bundle": bundle}
        return Job.objects.create(
            job_class_name=class_name,
            slug=f"local-net-{class_name.lower()}",
            class_values=values,
            created=now.date(),
            last_updated=now,
            **{**defaults, **values, "gated": values["approval_required"], **columns},
        )

    return make


@pytest.fixture
def kinds(db: None) -> Callable[[], list[str]]:
    """What was told, in order."""
    return lambda: list(Event.objects.order_by("id").values_list("kind", flat=True))
