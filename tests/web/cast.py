"""What tests of pages make: rights, runs, and the text of a page."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.test import Client

from foureyes.models import Job, JobResult
from foureyes.users.models import ObjectPermission, User

Status = JobResult.Status


def allow(user: User, model: str, *actions: str) -> None:
    row = ObjectPermission.objects.create(name=f"{user} {model} {actions}", actions=list(actions))
    row.object_types.add(ContentType.objects.get(app_label="extras", model=model))
    row.users.add(user)


def run_of(job: Job, user: User, now: datetime, **columns: Any) -> JobResult:
    ended = columns.get("status", Status.COMPLETED) not in (Status.PENDING, Status.RUNNING)
    values = {
        "job_model": job, "name": job.class_path, "status": Status.COMPLETED, "created": now, "user": user,
        "user_name": user.username, "queue": "default", "soft_limit_seconds": 60, "time_limit_seconds": 90,
        "available_at": now, "started_at": now, "completed": now + timedelta(seconds=3) if ended else None,
        "job_kwargs": {"data": {"folder": "/var/tmp"}, "commit": True, "task_queue": None},
    }  # fmt: skip
    return JobResult.objects.create(**values | columns)


def html(client: Client, address: str, **options: Any) -> str:
    answer = client.get(address, **options)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def text(page: str) -> str:
    """The page without tags and runs of white space, as a person reads it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
