"""Why a schedule cannot be stored, cannot be changed by somebody, or does not become a run when it is due."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Model

from foureyes.catalog.effective import allowed_queues
from foureyes.catalog.refusals import refusal_to_run, refusal_to_schedule
from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal
from foureyes.grants.content import content_of_schedule
from foureyes.grants.validity import refusal_of, standing_grant
from foureyes.models import Job, Occurrence, ScheduledJob
from foureyes.runs.statements import read_rows
from foureyes.users.models import User
from foureyes.users.permissions import may, what_it_takes

log = structlog.get_logger("foureyes.schedules")
Fate = Occurrence.Fate
Pair = tuple[UUID | None, UUID | None]  # job and requester


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What stands between a due instant and its run."""

    reason: str
    fate: Occurrence.Fate = Fate.REFUSED
    lasting: bool = False  # it can never run again unless a person does something about the schedule itself


def demand(by: User, action: str, target: Model) -> None:
    """Refuses who may not do that to the row."""
    if not may(by, action, type(target), target):
        raise NotAllowed(what_it_takes(action, type(target), target), code=f"may_not_{action}")


def demand_schedulable(*, job: Job, queue: str | None, values: Mapping[str, Any]) -> None:
    """Refuses a job that cannot be stored for later with these inputs and this queue, approved or not."""
    if refusal := next(_to_store(job, queue, values), None):
        raise refusal


def _to_store(job: Job, queue: str | None, values: Mapping[str, Any]) -> Iterator[Refusal]:
    if refusal := refusal_to_schedule(job):
        yield refusal
    secret = [spec["name"] for spec in job.variables if spec.get("sensitive") and values.get(spec["name"])]
    if secret:
        sentence = "The value of a sensitive variable is never stored for later."
        yield Invalid(fields={name: [sentence] for name in secret}, code="job_sensitive")
    if refusal := refusal_of_queue(job, queue):
        yield refusal


def demand_queue(job: Job, queue: str | None) -> None:
    """Refuses a queue that the job does not name."""
    if refusal := refusal_of_queue(job, queue):
        raise refusal


def refusal_of_queue(job: Job, queue: str | None) -> Refusal | None:
    """A queue that the job does not name; None: nothing is wrong with it."""
    if queue is None or queue in allowed_queues(job):
        return None
    return Invalid(fields={"task_queue": [f'"{queue}" is not a valid choice.']}, code="queue_not_allowed")


def job_of(schedule: ScheduledJob) -> Job:
    """The job of a schedule; a Conflict if it was deleted."""
    if schedule.job_model is None:
        raise Conflict(f"The job {schedule.job_class} of this schedule was deleted.", code="job_deleted")
    return schedule.job_model


class Judge:
    """Tells for schedules that are due what keeps them from running. Each pair of job and requester is judged once.

    Made for one batch, before its transaction: rights cost queries, and a writer should not keep others waiting.
    """

    def __init__(self, pairs: Iterable[Pair] = (), *, jobs: Iterable[Job] = (), users: Iterable[User] = ()) -> None:
        """`jobs` and `users` are rows that are at hand; the others of the pairs are read."""
        wanted = set(pairs)
        self._jobs: dict[Any, Job] = {job.pk: job for job in jobs}
        self._users: dict[Any, User] = {user.pk: user for user in users}
        self._jobs |= read_rows(Job, {job for job, _ in wanted if job} - self._jobs.keys())
        self._users |= read_rows(User, {user for _, user in wanted if user} - self._users.keys())
        self._grants: dict[UUID, UUID] = {}
        self._known: dict[Pair, Obstacle | None] = {pair: self._judged(*pair) for pair in wanted}

    def obstacle(self, schedule: ScheduledJob, *, now: datetime) -> Obstacle | None:
        """What keeps this schedule from running now; None: nothing."""
        return self.apart_from_gate(schedule) or self._of_gate(schedule, now)

    def apart_from_gate(self, schedule: ScheduledJob) -> Obstacle | None:
        """The same of one that waits for its approval: what would keep it from running with one."""
        pair = (schedule.job_model_id, schedule.user_id)
        if pair not in self._known:
            self._read(pair)
        if found := self._known[pair]:
            return found
        job = self._jobs.get(schedule.job_model_id) if schedule.job_model_id else None
        return _obstacle_of_queue(schedule, job) if job else _job_deleted(schedule)

    def job(self, schedule: ScheduledJob) -> Job:
        """The job of a schedule to which nothing stands in the way."""
        return self._jobs[schedule.job_model_id]

    def user(self, schedule: ScheduledJob) -> User:
        """The requester, likewise."""
        return self._users[schedule.user_id]

    def grant_id(self, schedule: ScheduledJob) -> UUID | None:
        """The grant under which it may run, if its job is gated."""
        return self._grants.get(schedule.pk)

    def _of_gate(self, schedule: ScheduledJob, now: datetime) -> Obstacle | None:
        """A gated job runs with a grant for exactly this, and waits for one otherwise. The gate itself looks again."""
        job = self.job(schedule)
        if not job.gated:
            return None
        grant = standing_grant(schedule.pk)
        if grant is None:
            return Obstacle(reason=f"{job.name} needs an approval.", fate=Fate.HELD)
        try:
            refusal = refusal_of(grant, content=content_of_schedule(schedule=schedule, job=job), now=now)
        except Conflict as gone:
            refusal = gone
        if refusal is not None:
            return Obstacle(reason=refusal.message, fate=Fate.HELD)
        self._grants[schedule.pk] = grant.pk
        return None

    def _read(self, pair: Pair) -> None:
        other = Judge([pair])
        self._jobs |= other._jobs
        self._users |= other._users
        self._known |= other._known

    def _judged(self, job_id: UUID | None, user_id: UUID | None) -> Obstacle | None:
        try:
            return self._judge(
                self._jobs.get(job_id) if job_id else None, self._users.get(user_id) if user_id else None
            )
        except Exception as error:  # a damaged permission concerns its schedules, and no others
            log.exception("schedule.not_judged", job=str(job_id), user=str(user_id))
            return Obstacle(reason=f"It could not be found out whether the requester may run this: {error}")

    def _judge(self, job: Job | None, user: User | None) -> Obstacle | None:
        if obstacle := obstacle_of_person(user):
            return obstacle
        if user is None or job is None:
            return None  # the sentence names the class, which the schedule knows
        if not may(user, "run", Job, job):
            return Obstacle(reason=f"Its requester {user.called} may not run {job.name} any more.")
        return obstacle_of_job(job)


def foreseen(schedule: ScheduledJob) -> Obstacle | None:
    """What keeps a schedule from running, as far as its row, its job's and its requester's tell."""
    job = schedule.job_model
    if job is None:
        return obstacle_of_person(schedule.user) or _job_deleted(schedule)
    found = obstacle_of_person(schedule.user) or obstacle_of_job(job) or _obstacle_of_queue(schedule, job)
    if found is None and job.gated and schedule.approved_at is None:
        return Obstacle(reason=f"{job.name} needs an approval.", fate=Fate.HELD)
    return found


def obstacle_of_person(user: User | None) -> Obstacle | None:
    """Nobody asks for it any more."""
    if user is None:
        return Obstacle(reason="Its requester was deleted. Somebody else can take the schedule over.", lasting=True)
    return None if user.is_active else Obstacle(reason=f"Its requester {user.called} is inactive.")


def obstacle_of_job(job: Job) -> Obstacle | None:
    """The job cannot run."""
    refusal = refusal_to_run(job)
    return Obstacle(reason=refusal.message) if refusal else None


def _obstacle_of_queue(schedule: ScheduledJob, job: Job) -> Obstacle | None:
    if schedule.queue is None or schedule.queue in allowed_queues(job):
        return None
    return Obstacle(reason=f"The queue “{schedule.queue}” is none of {job.name} any more.")


def _job_deleted(schedule: ScheduledJob) -> Obstacle:
    return Obstacle(reason=f"Its job {schedule.job_class} was deleted.")
