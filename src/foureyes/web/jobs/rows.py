"""Rows of the list of jobs: everything that a row shows, prepared for all rows of a page at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from foureyes.approvals.lateness import late_since
from foureyes.approvals.queries import newest_open_of
from foureyes.catalog.refusals import refusal_to_run
from foureyes.models import ApprovalRequest, Job, JobResult
from foureyes.people.preferences import starred_jobs
from foureyes.runs.of_jobs import recent_runs_of
from foureyes.users.compiled import Keys, compiled
from foureyes.users.models import User
from foureyes.users.permissions import restrict
from foureyes.web.approvals.standing import next_start
from foureyes.web.jobs.bars import Bars, bars_of
from foureyes.web.states import state_of_request, state_of_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The state that matters most now: an open request, else the newest run."""

    state: str
    verb: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job."""

    job: Job
    bars: Bars
    latest: Latest | None
    next_run_at: datetime | None
    asked_for: datetime | None  # when it would run next if somebody approves it
    may_run: bool
    may_change: bool
    starred: bool
    trouble: str  # "Not installed", "Import error", "Disabled", or empty
    trouble_detail: str
    runs: bool  # nothing is in the way of a run


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs under one heading; without a heading the list is in another order."""

    title: str
    rows: list[Row] = field(default_factory=list)

    @property
    def key(self) -> str:
        """By which a browser remembers that it is folded."""
        return sha256(self.title.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def groups_of(jobs: Iterable[Job], *, user: User, grouped: bool, now: datetime) -> list[Group]:
    """The rows of a page, with a constant number of queries."""
    listed = list(jobs)
    keys = [job.pk for job in listed]
    runs = recent_runs_of(listed, user=user)
    may_run, may_change = (set(compiled(_those_to, action, of=user, keys=Keys(keys))) for action in ("run", "change"))
    waiting = newest_open_of(listed, user=user)
    stars = starred_jobs(user)
    groups: list[Group] = []
    for job in listed:
        title = job.grouping if grouped else ""
        if not groups or groups[-1].title != title:
            groups.append(Group(title))
        of_job = runs.get(job.pk, [])
        trouble, detail = trouble_of(job)
        wanted = waiting.get(job.pk)
        then = next_start(wanted) if wanted else None
        groups[-1].rows.append(
            Row(
                job=job,
                bars=bars_of(of_job),
                latest=_latest(of_job[-1] if of_job else None, wanted, now),
                next_run_at=getattr(job, "next_run_at", None),
                asked_for=then if then and then > now else None,
                may_run=job.pk in may_run,
                may_change=job.pk in may_change,
                starred=str(job.pk) in stars,
                trouble=trouble,
                trouble_detail=detail,
                runs=refusal_to_run(job) is None,
            )
        )
    return groups


def _those_to(user: User, action: str, *, keys: Any) -> QuerySet[Job, UUID]:
    return restrict(Job.objects.filter(pk__in=keys), user=user, action=action).values_list("pk", flat=True)


def trouble_of(job: Job) -> tuple[str, str]:
    """Why a job stands apart in the list, with the first line of an error."""
    if not job.installed:
        return "Not installed", "Its class is no longer in the jobs folder."
    if job.import_error:
        return "Import error", job.import_error
    return ("Disabled", "") if not job.enabled else ("", "")


def _latest(run: JobResult | None, asked: ApprovalRequest | None, now: datetime) -> Latest | None:
    if asked is not None:
        late = late_since(asked, now=now) is not None
        return Latest(state=state_of_request(asked, past_due=late), verb="asked", at=asked.created)
    if run is None:
        return None
    if run.completed:
        return Latest(state=state_of_run(run), verb="", at=run.completed)
    verb = "started" if run.started_at else "asked"
    return Latest(state=state_of_run(run), verb=verb, at=run.started_at or run.created)
