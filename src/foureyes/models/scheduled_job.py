"""Stored submissions, when they are due, and the ledger of their planned instants."""

from typing import ClassVar

from django.db import models
from django.db.models import ExpressionWrapper, Q

from foureyes.models.job import Job
from foureyes.users.ids import uuid7
from foureyes.users.models import User


class ScheduledJob(models.Model):
    """A stored submission and when it is due; also the carrier of a wish for "now" that needs approval."""

    class Interval(models.TextChoices):
        IMMEDIATELY = "immediately", "Once immediately"
        FUTURE = "future", "Once in the future"
        HOURLY = "hourly", "Recurring hourly"
        DAILY = "daily", "Recurring daily"
        WEEKLY = "weekly", "Recurring weekly"
        CUSTOM = "custom", "Recurring custom"

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        PAUSED = "paused"
        FINISHED = "finished"
        ERRORED = "errored"
        DENIED = "denied"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        CANCELLED = "cancelled"
        DELETED = "deleted"

    class DayRule(models.TextChoices):
        OR = "or"
        AND = "and"

    class Misfire(models.TextChoices):
        LATEST = "latest"
        SKIP = "skip"
        ALL = "all"

    class Overlap(models.TextChoices):
        ALLOW = "allow"
        SKIP = "skip"
        QUEUE = "queue"

    class Gap(models.TextChoices):
        AFTER = "after"
        SKIP = "skip"

    class Fold(models.TextChoices):
        FIRST = "first"
        SECOND = "second"
        BOTH = "both"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    job_model = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="scheduled_jobs")
    job_class = models.CharField(max_length=255)  # class path, kept when the job row is gone
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    state_reason = models.TextField(blank=True)
    # Whether 1.x clients find it: they know no state, and what is not to run any more they take for deleted.
    listed = models.GeneratedField(
        expression=ExpressionWrapper(
            ~Q(state__in=["denied", "withdrawn", "cancelled", "deleted"]), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    revision = models.PositiveIntegerField(default=1)

    # What runs.
    inputs = models.JSONField(default=dict)  # canonical values by variable
    commit = models.BooleanField(default=True)
    queue = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - null on the 1.x wire: none asked for
    priority = models.SmallIntegerField(default=0)
    sensitive = models.BooleanField(default=False)

    # When.
    interval = models.CharField(max_length=16, choices=Interval.choices)
    crontab = models.CharField(max_length=255, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    day_rule = models.CharField(max_length=8, choices=DayRule.choices, default=DayRule.OR)
    gap = models.CharField(max_length=8, choices=Gap.choices, default=Gap.AFTER)
    fold = models.CharField(max_length=8, choices=Fold.choices, default=Fold.FIRST)
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True, blank=True)
    one_off = models.BooleanField(default=False)
    max_runs = models.PositiveIntegerField(null=True, blank=True)
    jitter_seconds = models.PositiveIntegerField(default=0)
    misfire = models.CharField(max_length=8, choices=Misfire.choices, default=Misfire.LATEST)
    misfire_limit = models.PositiveIntegerField(null=True, blank=True)  # with `all`: at most so many
    latest_start_seconds = models.PositiveIntegerField(null=True, blank=True)  # later than this: missed, not run
    overlap = models.CharField(max_length=8, choices=Overlap.choices, default=Overlap.ALLOW)
    next_run_at = models.DateTimeField(null=True, blank=True)  # null: nothing is due
    decided_until = models.DateTimeField()  # every instant up to here has its fate; an edit starts after it
    last_run_at = models.DateTimeField(null=True, blank=True)
    total_run_count = models.PositiveIntegerField(default=0)

    # Who.
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="scheduled_jobs")
    user_name = models.CharField(max_length=150, blank=True)  # survives the account
    approval_required = models.BooleanField(default=False)
    approved_by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField()
    date_changed = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sensitive=False), name="scheduled_job_never_sensitive"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=False) | Q(approved_by_user__isnull=True),
                name="scheduled_job_approver_with_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_run_at"],
                condition=Q(state__in=["active", "paused"], next_run_at__isnull=False),
                name="scheduled_job_due",
            ),
            models.Index(
                fields=["job_model", "next_run_at"],
                condition=Q(state="active", next_run_at__isnull=False),
                name="scheduled_job_next_of_job",
            ),
            # Few are in it, and none that goes on: firing writes it only when a schedule stops with an error.
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["pending", "paused", "errored"]),
                name="scheduled_job_halted",
            ),
            # These end with the column that lists ask for: only then are pages and counts read from the index alone.
            models.Index(fields=["job_model", "state", "listed"], name="scheduled_job_by_job"),
            models.Index(fields=["name", "id", "listed"], condition=Q(listed=True), name="scheduled_job_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.interval}"


class Occurrence(models.Model):
    """One planned instant of a scheduled job, with its fate and the reason. The unique key is what fires once.

    After a very long outage the oldest missed instants share a row: `count` of them, up to `last_planned_at`.
    """

    class Fate(models.TextChoices):
        PLANNED = "planned"
        FIRED = "fired"
        SKIPPED = "skipped"
        MISSED = "missed"
        REFUSED = "refused"
        QUEUED = "queued"
        HELD = "held"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scheduled_job = models.ForeignKey(
        ScheduledJob, on_delete=models.CASCADE, related_name="occurrences", db_index=False
    )  # by the index of the unique key
    revision = models.PositiveIntegerField()
    planned_at = models.DateTimeField()
    last_planned_at = models.DateTimeField(null=True, blank=True)
    count = models.PositiveIntegerField(default=1)
    fate = models.CharField(max_length=16, choices=Fate.choices, default=Fate.PLANNED)
    reason = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scheduled_job", "planned_at"], name="occurrence_once_per_instant"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["planned_at"], name="occurrence_by_instant"),
            models.Index(fields=["scheduled_job", "planned_at"], condition=Q(fate="queued"), name="occurrence_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.scheduled_job_id} {self.planned_at.isoformat()} {self.fate}"
