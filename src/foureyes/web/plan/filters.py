"""What pictures of time are narrowed to, by the same names in the address of each of them and of the feed."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from foureyes.catalog.effective import allowed_queues
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.models.job_result import JobResultQuerySet
from foureyes.schedules.queries import bound_for
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import restrict
from foureyes.web.ids import id_of

LONGEST = 255
SHOWN = ("name", "grouping", "task_queues")
OTHERS = ("view", "span", "by", "as")  # what an address says beside them


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A job, a group of jobs, a queue, the user name of whoever owns the schedule or asked for the run."""

    job: UUID | None = None
    group: str = ""
    queue: str = ""
    owner: str = ""

    @property
    def any(self) -> bool:
        """Whether something is left out."""
        return bool(self.query)

    @property
    def query(self) -> str:
        """The part of an address that says the same; it begins with `?` unless it is empty."""
        said = {"job": self.job, "group": self.group, "queue": self.queue, "owner": self.owner}
        return f"?{urlencode(kept)}" if (kept := {name: value for name, value in said.items() if value}) else ""

    def runs(self) -> JobResultQuerySet | None:
        """The runs that are left; None: all of them."""
        if not self.any:
            return None
        rows = JobResult.objects.filter(self._both())
        return rows.filter(queue=self.queue) if self.queue else rows

    def schedules(self) -> QuerySet[ScheduledJob] | None:
        """The schedules that are left; None: all of them."""
        if not self.any:
            return None
        rows = ScheduledJob.objects.filter(self._both())
        return bound_for(rows, self.queue) if self.queue else rows

    def _both(self) -> Q:
        found = Q()
        if self.job:
            found &= Q(job_model=self.job)
        if self.group:
            found &= Q(job_model__in=Job.objects.filter(grouping=self.group))
        if self.owner:
            by_account = Q(user__in=User.objects.filter(username=self.owner))
            found &= by_account | Q(user__isnull=True, user_name=self.owner)  # the name outlives the account
        return found


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What may be chosen: of jobs that the person may view."""

    jobs: list[tuple[UUID, str]]
    groups: list[str]
    queues: list[str]

    def words(self, filters: Filters) -> str:
        """What is left: "job Report, queue default"; empty if nothing is left out."""
        job = dict(self.jobs).get(filters.job, "that is gone") if filters.job else ""
        said = {"job": job, "group": filters.group, "queue": filters.queue, "owner": filters.owner}
        return ", ".join(f"{name} {value}" for name, value in said.items() if value)


def filters_of(sent: QueryDict) -> Filters:
    """What an address asks for; what cannot be read counts as not asked for."""

    def text(name: str) -> str:
        return sent.get(name, "").strip().replace("\x00", "")[:LONGEST]

    return Filters(job=id_of(text("job")), group=text("group"), queue=text("queue"), owner=text("owner"))


def choices_for(user: User, chosen: Filters) -> Choices:
    """In one query. What is chosen is among them, whatever it is."""
    rows = compiled(_jobs, of=user)
    queues = {queue for row in rows for queue in allowed_queues(row)}
    return Choices(
        jobs=[(row.pk, row.name) for row in rows],
        groups=sorted({row.grouping for row in rows} | {chosen.group} - {""}),
        queues=sorted(queues | {chosen.queue} - {""}),
    )


def _jobs(user: User) -> QuerySet[Job]:
    return restrict(Job.objects.order_by("name", "pk"), user=user, action="view").only(*SHOWN)


def said_beside(sent: QueryDict) -> list[tuple[str, Any]]:
    """What a form of filters has to keep."""
    return [(name, sent[name]) for name in OTHERS if sent.get(name)]
