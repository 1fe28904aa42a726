import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foureyes.backups.archive import MANIFEST, unpack, writing
from foureyes.errors import Conflict, Invalid

ABOUT = {
    "made_at": datetime(2026, 11, 23, tzinfo=UTC),
    "made_by": "1.0",
    "database": "sqlite",
    "migrations": [["a", "1"]],
}


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    with writing(file, about=ABOUT) as out:
        out.add_bytes("foureyes.toml", b"port = 1")
        out.add("files/ab/abc", io.BytesIO(b"content" * 1000), 7000)
    return file


def test_what_was_written_is_read_back(backup: Path, tmp_path: Path) -> None:
    manifest = unpack(backup, into=tmp_path / "there")
    assert (manifest.made_at, manifest.migrations) == (ABOUT["made_at"], [["a", "1"]])
    assert (tmp_path / "there/foureyes.toml").read_bytes() == b"port = 1"
    assert (tmp_path / "there/files/ab/abc").read_bytes() == b"content" * 1000
    assert backup.stat().st_mode & 0o077 == 0


def test_a_backup_is_never_overwritten_and_nothing_is_left_of_one_that_failed(backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(Conflict, match="exists"), writing(backup, about=ABOUT):
        pass
    with pytest.raises(OSError, match="full"), writing(tmp_path / "other.tar", about=ABOUT):
        raise OSError("full")
    assert backup.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]


@pytest.mark.parametrize("place", [515, 3000, -11_000])
def test_a_changed_byte_is_noticed(backup: Path, tmp_path: Path, place: int) -> None:
    content = bytearray(backup.read_bytes())
    content[place] ^= 1
    backup.write_bytes(content)
    with pytest.raises(Invalid, match=r"damaged|no backup|incomplete"):
        unpack(backup, into=tmp_path / "there")


@pytest.mark.parametrize("size", [0, 100, 1024, 2048, 5000])
def test_a_cut_file_is_noticed(backup: Path, tmp_path: Path, size: int) -> None:
    backup.write_bytes(backup.read_bytes()[:size])
    with pytest.raises(Invalid, match=r"damaged|no backup|incomplete"):
        unpack(backup, into=tmp_path / "there")


def foreign(file: Path, *members: tuple[str, bytes, bytes], **told: Any) -> Path:
    """A tar that somebody else made: names, kinds and contents, and what its manifest tells."""
    with tarfile.open(file, "w") as archive:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
        if told:
            text = json.dumps(told).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return file


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../outside", tarfile.REGTYPE),
        ("/tmp/outside", tarfile.REGTYPE),
        ("a/../../b", tarfile.REGTYPE),
        ("link", tarfile.SYMTYPE),
        ("link", tarfile.LNKTYPE),
        ("pipe", tarfile.FIFOTYPE),
        ("folder", tarfile.DIRTYPE),
    ],
)
def test_only_files_inside_are_taken(tmp_path: Path, name: str, kind: bytes) -> None:
    (tmp_path / "deep/there").mkdir(parents=True)
    with pytest.raises(Invalid, match="is no backup"):
        unpack(foreign(tmp_path / "x.tar", (name, kind, b"")), into=tmp_path / "deep/there")
    assert list((tmp_path / "deep/there").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "x.tar"]


@pytest.mark.parametrize("told", [{"format": 1}, {"format": 1, "made_at": 5}, {"a": 1}, {"format": 1, "parts": []}])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, told: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="no backup"):
        unpack(foreign(tmp_path / "x.tar", **told), into=tmp_path / "there")


def test_another_form_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="newer version"):
        unpack(foreign(tmp_path / "x.tar", format=2), into=tmp_path / "there")


def test_a_part_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    told = {**ABOUT, "made_at": "2026-11-23T00:00:00+00:00", "format": 1, "parts": {}}
    with pytest.raises(Invalid, match=r"evil\.py is not what was saved"):
        unpack(foreign(tmp_path / "x.tar", ("jobs/evil.py", tarfile.REGTYPE, b"x"), **told), into=tmp_path / "there")
