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
from foureyes.models.bulk import update_rows
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
    minding = [row.pk for row in rows if row.overlap != Overlap.ALLOW]
    busy, waiting = busy_schedules(minding), waiting_of(minding)
    found: list[Decided] = []
    lines = 0
    for row in rows:
        if lines >= MOST_LINES_AT_ONCE:
            break
        room = room_of(row, busy=row.pk in busy, waiting=waiting.get(row.pk, 0))
        try:
            found.append(decide_due(schedule=row, obstacle=judge.obstacle(row, now=now), room=room, now=now))
        except Exception as error:  # P04: a faulty schedule concerns nobody else
            log.exception("schedule.not_decided", schedule=str(row.pk))
            found.append(broken(schedule=row, error=error))
        lines += len(found[-1].lines)
    return found


def _write(decided: Sequence[Decided], judge: Judge, now: datetime) -> None:
    new = write_lines([(one.schedule, line) for one in decided for line in one.lines], now=now)
    for one in decided:
        one.lines = [line for line in one.lines if line.id in new]
    orders = [order_of(one.schedule, line.id, judge, now) for one in decided for line in one.fires]
    enqueue_many(orders=orders, now=now)
    _go_on(decided, Counter(order.schedule_id for order in orders), now)
    for one in decided:
        if one.met(Fate.HELD):
            take_back(one.schedule, one.told(Fate.HELD)["reason"], now)
    _tell(decided, now)


def take_back(schedule: ScheduledJob, reason: str, now: datetime) -> None:
    """What was approved is not what would run: the grant holds for nothing any more, and the marks of it go."""
    void(schedule_id=schedule.pk, reason=reason, now=now)
    ScheduledJob.objects.filter(pk=schedule.pk).update(approved_by_user=None, approved_at=None)


def order_of(schedule: ScheduledJob, occurrence_id: UUID, judge: Judge, now: datetime) -> Order:
    """The order for the run of one instant."""
    job = judge.job(schedule)
    values, files = copied(job=job, values=schedule.inputs, now=now)
    return Order(
        job_id=job.pk,
        user=judge.user(schedule),
        values=values,
        commit=schedule.commit,
        queue=schedule.queue,
        input_files=files,
        schedule_id=schedule.pk,
        occurrence_id=occurrence_id,
        grant_id=judge.grant_id(schedule),
    )


def _go_on(decided: Sequence[Decided], fired: Counter[UUID], now: datetime) -> None:
    """Move every schedule behind what was decided; its row is locked."""
    if not decided:
        return
    rows = [one.schedule for one in decided]
    for one in decided:
        if happening := one.happening:
            one.schedule.state, one.schedule.state_reason = MOVES[happening].target, one.state_reason
    update_rows(
        ScheduledJob,
        [row.pk for row in rows],
        {
            "state": [str(row.state) for row in rows],
            "state_reason": [row.state_reason for row in rows],
            "next_run_at": [one.upcoming for one in decided],
            "decided_until": [one.until for one in decided],
            "last_run_at": [now if fired[row.pk] else row.last_run_at for row in rows],
            "total_run_count": [row.total_run_count + fired[row.pk] for row in rows],
        },
    )


def _tell(decided: Sequence[Decided], now: datetime) -> None:
    """A fact for what somebody should know; runs have told theirs."""
    for kind, fate in ((Kind.SCHEDULE_REFUSED, Fate.REFUSED), (Kind.SCHEDULE_HELD, Fate.HELD)):
        _append(kind, [one for one in decided if one.met(fate)], fate, now)
    _append(Kind.SCHEDULE_FINISHED, [one for one in decided if one.happening == Happening.FINISH], None, now)
    _append(Kind.SCHEDULE_ERRORED, [one for one in decided if one.happening == Happening.FAIL], None, now)


def _append(kind: Kind, decided: Sequence[Decided], fate: Fate | None, now: datetime) -> None:
    facts = [Fact(None, one.schedule.pk, one.schedule.name, one.told(fate)) for one in decided]
    append_batch(kind=kind, at=now, subject_type=ScheduledJob._meta.label_lower, lines=facts)
