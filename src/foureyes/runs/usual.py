"""What earlier runs of a job tell of one: how long it usually takes, when it will be over, and which steps are to come.

Earlier runs are the newest of the same job that ended well, dry runs apart from others.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery, TextField

from foureyes.models import JobResult
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.runs.reports import INITIALIZATION
from foureyes.users.models import User

USUAL_OF = 20  # earlier runs that tell what is usual
LEAST_KNOWN = 3  # of them, before anything is called usual
NEARLY_ALL = 0.95
LEAST_SHARE = 0.05  # of its way that a run must have gone before its pace tells anything

Key = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What earlier runs took, the shortest first."""

    lengths: Sequence[timedelta] = ()

    @property
    def length(self) -> timedelta | None:
        """The median; None while too few are known."""
        return _median(self.lengths)

    @property
    def longest(self) -> timedelta | None:
        """What nearly all took at most."""
        known = self.lengths
        return known[int(len(known) * NEARLY_ALL)] if len(known) >= LEAST_KNOWN else None


NOTHING_KNOWN = Usual()


def key_of(run: JobResult) -> Key:
    """What makes runs alike."""
    return run.job_model_id, run.purpose


def earlier_runs(run: JobResult, *, user: User) -> list[JobResult]:
    """The earlier runs, the newest first, as far as the person may view them; with their steps."""
    if run.job_model_id is None:
        return []
    alike = _ended_well(user).filter(job_model=run.job_model_id, purpose=run.purpose).exclude(pk=run.pk)
    return list(alike.only("started_at", "completed", "bundle", "log_summary")[:USUAL_OF])


def usual_of(earlier: Iterable[JobResult]) -> Usual:
    """What these runs took."""
    lengths = (run.completed - run.started_at for run in earlier if run.completed and run.started_at)
    return Usual(lengths=sorted(lengths))


def usual_of_each(runs: Iterable[JobResult], *, user: User) -> dict[Key, Usual]:
    """What is usual of each kind among these runs, by `key_of`; one query, however many there are."""
    kinds = {key_of(run): run.pk for run in runs if run.job_model_id is not None}
    rows = with_usual(JobResult.objects.filter(pk__in=kinds.values()), user=user) if kinds else ()
    return {key_of(run): usual_beside(run) for run in rows}


def with_usual(runs: JobResultQuerySet, *, user: User) -> JobResultQuerySet:
    """Few runs, without what may be large, each with what `usual_beside` needs."""
    alike = _ended_well(user).filter(job_model=OuterRef("job_model"), purpose=OuterRef("purpose"))
    return runs.light().annotate(earlier=_Spans(alike.values("started_at", "completed")[:USUAL_OF]))


def usual_beside(run: JobResult) -> Usual:
    """What is usual of a run that came by `with_usual`."""
    spans = json.loads(getattr(run, "earlier", None) or "[]")
    return Usual(lengths=sorted(datetime.fromisoformat(end) - datetime.fromisoformat(begin) for begin, end in spans))


class _Spans(Subquery):
    """The two instants of each row as one JSON text, so that the rows of many rows come in one query."""

    template = "(SELECT json_group_array(json_array(started_at, completed)) FROM (%(subquery)s) listed)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        template = "(SELECT json_agg(json_build_array(started_at, completed))::text FROM (%(subquery)s) listed)"
        return self.as_sql(compiler, connection, template=template)


def is_long(run: JobResult, usual: Usual, *, now: datetime) -> bool:
    """Whether it goes on for longer than nearly all that went before."""
    return usual.longest is not None and run.started_at is not None and now - run.started_at > usual.longest


def time_left(run: JobResult, usual: Usual, *, now: datetime) -> timedelta | None:
    """About how long a running run still takes; None if nothing tells.

    Its own pace tells best, from where it was first told, since a job may begin in the middle. What a later step counts
    anew is that step's alone, and a pace is none before some of the way is gone. Then those of the earlier runs tell
    that took longer than this one by now: half of them took longer than that much more.
    """
    if run.started_at is None:
        return None
    if (left := _left_at_its_pace(run, now)) is not None:
        return left
    spent = now - run.started_at
    if len(usual.lengths) < LEAST_KNOWN or not (longer := [length for length in usual.lengths if length > spent]):
        return None
    return timedelta(seconds=median(length.total_seconds() for length in longer)) - spent


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun:
    """A step that the log tells: its grouping, the sequence number of its first line, and when that was."""

    name: str
    line: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepToCome:
    """A step that is likely to come, and what it usually takes, if that is known."""

    name: str
    usual: timedelta | None


def steps_begun(run: JobResult) -> list[StepBegun]:
    """The steps of a run, in their order."""
    told = (run.log_summary or {}).get("steps", [])
    return [StepBegun(name=name, line=line, at=datetime.fromisoformat(at)) for name, line, at in told]


def steps_to_come(run: JobResult, earlier: Iterable[JobResult]) -> list[StepToCome]:
    """What most earlier runs of the same source went on with after the steps that this attempt has begun.

    Nothing where there are none that began alike.
    """
    begun = tuple(step.name for step in _of_this_attempt(run))
    ways: Counter[tuple[str, ...]] = Counter()
    lengths: dict[str, list[timedelta]] = defaultdict(list)
    for one in earlier:
        if one.bundle_id is None or one.bundle_id != run.bundle_id or one.completed is None:
            continue
        steps = _of_this_attempt(one)
        for step, end in zip(steps, [*(step.at for step in steps), one.completed][1:], strict=True):
            lengths[step.name].append(max(end - step.at, timedelta(0)))
        names = tuple(step.name for step in steps)
        if names[: len(begun)] == begun:
            ways[names[len(begun) :]] += 1
    (way, _), *_ = ways.most_common(1) or [((), 0)]
    return [StepToCome(name=name, usual=_median(sorted(lengths[name]))) for name in way]


def _of_this_attempt(run: JobResult) -> list[StepBegun]:
    """The steps of the job's own that began since the last start."""
    own = (step for step in steps_begun(run) if step.name != INITIALIZATION)
    return [step for step in own if run.started_at is None or step.at >= run.started_at]


def _left_at_its_pace(run: JobResult, now: datetime) -> timedelta | None:
    done, total, first = run.progress_done, run.progress_total, run.progress_began_with
    if run.progress_began_at is None or done is None or total is None or first is None or not first < total > done:
        return None
    later_steps = _of_this_attempt(run)[1:]
    if later_steps and later_steps[0].at <= run.progress_began_at:
        return None
    share = (done - first) / (total - first)
    return (now - run.progress_began_at) * ((1 - share) / share) if share >= LEAST_SHARE else None


def _median(lengths: Sequence[timedelta]) -> timedelta | None:
    if len(lengths) < LEAST_KNOWN:
        return None
    return timedelta(seconds=median(length.total_seconds() for length in lengths))


def _ended_well(user: User) -> JobResultQuerySet:
    ended = visible_runs(user).filter(status=JobResult.Status.COMPLETED, started_at__isnull=False)
    return ended.newest_first()
