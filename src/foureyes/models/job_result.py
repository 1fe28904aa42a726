"""Runs: what was asked for, who executes it, and what came of it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from foureyes.models.approval import Grant
from foureyes.models.bundle import SourceBundle
from foureyes.models.job import Job
from foureyes.models.scheduled_job import Occurrence, ScheduledJob
from foureyes.models.worker import Worker
from foureyes.users.ids import uuid7
from foureyes.users.models import User


class JobResultQuerySet(models.QuerySet["JobResult"]):
    """Named questions about runs."""

    def shown(self) -> "JobResultQuerySet":
        """Without those that were hidden, which are kept as evidence."""
        return self.filter(hidden_at__isnull=True)

    def light(self) -> "JobResultQuerySet":
        """Without what may be large, for lists; it is read when it is asked for."""
        return self.defer("data", "returned", "job_kwargs", "sealed_inputs")

    def newest_first(self) -> "JobResultQuerySet":
        """The order of every list."""
        return self.order_by("-created", "-id")

    def dry(self) -> "JobResultQuerySet":
        """Dry runs, by their index; SQLite uses it for nothing but a condition that is written out as there."""
        return self.filter(RawSQL("extras_jobresult.purpose = 'dry_run'", [], output_field=models.BooleanField()))

    def with_errors(self) -> "JobResultQuerySet":
        """Those that logged a failure, by their index."""
        return self.filter(first_failure__isnull=False)

    def stopped(self, cause: "JobResult.Cause") -> "JobResultQuerySet":
        """Runs that were cancelled, or whose worker was lost, by their index."""
        either = RawSQL(
            "extras_jobresult.cause IN ('cancelled', 'worker_lost')", [], output_field=models.BooleanField()
        )
        return self.filter(either, cause=cause, status=JobResult.Status.ERRORED)

    def lost(self, now: datetime) -> "JobResultQuerySet":
        """Running ones whose worker let the lease end."""
        return self.filter(status=JobResult.Status.RUNNING, lease_until__lt=now)


def _listed(name: str, first: str = "", *, of_all: bool = False) -> models.Index:
    """An index that serves both a page of a list, read backwards, and its count; new rows go to its end.

    Those of foreign keys are `of_all` rows, the hidden ones too, and spare the key an index of its own.
    """
    order = ("created", "id", "hidden_at")
    condition = None if of_all else Q(hidden_at__isnull=True)
    return models.Index(fields=[first, *order] if first else order, condition=condition, name=name)


class JobResult(models.Model):
    """One execution. The row is the truth and the queue; doorbells only carry the news that it is there."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        ERRORED = "errored", "Errored"
        FAILED = "failed", "Failed"

    class Cause(models.TextChoices):
        """Why a run ended as it did; empty while it has not ended and when it completed."""

        JOB_FAILED = "job_failed", "the job reported a failure"
        EXCEPTION = "exception", "the job raised an exception"
        SOFT_LIMIT = "soft_limit", "the soft time limit was over"
        HARD_LIMIT = "hard_limit", "the time limit was over"
        CANCELLED = "cancelled", "cancelled"
        WORKER_LOST = "worker_lost", "worker lost"
        PROCESS_DIED = "process_died", "the job's process died"
        REFUSED = "refused", "refused before the start"
        SOURCE = "source", "the job's source could not be loaded"

    class Purpose(models.TextChoices):
        RUN = "run"
        DRY_RUN = "dry_run"
        HOOK = "hook"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job_model = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="results", db_index=False
    )  # by the index `run_by_job`
    name = models.CharField(max_length=255)  # class path, kept when the job row is gone
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    cause = models.CharField(max_length=16, choices=Cause.choices, blank=True)
    created = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    completed = models.DateTimeField(null=True, blank=True)

    # What was asked for.
    purpose = models.CharField(max_length=16, choices=Purpose.choices, default=Purpose.RUN)
    gated = models.BooleanField(default=False)
    grant = models.ForeignKey(
        Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="runs", db_index=False
    )  # by the index `run_of_grant`
    hook_id = models.UUIDField(null=True, blank=True)
    hook_event_id = models.UUIDField(null=True, blank=True)
    hook_run_id = models.UUIDField(null=True, blank=True)  # the run of which the event tells, or by which it came
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="job_results", db_index=False
    )  # by the index `run_by_user`
    user_name = models.CharField(max_length=150, blank=True)  # survives the account
    schedule = models.ForeignKey(
        ScheduledJob, null=True, blank=True, on_delete=models.SET_NULL, related_name="results", db_index=False
    )  # by the index `run_by_schedule`
    occurrence = models.OneToOneField(
        Occurrence, null=True, blank=True, on_delete=models.SET_NULL, related_name="job_result"
    )
    bundle = models.ForeignKey(SourceBundle, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    environment = models.CharField(max_length=64, blank=True)  # fingerprint of Python and distributions
    commit = models.BooleanField(default=True)
    job_kwargs = models.JSONField(null=True, blank=True)  # 1.x: data, commit, task_queue; null if sensitive
    sealed_inputs = models.BinaryField(null=True, blank=True)  # encrypted inputs of a sensitive run, until it ends
    queue = models.CharField(max_length=200)
    priority = models.SmallIntegerField(default=0)
    soft_limit_seconds = models.FloatField()
    time_limit_seconds = models.FloatField()

    # Who executes it.
    available_at = models.DateTimeField()  # not claimed before: the delay of a retry
    attempt = models.PositiveIntegerField(default=0)
    max_retries = models.PositiveIntegerField(default=0)
    retry_delay_seconds = models.FloatField(default=0)
    worker = models.ForeignKey(
        Worker, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs", db_index=False
    )  # by the index `run_of_worker`
    lease_until = models.DateTimeField(null=True, blank=True)
    concurrency_slot = models.PositiveIntegerField(null=True, blank=True)  # while running, of a job with a limit
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancelled_by_name = models.CharField(max_length=150, blank=True)

    # What came of it.
    data = models.JSONField(null=True, blank=True)
    # JSON of what the methods of the job returned, where it is more than text. As text, with the keys in their order:
    # PostgreSQL keeps none in its JSON.
    returned = models.TextField(blank=True, default="")
    progress_done = models.FloatField(null=True, blank=True)
    progress_total = models.FloatField(null=True, blank=True)
    progress_text = models.CharField(max_length=200, blank=True)
    progress_began_at = models.DateTimeField(null=True, blank=True)  # of what is counted now: `runs/record.py`
    progress_began_with = models.FloatField(null=True, blank=True)
    log_count = models.PositiveIntegerField(default=0)  # also the next sequence number of the log
    first_failure = models.PositiveIntegerField(null=True, blank=True)  # as in the summary, for lists; null: none
    log_summary = models.JSONField(null=True, blank=True)  # levels, first failure, steps: `runs/summary.py`
    hidden_at = models.DateTimeField(null=True, blank=True)  # "deleted" run of a gated job: evidence, not listed (G28)

    objects = JobResultQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(purpose="run") | Q(gated=False) | Q(grant__isnull=False), name="run_gated_needs_grant"
            ),
            models.CheckConstraint(condition=~Q(purpose="dry_run") | Q(commit=False), name="run_dry_run_never_commits"),
            models.CheckConstraint(
                condition=~Q(purpose="hook") | Q(hook_id__isnull=False, hook_event_id__isnull=False),
                name="run_of_hook_names_its_cause",
            ),
            models.UniqueConstraint(
                fields=["hook_id", "hook_event_id"],
                condition=Q(hook_event_id__isnull=False),
                name="run_once_per_hook_and_event",
            ),
            models.UniqueConstraint(
                fields=["job_model", "concurrency_slot"],
                condition=Q(concurrency_slot__isnull=False),
                name="run_concurrency_limit",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False), name="run_running_has_lease"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running"]) | Q(completed__isnull=False),
                name="run_ended_has_instant",
            ),
        ]
        indexes: ClassVar = [
            # Those of lists end with a column that is always null in them: only then does SQLite count in the index.
            _listed("run_newest_first"),
            _listed("run_by_job", "job_model", of_all=True),
            _listed("run_by_status", "status"),
            _listed("run_by_user", "user", of_all=True),
            _listed("run_by_name", "name"),
            _listed("run_by_schedule", "schedule", of_all=True),
            # Of what is rare, and would be looked for among all runs; an ordinary run is in none of them.
            models.Index(fields=["created", "id", "hidden_at"], condition=Q(purpose="dry_run"), name="run_dry"),
            models.Index(
                fields=["cause", "created", "id", "hidden_at"],
                condition=Q(cause__in=["cancelled", "worker_lost"]),
                name="run_stopped",
            ),
            models.Index(
                fields=["created", "id", "hidden_at"], condition=Q(first_failure__isnull=False), name="run_with_errors"
            ),
            models.Index(fields=["hidden_at"], condition=Q(hidden_at__isnull=False), name="run_hidden"),
            models.Index(
                F("queue"), F("priority").desc(), F("id"), condition=Q(status="pending"), name="run_claimable"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="run_leases"),
            models.Index(fields=["grant"], condition=Q(grant__isnull=False), name="run_of_grant"),
            models.Index(
                fields=["hook_run_id", "created", "id"], condition=Q(hook_run_id__isnull=False), name="run_after_run"
            ),
            # A worker asks every second for those that it runs, whatever number it has run before.
            models.Index(fields=["worker", "status"], condition=Q(worker__isnull=False), name="run_of_worker"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def job_id(self) -> UUID:
        """1.x has an id of its engine besides; here it is the row's."""
        return self.id
