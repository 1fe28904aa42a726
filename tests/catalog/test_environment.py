"""The fingerprint of Python and its distributions."""

import re
import sys
from pathlib import Path

import pytest

from foureyes.catalog.environment import fingerprint


def test_the_fingerprint_is_stable_and_fits_its_column() -> None:
    assert re.fullmatch("[0-9a-f]{64}", fingerprint())
    assert fingerprint() == fingerprint()


def test_installing_and_upgrading_change_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert fingerprint() == before
    info = tmp_path / "tool-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
    installed = fingerprint()
    assert installed != before
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: 1.1\n")
    info.rename(tmp_path / "tool-1.1.dist-info")
    assert fingerprint() not in (before, installed)
