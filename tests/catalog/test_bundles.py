"""Content-addressed copies of source: gathered, stored, written out."""

import stat
from datetime import datetime
from pathlib import Path

import pytest

from foureyes.catalog import bundles
from foureyes.catalog.bundles import collect, digest_of, materialise, of_contents, store, unpack
from foureyes.errors import Conflict, Invalid
from foureyes.models import SourceBundle


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def test_a_source_has_its_module_and_what_that_imports_from_the_folder(folder: Path) -> None:
    write(folder, main="import helper", helper="import deeper", deeper="", stranger="")
    source = collect(folder=folder, module="main")
    assert sorted(source.contents) == ["deeper.py", "helper.py", "main.py"]
    assert source.digest == digest_of(source.files)


def test_modules_that_import_each_other_do_not_go_round(folder: Path) -> None:
    write(folder, one="import two", two="import one")
    assert collect(folder=folder, module="one").digest == collect(folder=folder, module="two").digest


def test_files_seen_loaded_belong_to_it_if_they_are_in_the_folder(folder: Path, tmp_path: Path) -> None:
    write(folder, main="", found_at_run_time="")
    outside = tmp_path / "outside.py"
    outside.write_text("")
    seen = [str(folder / "found_at_run_time.py"), str(outside), str(folder / ".." / "outside.py"), "/etc/hostname"]
    assert sorted(collect(folder=folder, module="main", loaded_files=seen).contents) == [
        "found_at_run_time.py",
        "main.py",
    ]


def test_data_files_are_found_beside_the_module(folder: Path) -> None:
    package = folder / "pkg"
    (package / "data" / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "data" / "a.csv").write_text("1")
    (package / "data" / "deep" / "b.csv").write_text("2")
    (folder / "c.csv").write_text("not beside it")
    source = collect(folder=folder, module="pkg", data_globs=["data/**/*.csv"])
    assert sorted(source.contents) == ["pkg/__init__.py", "pkg/data/a.csv", "pkg/data/deep/b.csv"]


@pytest.mark.parametrize("pattern", ["../*.txt", "/etc/*", ""])
def test_data_files_outside_of_the_folder_are_refused(folder: Path, pattern: str) -> None:
    write(folder, main="")
    with pytest.raises(Invalid, match="not in the jobs folder") as refused:
        collect(folder=folder, module="main", data_globs=[pattern])
    assert refused.value.code == "source_outside_folder"


def test_no_link_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret_key"
    secret.write_text("s3cret")
    write(folder, main="self.load_yaml('direct')")
    (folder / "data").mkdir()
    (folder / "data" / "linked").symlink_to(secret)
    (folder / "direct").symlink_to(secret)
    (folder / "job.py").symlink_to(secret)
    assert sorted(collect(folder=folder, module="main", data_globs=["data/*"]).contents) == ["main.py"]
    with pytest.raises(Invalid, match="link to outside"):
        collect(folder=folder, module="job")


def test_links_within_the_folder_are_followed(folder: Path) -> None:
    version = folder / "..2026"
    version.mkdir()
    (version / "main.py").write_text("x = 1")
    (folder / "main.py").symlink_to(version / "main.py")
    assert collect(folder=folder, module="main").contents == {"main.py": b"x = 1"}


def test_source_beyond_measure_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LARGEST_BUNDLE", 10)
    write(folder, main="x = 'more than ten bytes'")
    with pytest.raises(Invalid, match="too large") as refused:
        collect(folder=folder, module="main")
    assert refused.value.code == "source_too_large"


def test_every_part_of_a_file_is_in_the_digest() -> None:
    plain = of_contents(module="m", contents={"a.py": b"1", "b.py": b"2"})
    others = [
        {"a.py": b"1", "b.py": b"3"},
        {"a.py": b"1", "c.py": b"2"},
        {"a.py": b"1"},
        {"a.py": b"2", "b.py": b"1"},
    ]
    assert plain.digest not in {of_contents(module="m", contents=other).digest for other in others}
    assert plain.digest == of_contents(module="m", contents={"b.py": b"2", "a.py": b"1"}).digest


@pytest.mark.django_db
def test_equal_source_is_stored_once(now: datetime) -> None:
    source = of_contents(module="main", contents={"main.py": b"pass"})
    first = store(source=source, now=now)
    assert store(source=source, now=now) == first
    assert SourceBundle.objects.count() == 1
    assert unpack(SourceBundle.objects.get()) == {"main.py": b"pass"}


@pytest.mark.django_db
def test_the_archive_of_equal_source_is_equal() -> None:
    contents = {"b.py": b"2", "a.py": b"1"}
    assert bundles._pack(contents) == bundles._pack(dict(reversed(contents.items())))


@pytest.mark.django_db
def test_a_damaged_archive_is_refused(now: datetime, tmp_path: Path) -> None:
    bundle = store(source=of_contents(module="main", contents={"main.py": b"pass"}), now=now)
    bundle.archive = bundles._pack({"main.py": b"evil"})
    with pytest.raises(Conflict) as refused:
        materialise(bundle=bundle, root=tmp_path)
    assert refused.value.code == "source_damaged"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def stored(db: None, now: datetime) -> SourceBundle:
    return store(source=of_contents(module="p", contents={"p/__init__.py": b"1", "p/d/x.yml": b"2"}), now=now)


def test_a_bundle_is_written_out_read_only(stored: SourceBundle, tmp_path: Path) -> None:
    folder = materialise(bundle=stored, root=tmp_path / "bundles")
    assert folder == tmp_path / "bundles" / stored.digest
    assert (folder / "p" / "d" / "x.yml").read_bytes() == b"2"
    assert stat.S_IMODE((folder / "p" / "__init__.py").stat().st_mode) == 0o444
    assert stat.S_IMODE((folder / "p").stat().st_mode) == 0o555
    inode = folder.stat().st_ino
    assert materialise(bundle=stored, root=tmp_path / "bundles").stat().st_ino == inode


@pytest.mark.parametrize("how", ["edited", "added", "removed", "linked"])
def test_a_folder_that_was_tampered_with_is_written_again(stored: SourceBundle, tmp_path: Path, how: str) -> None:
    folder = materialise(bundle=stored, root=tmp_path)
    package, file = folder / "p", folder / "p" / "__init__.py"
    package.chmod(0o755)
    if how == "added":
        (package / "yaml.py").write_text("evil")
    else:
        file.chmod(0o644)
        file.unlink()
    if how == "edited":
        file.write_text("evil")
    if how == "linked":
        other = tmp_path / "other"
        other.write_bytes(b"1")
        file.symlink_to(other)
    again = materialise(bundle=stored, root=tmp_path)
    assert sorted(path.name for path in (again / "p").iterdir()) == ["__init__.py", "d"]
    assert file.read_bytes() == b"1"
    assert not file.is_symlink()
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "other"] == [stored.digest]
