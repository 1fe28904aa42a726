"""The tests that the table of pains names are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMED = re.findall(r"`([\w/]+\.py)::(?:\w+::)?(\w+)`", (TESTS.parent / "docs" / "pains.md").read_text())


def test_every_test_that_is_named_exists() -> None:
    assert NAMED
    missing = [f"{file}::{name}" for file, name in NAMED if f"def {name}(" not in (TESTS / file).read_text()]
    assert missing == []
