"""Turns due instants into runs: each once, with a line in the ledger, whatever number of schedulers tries.

A batch is one short transaction. Its rows are locked, so another scheduler takes others; the unique key of the ledger
is the last word. What happens to an instant is decided in `decisions`, and runs are made by the gate in `runs`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from foureyes.errors import Refusal
from foureyes.events import Kind
from foureyes.events.batch import Line as Fact
from foureyes.events.batch import append_batch
from foureyes.grants.validity import void
from foureyes.models import ScheduledJob
from foureyes.models.bulk import Columns, update_rows
from foureyes.runs.enqueue import Order, enqueue_many
from foureyes.schedules.decisions import Decided, Overlap, broken, decide_due, room_of
from foureyes.schedules.files import copied
from foureyes.schedules.ledger import write_lines
from foureyes.schedules.lifecycle import LIVE, MOVES, Fate, Happening
from foureyes.schedules.refusals import Judge
from foureyes.schedules.statements import busy_schedules, due_pairs, due_schedules, next_due_at, waiting_of

log = structlog.get_logger("foureyes.schedules")
AT_ONCE = {"sqlite": 100, "postgresql": 500}  # SQLite has one writer: nobody should wait for it longer than 20 ms
MOST_LINES_AT_ONCE = 500
Happened = tuple[Decided, Happening | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FireReport:
    """What one batch did: lines of the ledger by fate, whether there is more to do now, and when there is next."""

    fired: int = 0
    skipped: int = 0
    refused: int = 0
    more: bool = False
    next_due_at: datetime | None = None


def fire_due(*, now: datetime, limit: int | None = None) -> FireReport:
    """Decide what is due, at most `limit` schedules of it, and store the runs that come of it.

    What goes wrong with one schedule keeps no other from firing: it becomes errored, with the reason.
    """
    most = limit or AT_ONCE[connection.vendor]
    pairs = due_pairs(now=now, limit=most)
    if not pairs:
        return FireReport(next_due_at=next_due_at())
    judge = Judge(pairs)
    try:
        decided, more = _fire_batch(judge, most, now)
    except (OperationalError, InterfaceError):
        raise
    except Refusal as refusal:  # a job or a grant was changed at this moment: each is judged anew on its own
        log.info("schedules.batch_refused", code=refusal.code)
        decided, more = _fire_singly(most, now), True
    except Exception:
        log.exception("schedules.batch_failed")
        decided, more = _fire_singly(most, now), True
    fates = Counter(str(line.fate) for one in decided for line in one.lines)
    return FireReport(
        fired=fates[Fate.FIRED],
        skipped=fates[Fate.SKIPPED] + fates[Fate.MISSED] + fates[Fate.QUEUED],
        refused=fates[Fate.REFUSED] + fates[Fate.HELD],
        more=more,
        next_due_at=next_due_at(),
    )


def fire_row(*, schedule: ScheduledJob, now: datetime) -> None:
    """Decide the due instants of one schedule that the caller has locked, in the caller's transaction."""
    if schedule.state in LIVE and schedule.next_run_at is not None and schedule.next_run_at <= now:
        _fire([schedule], Judge([(schedule.job_model_id, schedule.user_id)]), now)
        schedule.refresh_from_db()


def _fire_batch(judge: Judge, most: int, now: datetime) -> tuple[list[Decided], bool]:
    with transaction.atomic():
        rows = due_schedules(now=now, limit=most)
        decided = _fire(rows, judge, now)
    return decided, len(decided) < len(rows) or len(rows) == most


def _fire_singly(most: int, now: datetime) -> list[Decided]:
    """Every due schedule in a transaction of its own, so that the one at fault is found."""
    done: list[Decided] = []
    with transaction.atomic():
        keys = [row.pk for row in due_schedules(now=now, limit=most)]
    for key in keys:
        try:
            done += _fire_one(key, now)
        except (OperationalError, InterfaceError):
            raise
        except Refusal as refusal:  # its job was changed at this moment: the next batch judges anew
            log.info("schedule.not_fired_yet", schedule=str(key), code=refusal.code)
        except Exception as error:
            log.exception("schedule.not_fired", schedule=str(key))
            _give_up(key, error, now)
    return done


def _fire_one(key: UUID, now: datetime) -> list[Decided]:
    with transaction.atomic():
        rows = _still_due(key, now)
        return _fire(rows, Judge((row.job_model_id, row.user_id) for row in rows), now)


def _give_up(key: UUID, error: Exception, now: datetime) -> None:
    with transaction.atomic():
        _write([broken(schedule=row, error=error) for row in _still_due(key, now)], Judge(), now)


def _still_due(key: UUID, now: datetime) -> list[ScheduledJob]:
    rows = ScheduledJob.objects.select_for_update(skip_locked=True, no_key=True)
    return list(rows.filter(pk=key, state__in=LIVE, next_run_at__lte=now))


def _fire(rows: Sequence[ScheduledJob], judge: Judge, now: datetime) -> list[Decided]:
    decided = _decide_all(rows, judge, now)
    _write(decided, judge, now)
    return decided


def _decide_all(rows: Sequence[ScheduledJob], judge: Judge, now: datetime) -> list[Decided]:
    """The decisions on as many rows as make no more lines than one commit may have."""
    minding = [row.id for row in rows if row.overlap != Overlap.ALLOW]
    busy, waiting = busy_schedules(minding), waiting_of(minding)
    found: list[Decided] = []
    lines = 0
    for row in rows:
        if lines >= MOST_LINES_AT_ONCE:
            break
        room = room_of(row, busy=row.id in busy, waiting=waiting.get(row.id, 0))
        try:
            found.append(decide_due(schedule=row, obstacle=judge.obstacle(row, now=now), room=room, now=now))
        except Exception as error:  # P04: a faulty schedule concerns nobody else
            log.exception("schedule.not_decided", schedule=str(row.pk))
            found.append(broken(schedule=row, error=error))
        lines += len(found[-1].lines)
    return found


def _write(decided: Sequence[Decided], judge: Judge, now: datetime) -> None:
    _write_lines(decided, now)
    enqueue_many(orders=[order_of(one.schedule, key, judge, now) for one in decided for key in one.fires], now=now)
    happened = [(one, one.happening) for one in decided]
    _go_on(happened, now)
    for one in decided:
        if one.met(Fate.HELD):
            take_back(one.schedule, one.told(Fate.HELD)["reason"], now)
    _tell(happened, now)


def _write_lines(decided: Sequence[Decided], now: datetime) -> None:
    """Store what was decided. What the ledger had decided before is not decided again, and nothing comes of it."""
    entries = [(one.schedule, line) for one in decided for line in one.lines]
    stored = write_lines(entries, now=now)
    if len(stored) < len(entries):
        new = set(stored)
        for one in decided:
            one.lines = [line for line in one.lines if line.id in new]


def take_back(schedule: ScheduledJob, reason: str, now: datetime) -> None:
    """What was approved is not what would run: the grant holds for nothing any more, and the marks of it go."""
    void(schedule_id=schedule.pk, reason=reason, now=now)
    ScheduledJob.objects.filter(pk=schedule.pk).update(approved_by_user=None, approved_at=None)


def order_of(schedule: ScheduledJob, occurrence_id: UUID, judge: Judge, now: datetime) -> Order:
    """The order for the run of one instant."""
    job = judge.job(schedule)
    values, files = copied(job=job, values=schedule.inputs, now=now)
    return Order(
        job_id=job.id,
        user=judge.user(schedule),
        values=values,
        commit=schedule.commit,
        queue=schedule.queue,
        input_files=files,
        schedule_id=schedule.id,
        occurrence_id=occurrence_id,
        grant_id=judge.grant_id(schedule),
    )


def _go_on(happened: Sequence[Happened], now: datetime) -> None:
    """Move every schedule behind what was decided; its row is locked.

    The state is written where it changes: it is in indexes of a million schedules.
    """
    _move_on([one for one, happening in happened if happening is None], {}, now)
    moved = [(one, MOVES[happening].target) for one, happening in happened if happening]
    states = {"state": [str(target) for _, target in moved], "state_reason": [one.state_reason for one, _ in moved]}
    for one, target in moved:
        one.schedule.state, one.schedule.state_reason = target, one.state_reason
    _move_on([one for one, _ in moved], states, now)


def _move_on(decided: Sequence[Decided], columns: Columns, now: datetime) -> None:
    if not decided:
        return
    fired = [len(one.fires) for one in decided]
    place: Columns = {
        "next_run_at": [one.upcoming for one in decided],
        "decided_until": [one.until for one in decided],
        "last_run_at": [now if runs else one.schedule.last_run_at for one, runs in zip(decided, fired, strict=True)],
        "total_run_count": [one.schedule.total_run_count + runs for one, runs in zip(decided, fired, strict=True)],
    }
    update_rows(ScheduledJob, [one.schedule.id for one in decided], {**place, **columns})


def _tell(happened: Sequence[Happened], now: datetime) -> None:
    """A fact for what somebody should know; runs have told theirs."""
    for kind, fate in ((Kind.SCHEDULE_REFUSED, Fate.REFUSED), (Kind.SCHEDULE_HELD, Fate.HELD)):
        _append(kind, [one for one, _ in happened if one.met(fate)], fate, now)
    for kind, wanted in ((Kind.SCHEDULE_FINISHED, Happening.FINISH), (Kind.SCHEDULE_ERRORED, Happening.FAIL)):
        _append(kind, [one for one, happening in happened if happening == wanted], None, now)


def _append(kind: Kind, decided: Sequence[Decided], fate: Fate | None, now: datetime) -> None:
    told: dict[str, dict[str, str]] = {}  # schedules that end for one reason share what is told of it
    data = [one.told(fate) if fate else told.setdefault(one.state_reason, one.told(None)) for one in decided]
    facts = [Fact(None, one.schedule.id, one.schedule.name, each) for one, each in zip(decided, data, strict=True)]
    append_batch(kind=kind, at=now, subject_type=ScheduledJob._meta.label_lower, lines=facts)
