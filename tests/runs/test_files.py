"""Content of files: kept once, and removed when nothing names it any more."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import InputFile
from foureyes.runs import files


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path))
    get_conf.cache_clear()
    yield
    monkeypatch.undo()
    get_conf.cache_clear()


def test_equal_content_is_kept_once() -> None:
    first, second = files.put([b"ab", b"c"], most_bytes=10), files.put([b"abc"], most_bytes=10)
    assert first == second
    assert files.content_path(first.sha256).read_bytes() == b"abc"
    assert len(list((get_conf().data_dir / "files").rglob("*"))) == 2


def test_too_large_content_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(Invalid) as refused:
        files.put([b"abc", b"def"], most_bytes=5)
    assert refused.value.code == "file_too_large"
    assert list((get_conf().data_dir / "files").iterdir()) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), ("C:\\x\\b.txt", "b.txt"), ("..", "file"), ("a\nb", "ab")],
)
def test_name_of_an_upload_is_a_plain_one(sent: str, kept: str, now: datetime) -> None:
    assert files.draft_input(name=sent, chunks=[b"x"], user=None, now=now).name == kept


def test_sweep_removes_old_content_without_a_row(db: None, now: datetime) -> None:
    named, unnamed = files.put([b"named"], most_bytes=9), files.put([b"unnamed"], most_bytes=9)
    InputFile.objects.create(name="a", sha256=named.sha256, size=5, created=now)
    written = datetime.fromtimestamp(files.content_path(unnamed.sha256).stat().st_mtime, UTC)
    assert files.sweep(now=written + timedelta(minutes=59)) == 0
    assert files.sweep(now=written + timedelta(minutes=61)) == 1
    assert files.content_path(named.sha256).exists()
    assert not files.content_path(unnamed.sha256).exists()


def test_putting_content_again_keeps_a_sweep_away_from_it(db: None) -> None:
    stored = files.put([b"x"], most_bytes=9)
    path = files.content_path(stored.sha256)
    written = path.stat().st_mtime
    os.utime(path, (written - 7200, written - 7200))
    files.put([b"x"], most_bytes=9)
    assert files.sweep(now=datetime.fromtimestamp(written + 60, UTC)) == 0
