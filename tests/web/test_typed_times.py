"""Wall times in fields: read as the clock of the zone has them, and sent back unchanged they change nothing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from foureyes.web.typed_times import for_field, typed_instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (" 2026-07-01T12:00:05 ", datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC)),
        ("2026-07-01T12:00+00:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # left out: what follows the gap
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_a_wall_time_is_an_instant_of_its_zone(typed: str, instant: datetime) -> None:
    assert typed_instant(typed, zone=BERLIN) == instant


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59+00:00 x"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        typed_instant(typed, zone=BERLIN)


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2026, 7, 1, 10, tzinfo=UTC), "2026-07-01T12:00"),
        (datetime(2026, 7, 1, 10, 0, 5, 7, tzinfo=UTC), "2026-07-01T12:00:05"),
    ],
)
def test_an_instant_is_written_on_the_clock_of_the_zone(instant: datetime, shown: str) -> None:
    assert for_field(instant, zone=BERLIN) == shown
    assert typed_instant(shown, zone=BERLIN) == instant.replace(microsecond=0)
