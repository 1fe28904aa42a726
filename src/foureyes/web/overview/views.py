"""The page: tiles, what needs attention, what runs now, and the timeline around now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.approvals.queries import Waiting, waiting_in_short
from foureyes.models import Job, JobResult, ScheduledJob, Worker
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.load import slots_at_all
from foureyes.runs.queries import visible_runs
from foureyes.runs.usual import history_beside, with_history
from foureyes.runs.workers import scheduler_gaps
from foureyes.schedules.forecast import Forecast
from foureyes.unseen import on_one_line
from foureyes.users.answers import CountOf, answers
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import may, restrict
from foureyes.web.overview.attention import EACH, RECENT, attention, failed_runs, own_requests
from foureyes.web.overview.attention import questions as questions_of_attention
from foureyes.web.plan.happenings import MOST_GOING_ON, ahead_of, happenings, likely_ends
from foureyes.web.plan.lanes import slices, timeline
from foureyes.web.results.presenters import job_name_of, length_of, progress_of
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page, tell
from foureyes.web.times import relative, whole_date

AROUND = timedelta(hours=6)
AHEAD = timedelta(hours=24)
LANES = 8
RUNNING = 6
MOST_OF_ONE = 50
PARTS = {"live": "web/overview/_live.html", "timeline": "web/overview/_timeline.html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number with what it counts, and the list behind it."""

    url: str
    tint: str
    icon: str
    label: str
    number: str
    note: str
    hot: str = ""


@require_safe
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    """Everything, or the part that is asked for again: `live` and `timeline`."""
    now, part, user = timezone.now(), request.GET.get("part", ""), request.user
    ahead = ahead_of(user, since=now, until=now + AHEAD, now=now, most_of_one=MOST_OF_ONE)
    planned = ahead.forecast or Forecast(planned=(), complete=True)
    content: dict[str, Any] = {}
    ends = None
    if part != "timeline":
        running = compiled(_running, RUNNING + 1 if part else MOST_GOING_ON, of=user)
        content |= _live(user, planned, running, now)
        ends = likely_ends(running, now=now)
    if part != "live":
        since, until = now - AROUND, now + AROUND
        gaps = scheduler_gaps(since=since, until=now)
        period = happenings(
            user=user, edges=slices(since, until), now=now, most_apart=1, by_schedule=True, ahead=ahead, ends=ends
        )
        content["timeline"] = timeline(period.happenings, since=since, until=until, now=now, gaps=gaps, most=LANES)
    return page(
        request,
        "web/overview/overview.html",
        part=PARTS.get(part, ""),
        title="Overview",
        nav="overview",
        now=now,
        today=whole_date(timezone.localtime(now).date()),
        may_run=may(user, "run", Job),
        may_plan=may(user, "view", ScheduledJob),
        sees=any(may(user, "view", model) for model in (Job, JobResult, ScheduledJob)),
        **content,
    )


def _running(user: User, most: int) -> JobResultQuerySet:
    rows = visible_runs(user).filter(status=JobResult.Status.RUNNING).select_related("job_model").newest_first()
    return with_history(rows, user=user)[:most]


def _live(user: User, planned: Forecast, running: list[JobResult], now: datetime) -> dict[str, Any]:
    told = tell(user, now=now, more=_questions)
    waiting = waiting_in_short(user, now=now, first=EACH)
    items = attention(user, waiting=waiting.first, told=told, now=now)
    seen = planned.planned or running or told["queued"] or told["succeeded"] or told["failed"]
    return {
        "told": told,
        "tiles": _tiles(user, planned, waiting, len(running), told, now),
        "items": items,
        "running": [_run(run, now) for run in running[:RUNNING]],
        "more_running": len(running) > RUNNING,
        "slots": (told["busy"], told["slots"] or 0, told["queued"]) if may(user, "view", Worker) else None,
        "quiet": _quiet(user, planned, now) if not items else "",
        **({} if seen else _first_steps(user)),
    }


def _questions(user: User, now: datetime) -> dict[str, Any]:
    runs = visible_runs(user)
    return {
        "own": CountOf(own_requests(user)),
        "queued": CountOf(runs.filter(status=JobResult.Status.PENDING)),
        "succeeded": CountOf(runs.filter(created__gte=now - RECENT, status=JobResult.Status.COMPLETED)),
        "failed": CountOf(failed_runs(user, now=now)),
        "slots": slots_at_all(now),
        **questions_of_attention(user, now),
        "busy": CountOf(JobResult.objects.shown().filter(status=JobResult.Status.RUNNING)),
    }


def _first_steps(user: User) -> dict[str, Any]:
    """What is there already of them, and whether nothing has been asked for yet, by anybody."""
    told = answers(
        to=user,
        runs=Exists(JobResult.objects.all()),
        schedules=Exists(ScheduledJob.objects.all()),
        jobs=Exists(restrict(Job.objects.all(), user=user, action="view")),
    )
    return {
        "first_steps": not told["runs"] and not told["schedules"] and user.is_active,
        "has_jobs": told["jobs"],
        "may_permit": user.is_superuser,
    }


def _tiles(
    user: User, planned: Forecast, waiting: Waiting, running: int, told: Mapping[str, Any], now: datetime
) -> list[Tile]:
    tiles = [_approval_tile(waiting, told["own"], now) if may(user, "approve", Job) else _own_tile(told["own"])]
    if may(user, "view", JobResult):
        workers, failed = told["taking_runs"], told["failed"]
        tiles += [
            Tile(
                url="/jobs/results/?state=running",
                tint="run",
                icon="loader-circle",
                label="Running now",
                number=str(running) if running <= RUNNING else f"{RUNNING}+",
                note=f"{told['queued']} queued · {workers} worker{'' if workers == 1 else 's'} up",
            ),
            Tile(
                url="/jobs/results/?state=failed&period=1",
                tint="bad",
                icon="octagon-x",
                label="Failed, last 24 hours",
                number=str(failed),
                note=_share(told["succeeded"], failed),
            ),
        ]
    if may(user, "view", ScheduledJob):
        tiles.append(_plan_tile(planned))
    return tiles


def _share(succeeded: int, failed: int) -> str:
    """Of runs that ended by themselves: who cancels one has not failed."""
    ended = succeeded + failed
    if not ended:
        return "no run ended in this time"
    return f"of {ended} run{'' if ended == 1 else 's'} · {100 * succeeded / ended:.1f} % succeeded"


def _own_tile(count: int) -> Tile:
    return Tile(
        url="/jobs/approvals/?show=mine",
        tint="wait",
        icon="eye",
        label="My requests",
        number=str(count),
        note="wait for somebody else" if count else "nothing of yours waits",
    )


def _approval_tile(waiting: Waiting, own: int, now: datetime) -> Tile:
    starts = waiting.next_start
    note = "no start is near" if waiting.count else "nothing waits for you"
    if own and not waiting.count:
        note = f"{own} of yours wait{'s' if own == 1 else ''} for somebody else"
    return Tile(
        url="/jobs/approvals/?show=me",
        tint="wait",
        icon="eye",
        label="Waiting for my approval",
        number=str(waiting.count),
        hot=f"{waiting.past_due} past due" if waiting.past_due else "",
        note=f"next start {relative(starts, now=now)}" if starts else note,
    )


def _plan_tile(planned: Forecast) -> Tile:
    count = sum(len(one.instants) + one.more for one in planned.planned)
    held = sum(one.schedule.state == ScheduledJob.State.PENDING for one in planned.planned)
    note = "planned run" if count == 1 else "planned runs"
    return Tile(
        url="/plan/calendar/",
        tint="acc",
        icon="calendar-clock",
        label="Next 24 hours",
        number=str(count) if planned.complete else f"{count}+",
        note=f"{note} · {held} need{'s' if held == 1 else ''} approval first" if held else note,
    )


def _run(run: JobResult, now: datetime) -> dict[str, Any]:
    return {
        "url": f"/jobs/results/{run.pk}/",
        "name": job_name_of(run),
        "progress": progress_of(run, history=history_beside(run), now=now),
        "length": length_of(run, now=now),
    }


def _quiet(user: User, planned: Forecast, now: datetime) -> str:
    if not may(user, "view", ScheduledJob):
        return "Nothing waits for you."
    active = [one for one in planned.planned if one.schedule.state == ScheduledJob.State.ACTIVE]
    if planned.planned and not active:
        return "All quiet. What is planned in the next 24 hours needs approval first."
    if not active:
        return "All quiet. Nothing is planned in the next 24 hours."
    first = min(active, key=lambda one: one.instants[0])
    return f"All quiet. Next run: {on_one_line(first.schedule.name)} {relative(first.instants[0], now=now)}."
