"""Named time zones: which there are, what was probably meant, and which edition of the rules is in use.

Not here: what a zone's clock does (`clock.py`).
"""

import difflib
import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from foureyes.errors import Invalid

LONGEST_NAME = 64
NOT_A_PLACE = frozenset({"localtime", "Factory", "posixrules"})  # another clock on every machine, or none at all
ALIKE = 0.8  # of 1: one letter wrong in five
EDITION_FILES = ("+VERSION", "tzdata.zi")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names that a schedule may have."""
    return frozenset(available_timezones()) - NOT_A_PLACE


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The zone of exactly this name; an unknown one is refused with similar names."""
    if len(name) > LONGEST_NAME or name not in zone_names():
        raise Invalid(code="unknown_time_zone", fields={"time_zone": [_unknown(name)]})
    return ZoneInfo(name)


def similar_zones(name: str, *, most: int = 3) -> list[str]:
    """Names of zones that were probably meant: another spelling of the whole name, or its city."""
    wanted = "_".join(name[:LONGEST_NAME].lower().split())
    if not wanted:
        return []
    by_spelling = {zone.lower(): zone for zone in sorted(zone_names())}
    by_city = {spelling.rpartition("/")[2]: spelling for spelling in by_spelling}
    if wanted in by_spelling:
        return [by_spelling[wanted]]
    cities = difflib.get_close_matches(wanted.rpartition("/")[2], by_city, most, ALIKE)
    found = [by_city[city] for city in cities] or difflib.get_close_matches(wanted, by_spelling, most, ALIKE)
    return [by_spelling[spelling] for spelling in found]


def _unknown(name: str) -> str:
    shown = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"
    if meant := similar_zones(name):
        return f"There is no time zone “{shown}”. Did you mean {_either(meant)}?"
    return f"There is no time zone “{shown}”. Give a name such as Europe/Berlin, America/New_York or UTC."


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def rules_edition() -> str:
    """The edition of the time zone rules in use, such as "2026b". Another one: stored instants are computed anew."""
    for folder in map(Path, TZPATH):
        if (folder / "UTC").is_file() or (folder / "Etc" / "UTC").is_file():
            return _edition_of(folder)
    return metadata.version("tzdata")  # without files of the system zoneinfo reads this package


def _edition_of(folder: Path) -> str:
    for name in EDITION_FILES:
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                return file.readline(100).removeprefix("# version").strip()
    return f"files {_digest_of(folder)}"


def _digest_of(folder: Path) -> str:
    """For systems that do not name the edition: the same files give the same text."""
    digest = hashlib.sha256()
    for name in sorted(zone_names()):
        if (folder / name).is_file():
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()[:16]
