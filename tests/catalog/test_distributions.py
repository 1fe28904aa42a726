"""Jobs of installed packages."""

import base64
import hashlib
import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foureyes.catalog.bundles import store
from foureyes.catalog.discover import Discovery
from foureyes.catalog.distributions import collect_installed, demand_installed, files_to_watch, offers
from foureyes.catalog.source import read_source
from foureyes.errors import Conflict, Invalid
from foureyes.models import Job, SourceBundle

JOBS = textwrap.dedent("""
    from foureyes.jobs import Job

    name = "Tools"

    class Check(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return "checked"

    class Unlisted(Job):
        def run(self, data, commit):
            return ""

    jobs = [Check]
""")


def hash_of(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


def install(site: Path, *, version: str = "1.0", text: str = JOBS, entry_point: str = "acme_tools.jobs:jobs") -> None:
    """What pip leaves behind of a small wheel."""
    package = site / "acme_tools"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "jobs.py").write_text(text)
    for old in site.glob("*.dist-info"):
        shutil.rmtree(old)
    info = site / f"acme_tools-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-tools\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[foureyes.jobs]\nacme = {entry_point}\n")
    files = [package / "__init__.py", package / "jobs.py", info / "METADATA", info / "entry_points.txt"]
    lines = [f"{path.relative_to(site)},sha256={hash_of(path)},{path.stat().st_size}" for path in files]
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,", ""]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, on our import path and on that of the processes we start."""
    path = tmp_path / "site-packages"
    install(path)
    monkeypatch.syspath_prepend(str(path))
    monkeypatch.setenv("PYTHONPATH", str(path))
    yield path
    assert "acme_tools" not in sys.modules, "author code was imported into the server"


@pytest.fixture
def discovery(folder: Path) -> Discovery:
    return Discovery(folder=folder)


def collect() -> str:
    return collect_installed(distribution="acme-tools", module="acme_tools.jobs").digest


def test_an_entry_point_offers_its_module(site: Path) -> None:
    ours = [offer for offer in offers() if offer.distribution == "acme-tools"]
    assert [(offer.module, offer.entry_point) for offer in ours] == [("acme_tools.jobs", "acme_tools.jobs:jobs")]


@pytest.mark.django_db
def test_jobs_of_a_package_are_found(site: Path, discovery: Discovery, now: datetime) -> None:
    report = discovery.scan(now=now)
    assert report.changed == ("plugins/acme_tools.jobs/Check",)
    job = Job.objects.select_related("bundle").get()
    assert (job.source, job.slug, job.grouping) == ("plugins", "plugins-acme_tools-jobs-check", "Tools")
    assert job.bundle is not None
    assert (job.bundle.kind, job.bundle.distribution) == (SourceBundle.Kind.DISTRIBUTION, "acme-tools")
    assert bytes(job.bundle.archive) == b""


@pytest.mark.django_db
def test_an_upgrade_is_followed(
    site: Path, discovery: Discovery, now: datetime, django_assert_num_queries: Any
) -> None:
    discovery.scan(now=now)
    before = Job.objects.get().bundle_id
    with django_assert_num_queries(0):
        assert discovery.scan(now=now).changed == ()
    install(site, version="1.1")
    assert discovery.scan(now=now).changed == ("plugins/acme_tools.jobs/Check",)
    assert Job.objects.get().bundle_id != before


@pytest.mark.django_db
def test_jobs_of_a_removed_package_are_not_installed(site: Path, discovery: Discovery, now: datetime) -> None:
    discovery.scan(now=now)
    shutil.rmtree(site)
    site.mkdir()
    discovery.scan(now=now)
    assert not Job.objects.get().installed


@pytest.mark.django_db
def test_a_broken_package_is_told(site: Path, discovery: Discovery, now: datetime) -> None:
    install(site, text="raise ValueError('not today')")
    assert discovery.scan(now=now).broken == {"plugins/acme_tools.jobs": "ValueError: not today"}


def test_the_digest_covers_version_and_record(site: Path) -> None:
    first = collect()
    assert collect() == first
    install(site, version="1.1")
    upgraded = collect()
    install(site, version="1.1", text=JOBS + "\n")
    assert len({first, upgraded, collect()}) == 3


@pytest.mark.django_db
def test_a_package_that_changed_since_is_refused_at_the_start(site: Path, now: datetime) -> None:
    source = collect_installed(distribution="acme-tools", module="acme_tools.jobs")
    bundle = store(source=source, now=now)
    demand_installed(bundle)
    install(site, version="1.1")
    with pytest.raises(Conflict) as refused:
        demand_installed(bundle)
    assert refused.value.code == "source_changed"
    shutil.rmtree(site)
    with pytest.raises(Conflict):
        demand_installed(bundle)


def test_a_package_without_a_record_is_refused(site: Path) -> None:
    next(site.glob("*.dist-info/RECORD")).unlink()
    with pytest.raises(Invalid, match="no RECORD"):
        collect()


@pytest.mark.django_db
def test_the_source_of_a_package_is_shown_while_it_is_the_same(site: Path, now: datetime) -> None:
    bundle = store(source=collect_installed(distribution="acme-tools", module="acme_tools.jobs"), now=now)
    assert {file.path: file.text for file in read_source(bundle=bundle)} == {
        "acme_tools/__init__.py": "",
        "acme_tools/jobs.py": JOBS,
    }
    (site / "acme_tools" / "jobs.py").write_text("edited in place")
    assert read_source(bundle=bundle)[1].text is None


def install_editable(site: Path, project: Path) -> None:
    """What `pip install -e` leaves behind: a path and an origin, and no record of the files."""
    shutil.move(site / "acme_tools", project / "src" / "acme_tools")
    info = next(site.glob("*.dist-info"))
    (info / "RECORD").write_text(f"{info.name}/RECORD,,\n")
    (info / "direct_url.json").write_text(json.dumps({"url": project.as_uri(), "dir_info": {"editable": True}}))


def test_the_files_of_an_editable_package_are_covered(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "my project"
    (project / "src").mkdir(parents=True)
    install_editable(site, project)
    source = collect_installed(distribution="acme-tools", module="acme_tools.jobs")
    file = project / "src" / "acme_tools" / "jobs.py"
    assert [one["path"] for one in source.files] == ["acme_tools/__init__.py", "acme_tools/jobs.py"]
    assert file in files_to_watch(source)
    file.write_text(JOBS + "\n")
    assert collect() != source.digest
