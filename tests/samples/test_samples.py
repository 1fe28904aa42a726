"""The sample jobs, called as plain classes: what they say, make and leave alone."""

import io
import os
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foureyes.bootstrap.folders import SAMPLES
from foureyes.jobs.describe import describe

OLD = time.time() - 40 * 24 * 60 * 60


def reports(job):
    """What the job has reported."""
    return job._foureyes.reporter


def levels(job) -> list[str]:
    return [line.level for line in reports(job).lines]


def old_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x" * 10)
    os.utime(path, (OLD, OLD))
    return path


def purge(sample, folder: Path, *, commit: bool, **more):
    job = sample("files").PurgeOldFiles()
    job.commit = job._foureyes.commit = commit
    inputs = {"pattern": "*.log", "older_than_days": 30, "remove_empty_folders": False} | more
    return job, job.run(folder=str(folder), **inputs)


def test_dry_run_of_purge_lists_old_files_and_deletes_none(sample, tmp_path: Path) -> None:
    old = old_file(tmp_path / "sub" / "old.log")
    (tmp_path / "new.log").write_text("x")
    job, result = purge(sample, tmp_path, commit=False)
    assert result == {"files": 1, "bytes": 10}
    assert old.exists()
    assert reports(job).changes == [
        {"target": str(old), "before": {"bytes": 10, "age_days": 40}, "after": None, "summary": "delete"}
    ]


def test_purge_deletes_what_its_dry_run_listed_and_nothing_else(sample, tmp_path: Path) -> None:
    old = old_file(tmp_path / "sub" / "old.log")
    other = old_file(tmp_path / "old.txt")
    linked = tmp_path / "link.log"
    linked.symlink_to(other)
    _, result = purge(sample, tmp_path, commit=True, remove_empty_folders=True)
    assert result["files"] == 1
    assert not old.parent.exists()
    assert other.exists()
    assert linked.is_symlink()


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr/lib"])
def test_purge_keeps_off_folders_of_the_system(sample, folder: str) -> None:
    with pytest.raises(ValueError, match="belongs to the system"):
        purge(sample, Path(folder), commit=False)


def test_backup_packs_the_folder_and_shows_progress(sample, tmp_path: Path) -> None:
    (tmp_path / "data" / "sub").mkdir(parents=True)
    (tmp_path / "data" / "sub" / "a.txt").write_text("content")
    (tmp_path / "data" / "b.tmp").write_text("left out")
    job = sample("files").BackUpFolder()
    assert job.run(folder=str(tmp_path / "data"), exclude="*.tmp") == {"files": 1, "bytes": 7}
    with tarfile.open(reports(job).folder / "data.tar.gz") as archive:
        assert archive.getnames() == ["data/sub/a.txt"]
    assert reports(job).progressed == [(7, 7, "a.txt")]


def pem(*, days: int) -> io.BytesIO:
    """An uploaded file with one certificate that ends in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.test")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    file = io.BytesIO(certificate.public_bytes(serialization.Encoding.PEM))
    file.name = "server.pem"
    return file


@pytest.mark.parametrize(("days", "level"), [(90, "success"), (10, "warning"), (-2, "failure")])
def test_certificates_are_judged_by_the_days_they_have_left(sample, days: int, level: str) -> None:
    job = sample("certificates").CheckCertificates()
    assert job.run(servers="", pem_file=pem(days=days), warn_days=30) == {"checked": 1, "soonest_days": days}
    assert levels(job) == [level]
    assert (
        (reports(job).folder / "certificates.csv").read_text().splitlines()[1].startswith("server.pem,CN=example.test")
    )


def test_a_server_without_certificate_is_a_failure_and_no_crash(sample) -> None:
    job = sample("certificates").CheckCertificates()
    assert job.run(servers="127.0.0.1:1\nbad:port\n", pem_file=None, warn_days=30) == {
        "checked": 0,
        "soonest_days": None,
    }
    assert levels(job) == ["failure", "failure"]


@pytest.mark.parametrize(("form", "file"), [("markdown", "resources.md"), ("csv", "resources.csv")])
def test_resources_are_reported_in_the_form_asked_for(sample, form: str, file: str) -> None:
    module = sample("machine")
    job = module.ReportResources()
    rows = job.run(folders=[], form=form)
    assert [row["what"] for row in rows] == ["/", "memory"]
    assert len((reports(job).folder / file).read_text().splitlines()) == (4 if form == "markdown" else 3)
    assert ("/", "/") in module.mounted_folders()


@pytest.mark.parametrize(("least", "level"), [(0, "success"), (101, "failure")])
def test_machine_checks_compare_with_the_least_that_is_wanted(sample, least: int, level: str) -> None:
    job = sample("machine").CheckMachine()
    job.run(least_percent=least)
    job.test_disk_space()
    job.test_memory()
    assert levels(job) == [level, level]


@pytest.mark.parametrize(("password", "answer"), [("abc", "not good enough"), ("quiet-lantern-4711", "good")])
def test_passwords_are_compared_with_the_policy_file(sample, password: str, answer: str) -> None:
    assert sample("passwords").CheckPassword().run(password=password) == answer


def test_hello_greets(sample) -> None:
    assert sample("hello").Hello().run(who="") == "Hello, world!"


def test_samples_show_every_feature(sample) -> None:
    modules = [sample(file.stem) for file in SAMPLES.glob("*.py")]
    classes = [value for module in modules for value in vars(module).values() if _is_job(value, module)]
    told = [describe(job_class, grouping="Samples") for job_class in classes]
    assert len(told) >= 9
    assert any(job["approval_required"] for job in told)
    assert any(job["has_sensitive_variables"] for job in told)
    assert any(job["test_methods"] for job in told)
    assert any(job["concurrency_limit"] for job in told)
    assert any(job["max_retries"] for job in told)
    assert all(job["description"] for job in told)


def _is_job(value, module) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__
