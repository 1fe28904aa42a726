"""What earlier runs of a job tell of one: how long it usually takes, when it will be over, and which steps are to come.

Earlier runs are the newest of the same job that ended well, dry runs apart from others, as far as one may view them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, TextField

from foureyes.models import JobResult
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.runs.reports import INITIALIZATION
from foureyes.users.compiled import Keys, compiled
from foureyes.users.models import User

USUAL_OF = 20  # earlier runs that tell what is usual
LEAST_KNOWN = 3  # of them, before anything is called usual
NEARLY_ALL = 0.95
LEAST_SHARE = 0.05  # of its way that a run must have gone before its pace tells anything

LENGTHS, STEPS = ("started_at", "completed"), ("bundle_id", "log_summary")

Key = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One earlier run: what it took, its source, and its steps in their order with what each took."""

    length: timedelta
    source: str | None = None
    steps: Sequence[tuple[str, timedelta]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The earlier runs, the newest first."""

    runs: Sequence[Earlier] = ()

    @property
    def lengths(self) -> list[timedelta]:
        """What they took, the shortest first; nothing while they are too few to tell anything."""
        return sorted(one.length for one in self.runs) if len(self.runs) >= LEAST_KNOWN else []

    @property
    def usual(self) -> timedelta | None:
        """The median."""
        return _median(self.lengths)

    @property
    def longest(self) -> timedelta | None:
        """What nearly all took at most."""
        known = self.lengths
        return known[int(len(known) * NEARLY_ALL)] if known else None


NO_HISTORY = History()


def key_of(run: JobResult) -> Key:
    """What makes runs alike."""
    return run.job_model_id, run.purpose


def history_of(run: JobResult, *, user: User) -> History:
    """What went before, as far as the person may view it."""
    rows = with_history(JobResult.objects.filter(pk=run.pk), user=user)
    return history_beside(rows[0]) if rows else NO_HISTORY


def usual_of_each(runs: Iterable[JobResult], *, user: User) -> dict[Key, timedelta | None]:
    """What each kind among these runs usually takes, by `key_of`; one query, however many there are."""
    kinds = {key_of(run): run.pk for run in runs if run.job_model_id is not None}
    rows = compiled(_with_lengths, of=user, keys=Keys(kinds.values())) if kinds else ()
    return {key_of(run): history_beside(run).usual for run in rows}


def _with_lengths(user: User, *, keys: Any) -> JobResultQuerySet:
    return _annotated(JobResult.objects.filter(pk__in=keys), _alike(user), LENGTHS)


def with_history(runs: JobResultQuerySet, *, user: User) -> JobResultQuerySet:
    """Few runs, without what may be large, each with what `history_beside` needs; in the same query."""
    return _annotated(runs, _alike(user).exclude(pk=OuterRef("pk")), (*LENGTHS, *STEPS))


def history_beside(run: JobResult) -> History:
    """What went before a run that came by `with_history`."""
    rows = json.loads(getattr(run, "earlier", None) or "[]")
    return History(runs=[_earlier(*row) for row in rows])


def is_long(run: JobResult, history: History, *, now: datetime) -> bool:
    """Whether it goes on for longer than nearly all that went before."""
    return history.longest is not None and run.started_at is not None and now - run.started_at > history.longest


def time_left(run: JobResult, history: History, *, now: datetime) -> timedelta | None:
    """About how long a running run still takes; None if nothing tells.

    Its own pace tells best. Before there is one, those of the earlier runs tell that took longer than this one by now:
    half of them took longer than that much more.
    """
    if run.started_at is None:
        return None
    if (left := _left_at_its_pace(run, history, now)) is not None:
        return left
    spent = now - run.started_at
    longer = [length for length in history.lengths if length > spent]
    return timedelta(seconds=median(length.total_seconds() for length in longer)) - spent if longer else None


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
    return _told(run.log_summary)


def steps_to_come(run: JobResult, history: History) -> list[StepToCome] | None:
    """What most earlier runs of the same source went on with after the steps that this attempt has begun.

    None where there are none that began alike.
    """
    begun = tuple(step.name for step in _own(steps_begun(run), since=run.started_at))
    ways: Counter[tuple[str, ...]] = Counter()
    lengths: dict[str, list[timedelta]] = defaultdict(list)
    for one in history.runs:
        if one.source is None or one.source != run.bundle_id:
            continue
        for name, length in one.steps:
            lengths[name].append(length)
        names = tuple(name for name, _ in one.steps)
        if names[: len(begun)] == begun:
            ways[names[len(begun) :]] += 1
    if not ways:
        return None
    (way, _), *_ = ways.most_common(1)
    return [
        StepToCome(name=name, usual=_median(lengths[name]) if len(lengths[name]) >= LEAST_KNOWN else None)
        for name in way
    ]


def _left_at_its_pace(run: JobResult, history: History, now: datetime) -> timedelta | None:
    """By the progress since it was first told, as a job may begin in the middle, and once some of the way is gone.

    What a later step counts anew is that step's alone: the steps to come are added, where they are known.
    """
    done, total, first, begun = (
        run.progress_done,
        run.progress_total,
        run.progress_began_with,
        run.progress_began_at,
    )
    if done is None or total is None or first is None or begun is None or max(first, done) >= total:
        return None
    share = (done - first) / (total - first)
    if share < LEAST_SHARE:
        return None
    left = (now - begun) * ((1 - share) / share)
    later = _own(steps_begun(run), since=run.started_at)[1:]
    if not later or begun < later[0].at:
        return left
    if begun < later[-1].at or (coming := steps_to_come(run, history)) is None:
        return None
    usual = [step.usual for step in coming if step.usual is not None]
    return left + sum(usual, timedelta(0)) if len(usual) == len(coming) else None


def _earlier(begin: str, end: str, source: str | None = None, summary: Any = None) -> Earlier:
    started, ended = _instant(begin), _instant(end)
    steps = _own(_told(summary), since=started)
    ends = [step.at for step in [*steps, StepBegun(name="", line=0, at=ended)]][1:]
    return Earlier(
        length=ended - started,
        source=source,
        steps=[(step.name, max(end - step.at, timedelta(0))) for step, end in zip(steps, ends, strict=True)],
    )


def _told(summary: Any) -> list[StepBegun]:
    told = (summary or {}).get("steps", [])
    return [StepBegun(name=name, line=line, at=datetime.fromisoformat(at)) for name, line, at in told]


def _own(steps: Iterable[StepBegun], *, since: datetime | None) -> list[StepBegun]:
    """Those that the job itself began since its last start."""
    return [step for step in steps if step.name != INITIALIZATION and (since is None or step.at >= since)]


def _instant(text: str) -> datetime:
    """SQLite stores instants in UTC and does not say so."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _median(lengths: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(length.total_seconds() for length in lengths)) if lengths else None


def _alike(user: User) -> JobResultQuerySet:
    ended = visible_runs(user).filter(status=JobResult.Status.COMPLETED, started_at__isnull=False)
    return ended.filter(job_model=OuterRef("job_model"), purpose=OuterRef("purpose")).newest_first()


def _annotated(runs: JobResultQuerySet, alike: JobResultQuerySet, columns: Sequence[str]) -> JobResultQuerySet:
    return runs.light().annotate(earlier=_Rows(alike.values(*columns)[:USUAL_OF], columns))


class _Rows(Subquery):
    """Rows as one JSON text, a list of their columns each, so that the rows of many rows come in one query."""

    template = "(SELECT json_group_array(json_array(%(columns)s)) FROM (%(subquery)s) listed)"
    output_field = TextField()

    def __init__(self, rows: QuerySet[Any, Any], columns: Sequence[str]) -> None:
        self.columns = columns
        super().__init__(rows)

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        shown = [f"json({name})" if name == "log_summary" else name for name in self.columns]
        return self.as_sql(compiler, connection, columns=", ".join(shown))

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        template = "(SELECT json_agg(json_build_array(%(columns)s))::text FROM (%(subquery)s) listed)"
        return self.as_sql(compiler, connection, template=template, columns=", ".join(self.columns))
