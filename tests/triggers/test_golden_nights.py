"""Golden nights: what is due around known clock changes, for each kind and policy (P30, P31, P35).

Each group names a zone, the first day and the day after the last, and what the clock does in between; each line says
what is planned, the gap and fold policies, and all instants as the wall of the zone shows them, with its offset.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from foureyes.triggers import Trigger, trigger_for

NIGHTS = """
Europe/Berlin 2026-03-28 2026-03-31: 02:00 becomes 03:00
    daily 02:30      | after | first  | 28T02:30+01 29T03:00+02 30T02:30+02
    daily 02:30      | skip  | first  | 28T02:30+01 30T02:30+02
    weekly 02:30     | after | first  | 29T03:00+02
    weekly 02:30     | skip  | first  | none
    30 2 * * *       | after | first  | 28T02:30+01 29T03:00+02 30T02:30+02
    30 2 * * *       | skip  | first  | 28T02:30+01 30T02:30+02
    0,30 2 * * *     | after | first  | 28T02:00+01 28T02:30+01 29T03:00+02 30T02:00+02 30T02:30+02
    0 3 * * *        | after | first  | 28T03:00+01 29T03:00+02 30T03:00+02
    */30 1-3 29 * *  | after | first  | 29T01:00+01 29T01:30+01 29T03:00+02 29T03:30+02
    0 */6 29 * *     | after | first  | 29T00:00+01 29T06:00+02 29T12:00+02 29T18:00+02
Europe/Berlin 2026-10-24 2026-10-27: 03:00 becomes 02:00
    daily 02:30      | after | first  | 24T02:30+02 25T02:30+02 26T02:30+01
    daily 02:30      | after | second | 24T02:30+02 25T02:30+01 26T02:30+01
    daily 02:30      | after | both   | 24T02:30+02 25T02:30+02 25T02:30+01 26T02:30+01
    weekly 02:30     | after | first  | 25T02:30+02
    weekly 02:30     | after | second | 25T02:30+01
    weekly 02:30     | after | both   | 25T02:30+02 25T02:30+01
    30 2 * * *       | after | first  | 24T02:30+02 25T02:30+02 26T02:30+01
    30 2 * * *       | after | second | 24T02:30+02 25T02:30+01 26T02:30+01
    30 2 * * *       | after | both   | 24T02:30+02 25T02:30+02 25T02:30+01 26T02:30+01
    0,30 2 25 * *    | after | both   | 25T02:00+02 25T02:30+02 25T02:00+01 25T02:30+01
    */30 2 25 * *    | after | first  | 25T02:00+02 25T02:30+02 25T02:00+01 25T02:30+01
    0 */6 25 * *     | after | first  | 25T00:00+02 25T06:00+01 25T12:00+01 25T18:00+01
America/New_York 2026-03-07 2026-03-10: 02:00 becomes 03:00
    30 2 * * *       | after | first  | 07T02:30-05 08T03:00-04 09T02:30-04
    30 2 * * *       | skip  | first  | 07T02:30-05 09T02:30-04
America/New_York 2026-10-31 2026-11-03: 02:00 becomes 01:00
    30 1 * * *       | after | first  | 31T01:30-04 01T01:30-04 02T01:30-05
    30 1 * * *       | after | second | 31T01:30-04 01T01:30-05 02T01:30-05
    30 1 * * *       | after | both   | 31T01:30-04 01T01:30-04 01T01:30-05 02T01:30-05
    */30 1 1 * *     | after | first  | 01T01:00-04 01T01:30-04 01T01:00-05 01T01:30-05
Australia/Lord_Howe 2026-10-03 2026-10-06: 02:00 becomes 02:30
    15 2 * * *       | after | first  | 03T02:15+10:30 04T02:30+11 05T02:15+11
    15 2 * * *       | skip  | first  | 03T02:15+10:30 05T02:15+11
    45 2 * * *       | after | first  | 03T02:45+10:30 04T02:45+11 05T02:45+11
    0,15 2 * * *     | after | first  | 03T02:00+10:30 03T02:15+10:30 04T02:30+11 05T02:00+11 05T02:15+11
    */10 3 4 * *     | after | first  | 04T03:00+11 04T03:10+11 04T03:20+11 04T03:30+11 04T03:40+11 04T03:50+11
    */20 1-2 4 * *   | after | first  | 04T01:00+10:30 04T01:20+10:30 04T01:40+10:30 04T02:40+11
Australia/Lord_Howe 2026-04-04 2026-04-07: 02:00 becomes 01:30
    45 1 * * *       | after | first  | 04T01:45+11 05T01:45+11 06T01:45+10:30
    45 1 * * *       | after | second | 04T01:45+11 05T01:45+10:30 06T01:45+10:30
    45 1 * * *       | after | both   | 04T01:45+11 05T01:45+11 05T01:45+10:30 06T01:45+10:30
    15 1 * * *       | after | both   | 04T01:15+11 05T01:15+11 06T01:15+10:30
    */15 1 5 * *     | after | first  | 05T01:00+11 05T01:15+11 05T01:30+11 05T01:45+11 05T01:30+10:30 05T01:45+10:30
Africa/Casablanca 2026-02-14 2026-02-17: 03:00 becomes 02:00, Ramadan begins
    30 2 * * *       | after | first  | 14T02:30+01 15T02:30+01 16T02:30+00
    30 2 * * *       | after | second | 14T02:30+01 15T02:30+00 16T02:30+00
    */30 2 15 * *    | after | first  | 15T02:00+01 15T02:30+01 15T02:00+00 15T02:30+00
Africa/Casablanca 2026-03-21 2026-03-24: 02:00 becomes 03:00, Ramadan has ended
    30 2 * * *       | after | first  | 21T02:30+00 22T03:00+01 23T02:30+01
    30 2 * * *       | skip  | first  | 21T02:30+00 23T02:30+01
Europe/Dublin 2026-10-24 2026-10-27: 02:00 becomes 01:00, where winter is the exception
    30 1 * * *       | after | first  | 24T01:30+01 25T01:30+01 26T01:30+00
    30 1 * * *       | after | second | 24T01:30+01 25T01:30+00 26T01:30+00
Asia/Tehran 2022-03-21 2022-03-24: 00:00 becomes 01:00, for the last time
    30 0 * * *       | after | first  | 21T00:30+03:30 22T01:00+04:30 23T00:30+04:30
    30 0 * * *       | skip  | first  | 21T00:30+03:30 23T00:30+04:30
    @daily           | after | first  | 21T00:00+03:30 22T01:00+04:30 23T00:00+04:30
    */30 0-1 22 * *  | after | first  | 22T01:00+04:30 22T01:30+04:30
Asia/Tehran 2022-09-20 2022-09-23: 00:00 becomes 23:00 of the day before
    30 23 * * *      | after | first  | 20T23:30+04:30 21T23:30+04:30 22T23:30+03:30
    30 23 * * *      | after | second | 20T23:30+04:30 21T23:30+03:30 22T23:30+03:30
    30 23 * * *      | after | both   | 20T23:30+04:30 21T23:30+04:30 21T23:30+03:30 22T23:30+03:30
Asia/Tehran 2023-03-21 2023-03-24: no change any more
    30 0 * * *       | after | first  | 21T00:30+03:30 22T00:30+03:30 23T00:30+03:30
Pacific/Apia 2011-12-28 2012-01-02: the 30th does not exist
    daily 12:00      | after | first  | 28T12:00-10 29T12:00-10 31T00:00+14 31T12:00+14 01T12:00+14
    daily 12:00      | skip  | first  | 28T12:00-10 29T12:00-10 31T12:00+14 01T12:00+14
    30 12 * * *      | after | first  | 28T12:30-10 29T12:30-10 31T00:00+14 31T12:30+14 01T12:30+14
    30 12 * * *      | skip  | first  | 28T12:30-10 29T12:30-10 31T12:30+14 01T12:30+14
    0 0 * * *        | after | first  | 28T00:00-10 29T00:00-10 31T00:00+14 01T00:00+14
    0 12 30 12 *     | after | first  | 31T00:00+14
    0 */12 29-31 * * | after | first  | 29T00:00-10 29T12:00-10 31T00:00+14 31T12:00+14
    weekly 12:00     | after | first  | 31T00:00+14
    weekly 12:00     | skip  | first  | none
"""

FOUR_WEEKS = timedelta(days=28)


def nights() -> Iterator[tuple[str, str, str, str, str, str, str]]:
    zone = first = last = ""
    for line in NIGHTS.strip().splitlines():
        if line.startswith(" "):
            what, gap, fold, shown = (part.strip() for part in line.split("|"))
            yield zone, first, last, what, gap, fold, shown
        else:
            zone, first, last = line.partition(":")[0].split()


def planned(what: str, zone: str, first: str, gap: str, fold: str) -> Trigger:
    """`daily 02:30` and `weekly 02:30` begin four weeks before the night itself, else it is a crontab."""
    kind, _, at = what.partition(" ")
    if kind not in ("daily", "weekly"):
        start = datetime(2000, 1, 1, tzinfo=UTC)
        return trigger_for("custom", start=start, crontab=what, zone=zone, gap=gap, fold=fold)
    night = date.fromisoformat(first) + timedelta(days=2 if zone == "Pacific/Apia" else 1)
    start = datetime.combine(night - FOUR_WEEKS, time.fromisoformat(at), ZoneInfo(zone))
    return trigger_for(kind, start=start, zone=zone, gap=gap, fold=fold)


def shown_at(zone: str, instant: datetime) -> str:
    wall = instant.astimezone(ZoneInfo(zone))
    offset = f"{wall:%z}"
    return f"{wall:%dT%H:%M}{offset[:3]}" + (f":{offset[3:]}" if offset[3:] != "00" else "")


@pytest.mark.parametrize(("zone", "first", "last", "what", "gap", "fold", "shown"), list(nights()))
def test_a_golden_night(zone: str, first: str, last: str, what: str, gap: str, fold: str, shown: str) -> None:
    low, high = (datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for day in (first, last))
    trigger = planned(what, zone, first, gap, fold)
    moment = timedelta.resolution
    due = trigger.between(low - moment, high - moment, 100)
    assert " ".join(shown_at(zone, instant) for instant in due) == shown.replace("none", "")
    assert trigger.count(low - moment, high - moment) == len(due)
