"""The examples of the author guide are jobs that discovery takes, from a folder and from an installed package."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest
from tests.docs.guide import executable

from foureyes.catalog.discover import Discovery
from foureyes.jobs.describe import describe, is_job_class

GUIDE = "docs/user-guide/jobs.md"
EXAMPLES = executable(GUIDE, "python")


def test_every_python_example_is_a_job() -> None:
    assert EXAMPLES
    for number, example in enumerate(EXAMPLES):
        module = ModuleType(f"guide_example_{number}")
        sys.modules[module.__name__] = module
        exec(compile(example.text, GUIDE, "exec"), module.__dict__)
        jobs = [job for job in vars(module).values() if is_job_class(job) and job.__module__ == module.__name__]
        assert [describe(job, grouping="Housekeeping")["name"] for job in jobs] == ["Remove old builds"]


@pytest.mark.django_db
def test_a_package_with_that_entry_point_brings_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    project, site = tmp_path / "project", tmp_path / "site-packages"
    (project / "my_package").mkdir(parents=True)
    (project / "my_package" / "jobs.py").write_text(EXAMPLES[0].text)
    [entry_point] = executable(GUIDE, "toml")
    about = '[project]\nname = "my-package"\nversion = "1"\n[tool.setuptools]\npackages = ["my_package"]\n'
    (project / "pyproject.toml").write_text(about + entry_point.text)
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
         "--target", str(site), str(project)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    (tmp_path / "jobs").mkdir()
    report = Discovery(folder=tmp_path / "jobs").scan(now=now)
    assert report.changed == ("plugins/my_package.jobs/RemoveOldBuilds",)
