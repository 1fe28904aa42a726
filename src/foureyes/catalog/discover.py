"""Watches the jobs folder and the installed packages, and lets the rows of jobs follow.

Nothing changed: only the names of the folder and the times of files are looked at. Otherwise the files are read, and
only if their content differs is the module imported, in a process of its own.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from foureyes.catalog.bundles import Source, collect
from foureyes.catalog.child import Answer, Child
from foureyes.catalog.descriptions import Answered, read_answer
from foureyes.catalog.distributions import collect_installed
from foureyes.catalog.places import Finder, Place
from foureyes.catalog.sync import sync_absent, sync_broken_module, sync_module
from foureyes.catalog.verdicts import Verdict, agrees_with_rows, read_verdicts, write_verdicts
from foureyes.catalog.watch import Stats, import_folders, stats_of, watched_in_folder, watched_of_package
from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import Job

log = structlog.get_logger(__name__)

AT_ONCE = 2  # processes that import author code
FIRST_PAUSE_SECONDS = 60.0  # before the next try where the fault may not be the file's: a process died, say
LONGEST_PAUSE_SECONDS = 3600.0
GLANCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a look found. `busy`: something is under way, look again soon."""

    modules: int
    changed: tuple[str, ...]  # class paths whose rows were written
    broken: dict[str, str]  # source/module: first line of the error
    warnings: tuple[str, ...]
    busy: bool


@dataclass(slots=True, kw_only=True)
class Module:
    """What is remembered of one place."""

    place: Place
    watched: tuple[Path, ...]
    stats: Stats | None = None  # of the watched paths, taken before they were read; None: read them again
    source: Source | None = None  # what the verdict was about; None: there is none yet
    error: str = ""  # why it cannot be loaded; empty: it can
    verdict: Verdict | None = None  # the last good one, maybe of an earlier process
    child: Child | None = None
    child_source: Source | None = None  # as it was when the child was started
    waits: bool = False  # for a free child
    pause_seconds: float = 0
    again_at: float | None = None  # on the monotonic clock

    @property
    def is_due(self) -> bool:
        """Whether the pause before another try is over."""
        return self.again_at is not None and time.monotonic() >= self.again_at

    def pause(self) -> None:
        """Try again later, even if no file changes; each time after twice as long."""
        self.pause_seconds = min(self.pause_seconds * 2 or FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        self.again_at = time.monotonic() + self.pause_seconds

    def stop(self) -> None:
        """End its process, if there is one."""
        if self.child:
            self.child.stop()
            self.child = None


class Discovery:
    """Call `step` for ever: it never waits. `scan` goes on until everything is done."""

    def __init__(self, *, folder: Path | None = None) -> None:
        self._folder = (folder or get_conf().jobs_folder).absolute()
        self._finder = Finder(self._folder)
        self._modules: dict[Place, Module] = {}
        self._places: tuple[Place, ...] | None = None
        self._changed: list[str] = []
        self._warnings: tuple[str, ...] = ()
        self._kept: dict[str, Verdict] = read_verdicts(file=_kept_file(), folder=self._folder)

    def scan(self, *, now: datetime) -> Report:
        """Bring all rows up to date; waits for the processes that import."""
        report = self.step(now=now)
        changed = list(report.changed)
        while report.busy:
            time.sleep(GLANCE_SECONDS)
            report = self.step(now=now)
            changed += report.changed
        return replace(report, changed=tuple(changed))

    def step(self, *, now: datetime) -> Report:
        """One look: take in what processes have answered, start at most two where files changed."""
        self._changed = []
        self._look_for_places(now)
        for module in self._modules.values():
            self._look_safely(module, now)
        report = self._report()
        if not report.busy:
            self._keep_verdicts()
        return report

    def close(self) -> None:
        """End what is under way."""
        for module in self._modules.values():
            module.stop()

    def _look_for_places(self, now: datetime) -> None:
        try:
            found = self._finder.find()
        except OSError as error:  # not readable is not the same as empty: nothing is known to be gone
            self._warnings = (f"{self._folder}: {error.strerror}",)
            return
        self._warnings = found.warnings
        if found.places == self._places:
            return
        sources = [Job.Source.LOCAL, Job.Source.PLUGINS]
        self._changed += sync_absent(present=found.places, sources=sources, now=now)
        for place in self._modules.keys() - set(found.places):
            self._modules.pop(place).stop()
        for place in found.places:
            if place not in self._modules:
                verdict = self._kept.get(place.path)
                self._modules[place] = Module(place=place, watched=self._watched(place, None), verdict=verdict)
        self._places = found.places

    def _look_safely(self, module: Module, now: datetime) -> None:
        """No module disturbs another: what nobody foresaw is logged, and this one waits a while."""
        try:
            self._look(module, now)
        except Exception:
            log.exception("catalog.module_failed", module=module.place.path)
            module.stop()
            module.stats = stats_of(module.watched)
            module.pause()

    def _look(self, module: Module, now: datetime) -> None:
        if module.child is None:
            self._look_at_files(module, now)
        elif answer := module.child.poll():
            module.child = None
            self._take(module, answer, now)

    def _look_at_files(self, module: Module, now: datetime) -> None:
        module.waits = False
        is_due = module.is_due
        stats = stats_of(module.watched)
        if stats == module.stats and not is_due:
            return
        if module.source is None and module.verdict is None and self._is_full():
            module.waits = True  # its turn comes; until then its files need not be read at every look
            return
        try:
            source = self._collect(module)
        except Invalid as refusal:
            self._judge(module, None, refusal.message, now)
            module.stats = stats
            module.pause()
            return
        if module.source is None:
            if module.verdict and _still_holds(module.verdict, module.place, source):
                self._remember(module, source, "")
                return
            module.verdict = None
        elif source.digest == module.source.digest and not is_due and not _may_heal(module):
            module.stats = stats
            return
        if self._is_full():
            module.waits = True
        else:
            self._start(module, source)

    def _is_full(self) -> bool:
        return sum(module.child is not None for module in self._modules.values()) >= AT_ONCE

    def _start(self, module: Module, source: Source) -> None:
        module.again_at = None
        module.child_source = replace(source, contents={})
        module.child = Child(
            request=_request(self._folder.resolve(), module.place),
            timeout_seconds=get_conf().discover_timeout_seconds,
        )

    def _take(self, module: Module, answer: Answer, now: datetime) -> None:
        if answer.content is None:
            self._judge(module, module.child_source, answer.error, now)
            if answer.died:
                module.pause()
            return
        answered = read_answer(answer.content)
        try:
            source = self._collect(module, answered)
        except Invalid as refusal:
            self._judge(module, module.child_source, refusal.message, now)
            return
        if _was_edited(module.child_source, source):
            module.stats = None
            return
        self._accept(module, source, answered, now)

    def _accept(self, module: Module, source: Source, answered: Answered, now: datetime) -> None:
        self._changed += sync_module(
            place=module.place, descriptions=answered.descriptions, refused=answered.refused, source=source, now=now
        )
        self._remember(module, source, "")
        module.verdict = Verdict(
            digest=source.digest,
            class_names=tuple(description.class_name for description in answered.descriptions),
            loaded_files=answered.loaded_files,
            data_globs=answered.data_globs,
            warnings=answered.warnings,
        )
        module.pause_seconds = 0

    def _judge(self, module: Module, source: Source | None, error: str, now: datetime) -> None:
        """It cannot be loaded."""
        self._changed += sync_broken_module(place=module.place, error=error, now=now)
        self._remember(module, source, error)

    def _remember(self, module: Module, source: Source | None, error: str) -> None:
        """The verdict. The next look reads the files once more: they may have changed while they were read."""
        module.source, module.error, module.stats = None, error, None
        if source:
            module.source = replace(source, contents={})  # the verdict needs only the digest, for ever
            module.watched = self._watched(module.place, source)
            if error:
                module.watched += import_folders()

    def _collect(self, module: Module, answered: Answered | None = None) -> Source:
        """Read the files now; what the import loads and the classes name is known from the answer or the last one."""
        place, known = module.place, answered or module.verdict
        if place.offer:
            return collect_installed(distribution=place.offer.distribution, module=place.module_name)
        try:
            return collect(
                folder=self._folder,
                module=place.module_name,
                loaded_files=known.loaded_files if known else (),
                data_globs=known.data_globs if known else (),
            )
        except OSError as error:
            raise Invalid(f"{type(error).__name__}: {error.strerror}: {error.filename}", code="not_readable") from error

    def _keep_verdicts(self) -> None:
        """For the next process, whenever there is something new to know."""
        good = {m.place.path: m.verdict for m in self._modules.values() if m.verdict and not m.error}
        if good != self._kept:
            write_verdicts(file=_kept_file(), folder=self._folder, verdicts=good)
            self._kept = good

    def _watched(self, place: Place, source: Source | None) -> tuple[Path, ...]:
        return watched_of_package(source) if place.offer else watched_in_folder(folder=self._folder, source=source)

    def _report(self) -> Report:
        modules = self._modules.values()
        return Report(
            modules=len(modules),
            changed=tuple(self._changed),
            broken={module.place.path: module.error for module in modules if module.error},
            warnings=(*self._warnings, *(text for module in modules for text in _warnings(module))),
            busy=any(module.child or module.waits or module.stats is None for module in modules),
        )


def _kept_file() -> Path:
    return get_conf().data_dir / "catalog.json"


def _warnings(module: Module) -> list[str]:
    if module.error or module.verdict is None:
        return []
    return [f"{module.place.path}/{text}" for text in module.verdict.warnings]


def _still_holds(verdict: Verdict, place: Place, source: Source) -> bool:
    """Whether an earlier process has imported exactly this, and the rows follow it."""
    return verdict.digest == source.digest and agrees_with_rows(verdict, place)


def _request(folder: Path, place: Place) -> dict[str, Any]:
    if place.offer:
        return {"do": "describe", "folder": None, "module": None, "entry_point": place.offer.entry_point}
    return {"do": "describe", "folder": str(folder), "module": place.module_name, "entry_point": None}


def _may_heal(module: Module) -> bool:
    """A module that could not be loaded is tried again when anything around it moves, be it the same itself."""
    return bool(module.error) and module.stats is not None


def _was_edited(before: Source | None, after: Source) -> bool:
    """Whether code changed between the start of the import and now: the answer may be about neither."""
    old = {file["path"]: file["sha256"] for file in before.files} if before else {}
    new = {file["path"]: file["sha256"] for file in after.files if file["path"].endswith(".py")}
    return any(old.get(path, sha256) != sha256 for path, sha256 in new.items())
