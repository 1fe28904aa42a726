"""The menu: fixed names and places. Entries that a person may not view are absent, and so are empty sections."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import reverse

from foureyes.models import ApprovalRequest, Event, Job, JobResult, ScheduledJob, Worker
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import may


def _view(*models: type[Model]) -> Callable[[User], bool]:
    return lambda user: any(may(user, "view", model) for model in models)


def _anyone(user: User) -> bool:
    return user.is_active


def _administrators(user: User) -> bool:
    return user.is_superuser


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the menu; `key` is what a page names as its place."""

    key: str
    title: str
    icon: str
    url_name: str
    visible: Callable[[User], bool]
    goto: str = ""  # the second letter of its shortcut, after G

    @property
    def url(self) -> str:
        """Its address."""
        return _address(self.url_name)


@lru_cache(100)  # the menu is on every page, twice
def _address(name: str) -> str:
    return reverse(f"web:{name}")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its links; the first one has no heading."""

    title: str
    entries: list[Entry] = field(default_factory=list)


MENU = (
    Section("", [Entry("overview", "Overview", "layout-dashboard", "overview", _anyone, "o")]),
    Section(
        "Jobs",
        [
            Entry("jobs", "Jobs", "terminal", "jobs", _view(Job), "j"),
            # Whoever asked for something finds it here, without any right to view.
            Entry("approvals", "Job Approval Queue", "eye", "approvals", _anyone, "a"),
            Entry("scheduled", "Scheduled Jobs", "calendar-clock", "schedules", _view(ScheduledJob), "s"),
            Entry("results", "Job Results", "list-checks", "results", _view(JobResult), "r"),
        ],
    ),
    Section(
        "Plan",
        [
            Entry("calendar", "Calendar", "calendar-days", "calendar", _view(ScheduledJob), "c"),
            Entry("timeline", "Timeline", "chart-gantt", "timeline", _view(ScheduledJob, JobResult), "t"),
        ],
    ),
    Section("Govern", [Entry("audit", "Audit Log", "scroll-text", "audit", _view(Event, ApprovalRequest), "l")]),
    Section(
        "Administer",
        [
            Entry("users", "Users & Permissions", "users", "users", _view(User, Group, ObjectPermission)),
            Entry("tokens", "API Tokens", "key-round", "tokens", _anyone),
            Entry("workers", "Workers & Queues", "server", "workers", _view(Worker)),
            Entry("settings", "Settings", "settings", "settings", _administrators),
        ],
    ),
)


def menu_for(user: User) -> list[Section]:
    """The sections with the links that this person may use."""
    found = (Section(part.title, [entry for entry in part.entries if entry.visible(user)]) for part in MENU)
    return [part for part in found if part.entries]
