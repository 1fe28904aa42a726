"""Source of a bundle, for people to read."""

from datetime import datetime

import pytest

from foureyes.catalog import source
from foureyes.catalog.bundles import of_contents, store
from foureyes.catalog.source import read_source

pytestmark = pytest.mark.django_db


def test_texts_are_shown_and_other_content_is_named(now: datetime) -> None:
    contents = {"job.py": "name = 'Größe'\n".encode(), "logo.png": b"\x89PNG\0", "latin.txt": b"\xff"}
    bundle = store(source=of_contents(module="job", contents=contents), now=now)
    files = read_source(bundle=bundle)
    assert [(file.path, file.text) for file in files] == [
        ("job.py", "name = 'Größe'\n"),
        ("latin.txt", None),
        ("logo.png", None),
    ]
    assert files[2].size == 5


def test_an_answer_has_a_limit(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_TEXTS", 5)
    contents = {"a.txt": b"1234", "b.txt": b"1234", "c.txt": b"1"}
    bundle = store(source=of_contents(module="job", contents=contents), now=now)
    assert [file.text for file in read_source(bundle=bundle)] == ["1234", None, "1"]


def test_code_is_shown_as_python_reads_it(now: datetime) -> None:
    """G22: a file may say that its letters mean others, and so hide what runs from whoever reads it."""
    evil = b"# coding: unicode_escape\n# harmless \\x0aevil = 1\n"
    namespace: dict[str, object] = {}
    exec(compile(evil, "job.py", "exec"), namespace)
    assert namespace["evil"] == 1
    contents = {"job.py": evil, "other.py": "# coding: latin-1\nname = 'Größe'\n".encode("latin-1"), "note.txt": evil}
    bundle = store(source=of_contents(module="job", contents=contents), now=now)
    texts = {file.path: file.text for file in read_source(bundle=bundle)}
    assert texts["job.py"] == "# coding: unicode_escape\n# harmless \nevil = 1\n"
    assert texts["other.py"] == "# coding: latin-1\nname = 'Größe'\n"
    assert texts["note.txt"] == evil.decode()


def test_code_in_no_encoding_is_not_shown(now: datetime) -> None:
    contents = {
        "a.py": b"# coding: no_such\n",
        "b.py": b"# coding: rot13\n",
        "c.py": b"\xff\n",
        "d.py": b"# coding: utf-7\n\xff",
    }
    bundle = store(source=of_contents(module="a", contents=contents), now=now)
    assert [file.text for file in read_source(bundle=bundle)] == [None, None, None, None]


def test_data_takes_no_room_from_code(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_TEXTS", 5)
    contents = {"a.txt": b"1234", "job.py": b"1234"}
    bundle = store(source=of_contents(module="job", contents=contents), now=now)
    assert [file.text for file in read_source(bundle=bundle)] == [None, "1234"]
