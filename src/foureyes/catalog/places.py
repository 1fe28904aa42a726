"""Where jobs may be: the modules of the jobs folder and of installed packages. Looks at names only, reads no source."""

import os
from dataclasses import dataclass
from pathlib import Path

from foureyes.catalog.distributions import Offer, offers
from foureyes.catalog.environment import Stamp, import_path_stamp
from foureyes.models import Job

LONGEST_MODULE_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One module that may have jobs; `offer` is of an installed package, else it is in the jobs folder."""

    module_name: str
    offer: Offer | None = None

    @property
    def source(self) -> str:
        """As in class paths."""
        return Job.Source.PLUGINS if self.offer else Job.Source.LOCAL

    @property
    def path(self) -> str:
        """`source/module`, the first part of its jobs' class paths."""
        return f"{self.source}/{self.module_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All places of a moment, and why a name was left out."""

    places: tuple[Place, ...]
    warnings: tuple[str, ...]


class Finder:
    """Finds places. Installed packages are asked again only when something was installed or removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: Stamp = ()
        self._offers: list[Offer] = []

    def find(self) -> Places:
        """Everything that is there now. A folder that cannot be read is an OSError; one that is not there is empty."""
        names = _module_names(self._folder)
        places = [Place(module_name=name) for name in names]
        places += [Place(module_name=offer.module, offer=offer) for offer in self._current_offers()]
        wrong = {place: reason for place in places if (reason := _reason_against(place))}
        return Places(
            places=tuple(place for place in places if place not in wrong),
            warnings=tuple(f"{place.path}: {reason}" for place, reason in wrong.items()),
        )

    def _current_offers(self) -> list[Offer]:
        stamp = import_path_stamp()
        if stamp != self._stamp:
            self._offers = offers()
            self._stamp = stamp
        return self._offers


def _module_names(folder: Path) -> list[str]:
    """Files and packages at the top of the folder; names that start with `_` or `.` are not for us."""
    try:
        with os.scandir(folder) as entries:
            names = {_module_name(entry) for entry in entries if entry.name[0] not in "._"}
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name)


def _module_name(entry: os.DirEntry[str]) -> str | None:
    if entry.name.endswith(".py"):
        return entry.name.removesuffix(".py") if entry.is_file() else None
    return entry.name if (Path(entry.path) / "__init__.py").is_file() else None


def _reason_against(place: Place) -> str:
    if len(place.module_name) > LONGEST_MODULE_NAME:
        return f"the module's name has more than {LONGEST_MODULE_NAME} characters"
    if place.offer is None and ("." in place.module_name or not place.module_name.isprintable()):
        return "a file of this name cannot be imported"
    return ""
