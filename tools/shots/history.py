"""Runs of past days, as rows: no operation dates a run back."""

import random
from datetime import datetime, timedelta

from foureyes.models import Job, JobLogEntry, JobResult, ScheduledJob
from foureyes.users.models import User

BEFORE_NOW = 12  # runs of each job
ENDS = {  # job: the runs, oldest first, that did not complete, with how they ended
    "Rotate edge TLS certificates": {4: ("errored", "exception")},
    "Push ACL update to core routers": {2: ("failed", "job_failed"), 7: ("errored", "hard_limit")},
    "Drain rack for maintenance": {
        3: ("errored", "exception"),
        8: ("failed", "job_failed"),
        11: ("errored", "exception"),
    },
    "Purge expired customer exports": {5: ("errored", "cancelled")},
    "Offboard leavers": {9: ("errored", "soft_limit")},
    "Restore snapshot to staging": {6: ("errored", "worker_lost")},
}
APART = {"Nightly config backup": 24, "Reconcile group membership": 1, "Monthly capacity report": 31 * 24}  # hours
USUAL = {"Restore snapshot to staging": 1800, "Nightly config backup": 700, "Vacuum and reindex": 900}  # seconds
TEXTS = ("connected", "read 12 records", "nothing to do for this part", "checked", "written and read back")


def write_history(*, people: list[User], now: datetime) -> None:
    """The runs of every job that can be run, in the days before."""
    draw = random.Random(11)
    series = {one.job_model_id: one for one in ScheduledJob.objects.filter(state="active").exclude(interval="future")}
    for job in Job.objects.filter(enabled=True).order_by("name"):
        apart = timedelta(hours=APART.get(job.name, draw.randrange(9, 30)))
        for number in range(BEFORE_NOW):
            if number >= draw.randrange(0, 3):
                at = now - apart * (BEFORE_NOW - number) + timedelta(minutes=draw.randrange(0, 20))
                end = ENDS.get(job.name, {}).get(number, ("completed", ""))
                _run(job, draw.choice(people), at, end, draw, series.get(job.pk))


def _run(
    job: Job, user: User, at: datetime, end: tuple[str, str], draw: random.Random, schedule: ScheduledJob | None
) -> None:
    status, cause = end
    seconds = USUAL.get(job.name, 40) * draw.uniform(0.5, 1.1)
    run = JobResult.objects.create(
        job_model=job,
        name=job.class_path,
        status=status,
        cause=cause,
        created=at,
        started_at=at + timedelta(seconds=1),
        completed=at + timedelta(seconds=1 + seconds),
        available_at=at,
        user=user,
        user_name=user.username,
        schedule=schedule,
        cancelled_by_name=user.username if cause == "cancelled" else "",
        bundle=job.bundle,
        job_kwargs={"data": {}, "commit": True, "task_queue": None},
        queue="default",
        soft_limit_seconds=300,
        time_limit_seconds=600,
        data={"output": ""},
        log_count=len(TEXTS) + (status != "completed"),
        log_summary=_summary(at, failed=status != "completed"),
    )
    texts = [(text, "info") for text in TEXTS]
    if status != "completed":
        texts.append(("the last step did not end as it should", "failure"))
    JobLogEntry.objects.bulk_create(
        JobLogEntry(
            job_result=run,
            sequence=number,
            created=at + timedelta(seconds=1 + number * seconds / 7),
            grouping="run",
            log_level=level,
            message=text,
        )
        for number, (text, level) in enumerate(texts)
    )


def _summary(at: datetime, *, failed: bool) -> dict[str, object]:
    levels = {"info": len(TEXTS)} | ({"failure": 1} if failed else {})
    first = len(TEXTS) if failed else None
    return {"levels": levels, "first_failure": first, "steps": [["run", 0, at.isoformat()]]}
