"""What an approval sets going: a wish for now, a single instant that has passed, and instants that were held.

The caller has locked the schedule and stored the grant in the same transaction.
"""

from datetime import datetime

from foureyes.errors import Conflict
from foureyes.events import Kind
from foureyes.models import JobResult, Occurrence, ScheduledJob
from foureyes.runs.enqueue import enqueue_many
from foureyes.schedules.decisions import ENDED, LATE, PREVIOUS_RUNS, REASON_LENGTH, Line, room_of
from foureyes.schedules.facts import tell
from foureyes.schedules.fire import order_of
from foureyes.schedules.ledger import skip_until, write_lines
from foureyes.schedules.lifecycle import Fate, Happening, move
from foureyes.schedules.refusals import Judge
from foureyes.schedules.statements import busy_schedules, waiting_of
from foureyes.triggers.misfire import ON_TIME, is_too_late
from foureyes.users.models import User

Misfire = ScheduledJob.Misfire
Overlap = ScheduledJob.Overlap
NEWER_INSTANT = "It waited for an approval, and a later instant runs."
APPROVED_LATE = "It waited for an approval for more than a minute."


def run_at_once(*, schedule: ScheduledJob, now: datetime) -> JobResult:
    """Run the one instant of an active schedule now, whatever its time was. Refuses what a due one is refused for.

    The ledger's unique key is the last word here too: an instant that ran once is not run again.
    """
    judge = _demand_clear(schedule, now)
    order = order_of(schedule, _line_of(schedule, now).id, judge, now)
    enqueue_many(orders=[order], now=now)
    _count(schedule, now)
    move(schedule=schedule, happening=Happening.FINISH, next_run_at=None, decided_until=max(now, schedule.start_time))
    return JobResult.objects.get(pk=order.id)


def release_held(*, schedule: ScheduledJob, now: datetime) -> int:
    """Decide the held instants of an active schedule by its own policies; gives how many run.

    Of several late ones the latest runs, all run, or none, as for a scheduler that was late.
    """
    held = list(Occurrence.objects.filter(scheduled_job=schedule, fate=Fate.HELD).order_by("planned_at"))
    runs = 0
    if held:
        judge = _demand_clear(schedule, now)
        for occurrence in held:
            runs += _release(schedule, occurrence, occurrence == held[-1], judge, now)
    if schedule.next_run_at is None:
        move(schedule=schedule, happening=Happening.FINISH)
    return runs


def skip_passed(*, schedule: ScheduledJob, by: User, now: datetime) -> None:
    """Skip every instant of an active schedule up to now, the held ones too; it goes on with the next one.

    Refuses a schedule that has none after now.
    """
    reason = f"skipped by {by}"[:REASON_LENGTH]
    columns = skip_until(schedule=schedule, reason=reason, now=now)
    if schedule.one_off or columns["next_run_at"] is None:
        raise Conflict(f"“{schedule.name}” has no instant after this one.", code="nothing_after")
    held = Occurrence.objects.filter(scheduled_job=schedule, fate=Fate.HELD)
    held.update(fate=Fate.SKIPPED, reason=reason, decided_at=now)
    for name, value in columns.items():
        setattr(schedule, name, value)
    schedule.save(update_fields=[*columns])
    tell(kind=Kind.SCHEDULE_SKIPPED, schedule=schedule, at=now, by=by, until=now)


def drop_held(*, schedule: ScheduledJob, reason: str, now: datetime) -> int:
    """Held instants will not run; gives how many there were."""
    rows = Occurrence.objects.filter(scheduled_job=schedule, fate=Fate.HELD)
    return rows.update(fate=Fate.MISSED, reason=reason, decided_at=now)


def _release(schedule: ScheduledJob, occurrence: Occurrence, newest: bool, judge: Judge, now: datetime) -> int:
    fate, reason = _fate(schedule, occurrence, newest, now)
    Occurrence.objects.filter(pk=occurrence.pk, fate=Fate.HELD).update(fate=fate, reason=reason, decided_at=now)
    if fate != Fate.FIRED:
        return 0
    enqueue_many(orders=[order_of(schedule, occurrence.pk, judge, now)], now=now)
    _count(schedule, now)
    return 1


def _fate(schedule: ScheduledJob, occurrence: Occurrence, newest: bool, now: datetime) -> tuple[Fate, str]:
    late = now - occurrence.planned_at
    latest = schedule.latest_start_seconds
    if is_too_late(occurrence.planned_at, latest_start_seconds=latest, now=now):
        return Fate.MISSED, LATE["over_latest_start"].format(latest=latest)
    if schedule.misfire == Misfire.SKIP and late > ON_TIME:
        return Fate.MISSED, APPROVED_LATE
    newer_due = schedule.next_run_at is not None and schedule.next_run_at <= now
    if schedule.misfire == Misfire.LATEST and (newer_due or not newest):
        return Fate.MISSED, NEWER_INSTANT
    return _of_room(schedule)


def _of_room(schedule: ScheduledJob) -> tuple[Fate, str]:
    """Whether there is room for one more run, as for an instant that is due."""
    busy = bool(busy_schedules([schedule.pk]))
    room = room_of(schedule, busy=busy, waiting=waiting_of([schedule.pk]).get(schedule.pk, 0))
    if room.left == 0:
        return Fate.MISSED, ENDED.format(runs=schedule.max_runs)
    if room.busy and schedule.overlap == Overlap.SKIP:
        return Fate.SKIPPED, PREVIOUS_RUNS
    if room.busy and schedule.overlap == Overlap.QUEUE:
        return Fate.QUEUED, PREVIOUS_RUNS
    return Fate.FIRED, ""


def _demand_clear(schedule: ScheduledJob, now: datetime) -> Judge:
    judge = Judge([(schedule.job_model_id, schedule.user_id)])
    if obstacle := judge.obstacle(schedule, now=now):
        code = "request_outdated" if obstacle.fate == Fate.HELD else "cannot_run"
        raise Conflict(obstacle.reason, code=code)
    return judge


def _line_of(schedule: ScheduledJob, now: datetime) -> Occurrence | Line:
    """The line of the ledger for its instant: the one that was held, or a new one."""
    held = Occurrence.objects.filter(scheduled_job=schedule, planned_at=schedule.start_time, fate=Fate.HELD)
    if held.update(fate=Fate.FIRED, reason="", decided_at=now):
        return Occurrence.objects.get(scheduled_job=schedule, planned_at=schedule.start_time)
    line = Line(planned_at=schedule.start_time, fate=Fate.FIRED)
    if not write_lines([(schedule, line)], now=now):
        raise Conflict("This instant has been decided already.", code="instant_decided")
    return line


def _count(schedule: ScheduledJob, now: datetime) -> None:
    schedule.last_run_at, schedule.total_run_count = now, schedule.total_run_count + 1
    schedule.save(update_fields=["last_run_at", "total_run_count"])
