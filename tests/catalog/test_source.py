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
