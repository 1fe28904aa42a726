"""The operations guide names every setting with its meaning."""

from pathlib import Path

import pytest

from foureyes.conf import Conf

GUIDE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("name", Conf.model_fields)
def test_setting_is_in_the_guide_as_the_code_describes_it(name: str) -> None:
    (row,) = [line for line in GUIDE.splitlines() if line.startswith(f"| `FOUREYES_{name.upper()}` |")]
    assert row.endswith(f"| {Conf.model_fields[name].description} |")
