"""What needs a person's attention now, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from foureyes.approvals.news import news_for
from foureyes.approvals.queries import asked_by
from foureyes.models import ApprovalRequest, JobResult, ScheduledJob, Worker
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.schedules.queries import halted, visible, without_active_owner
from foureyes.unseen import on_one_line
from foureyes.users.answers import RowsOf
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import may
from foureyes.web.approvals.standing import standing_of
from foureyes.web.results.presenters import number_of_key
from foureyes.web.shell.news import ended, names_of_deciders
from foureyes.web.shell.standing import trouble
from foureyes.web.states import STATES, state_of_request

EACH = 5
MOST = 12
RECENT = timedelta(hours=24)
ENDED_BADLY = (JobResult.Status.FAILED, JobResult.Status.ERRORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to look at: its tint and icon, what it is, why, and the button that leads there."""

    tint: str
    icon: str
    title: str
    text: str
    at: datetime | None
    lead: str = ""  # what `at` is the time of
    url: str
    button: str


def attention(user: User, *, waiting: Sequence[ApprovalRequest], told: Mapping[str, Any], now: datetime) -> list[Item]:
    """What keeps runs from starting, for who may look after that; requests that wait for this person, in the order of
    the queue; how their own ended; failures; schedules that cannot go on.
    """
    found = _trouble(told, now) if may(user, "view", Worker) else []
    found += [_of_request(row, now) for row in waiting]
    found += _decided(user, now)
    found += _failures(told)
    found += _schedules(user, told)
    return found[:MOST]


def questions(user: User, now: datetime) -> dict[str, Any]:
    """What it has to know of runs and schedules, by name, for `shell.render.tell`."""
    return {
        "failures": RowsOf(_failed(user, now), "pk", "cause", "completed", "name", "job_model__name"),
        "alone": RowsOf(_alone(user), "pk", "name"),
    }


def failed_runs(user: User, *, now: datetime) -> JobResultQuerySet:
    """Runs of the last day that ended badly, cancelled ones apart."""
    recent = visible_runs(user).filter(created__gte=now - RECENT, status__in=ENDED_BADLY)
    return recent.exclude(cause=JobResult.Cause.CANCELLED)


def own_requests(user: User) -> QuerySet[ApprovalRequest]:
    """The requests of one's own that are open."""
    return asked_by(user).filter(state=ApprovalRequest.State.OPEN)


def _trouble(told: Mapping[str, Any], now: datetime) -> list[Item]:
    wrong = trouble(told, now=now)
    if wrong is None:
        return []
    url = "/admin/workers/"
    return [
        Item(tint=wrong.tint, icon="server", title=wrong.text, text=wrong.means, at=None, url=url, button="Workers")
    ]


def _of_request(row: ApprovalRequest, now: datetime) -> Item:
    standing, schedule = standing_of(row, now=now), row.scheduled_job
    late = standing.late_since is not None
    name = row.job.name if row.job else "A job that is gone"
    asked = schedule.user.called if schedule and schedule.user else (schedule and schedule.user_name) or "Foureyes"
    reason = on_one_line(row.reason.strip().split("\n", 1)[0].strip())
    at = standing.late_since or standing.deadline
    return Item(
        tint="late" if late else "wait",
        icon="alarm-clock" if late else "eye",
        title=name,
        text=f"{asked}: {reason}" if reason else f"{asked} asked, without a reason",
        at=at or row.created,
        lead="was due" if late else "due" if at else "asked",
        url=f"/jobs/approvals/{row.pk}/",
        button="Review",
    )


def _decided(user: User, now: datetime) -> list[Item]:
    rows = compiled(_news, of=user, now=now)
    if not rows:
        return []
    names, found = names_of_deciders(rows), []
    for row in rows:
        look = STATES[state_of_request(row, past_due=False)]
        found.append(
            Item(
                tint=look.tint,
                icon=look.icon,
                title=row.job.name if row.job else "A job that is gone",
                text=ended(row, names),
                at=row.decided_at,
                url=f"/jobs/approvals/{row.pk}/",
                button="Open",
            )
        )
    return found


def _news(user: User, *, now: datetime) -> QuerySet[ApprovalRequest]:
    return news_for(user, since=now - RECENT)[:EACH]


def _failures(told: Mapping[str, Any]) -> list[Item]:
    found = []
    for key, cause, completed, path, job in told["failures"]:
        why = JobResult.Cause(cause).label if cause else "an error"
        found.append(
            Item(
                tint="bad",
                icon="octagon-x",
                title=job or path,
                text=f"Run {number_of_key(key)} failed: {why}",
                at=completed,
                url=f"/jobs/results/{key}/",
                button="Open log",
            )
        )
    return found


def _failed(user: User, now: datetime) -> JobResultQuerySet:
    mine = failed_runs(user, now=now).filter(Q(user=user) | Q(schedule__user=user))
    return mine.newest_first()[:EACH]


def _schedules(user: User, told: Mapping[str, Any]) -> list[Item]:
    alone = dict(told["alone"])
    errored = [row for row in compiled(_errored, of=user) if row.pk not in alone]
    found = []
    if alone:
        count = f"More than {EACH} schedules have" if len(alone) > EACH else _count(len(alone))
        names = ", ".join(on_one_line(name) for name in list(alone.values())[:3])
        url = "/jobs/scheduled/?state=alone"
        text = f"They stop at their next time: {names}" if len(alone) > 1 else f"It stops at its next time: {names}"
        found.append(
            Item(
                tint="idle", icon="user", title=f"{count} no active owner", text=text, at=None, url=url, button="Assign"
            )
        )
    found += [
        Item(
            tint="bad",
            icon="calendar-clock",
            title=on_one_line(row.name),
            text=on_one_line(row.state_reason or "It stopped."),
            at=None,
            url=f"/jobs/scheduled/{row.pk}/",
            button="Open",
        )
        for row in errored[:EACH]
    ]
    return found


def _alone(user: User) -> QuerySet[ScheduledJob]:
    without = without_active_owner().order_by().values("pk")
    return visible(user).filter(pk__in=without).order_by("pk")[: EACH + 1]


def _errored(user: User) -> QuerySet[ScheduledJob]:
    """Enough of them, even if all that have no owner are among them."""
    rows = halted(visible(user), ScheduledJob.State.ERRORED).order_by("-pk")
    return rows.only("name", "state_reason")[: EACH + EACH + 1]


def _count(number: int) -> str:
    return "1 schedule has" if number == 1 else f"{number} schedules have"
