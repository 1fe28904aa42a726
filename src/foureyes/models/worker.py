"""Processes that execute runs, fire schedules, or start hooks and send messages."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from foureyes.users.ids import uuid7


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Named questions about workers."""

    def alive(self, now: datetime) -> "WorkerQuerySet":
        """Those heard of lately and not stopped; drained ones included."""
        return self.filter(heartbeat_at__gte=now - _silence()).exclude(state=Worker.State.STOPPED)

    def notifies(self, now: datetime) -> bool:
        """Does somebody start hooks and send messages?"""
        return self.alive(now).filter(kind=Worker.Kind.NOTIFIER).exists()

    def taking_runs(self, now: datetime) -> "WorkerQuerySet":
        """Live workers that are not drained."""
        return self.alive(now).filter(kind=Worker.Kind.WORKER, state=Worker.State.RUNNING)


class Worker(models.Model):
    """One process, alive while `heartbeat_at` is recent. A drained worker finishes its runs and takes no new ones."""

    class Kind(models.TextChoices):
        WORKER = "worker"
        SCHEDULER = "scheduler"
        NOTIFIER = "notifier"

    class State(models.TextChoices):
        RUNNING = "running"
        DRAINING = "draining"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.WORKER)
    name = models.CharField(max_length=200)  # host:pid
    queues = models.JSONField(default=list)
    slots = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["heartbeat_at"], name="worker_by_heartbeat")]

    def __str__(self) -> str:
        return self.name

    def is_alive(self, now: datetime) -> bool:
        """As `alive` has it."""
        return self.heartbeat_at >= now - _silence() and self.state != Worker.State.STOPPED


def _silence() -> timedelta:
    # Only here: every process of a job has the models, and would have the settings and their library too.
    from foureyes.conf import get_conf

    return timedelta(seconds=get_conf().worker_stale_seconds)
