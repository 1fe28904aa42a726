"""What a run said while it ran: log lines and the changes it reported."""

from typing import ClassVar

from django.db import models

from foureyes.models.job_result import JobResult
from foureyes.users.ids import uuid7


class JobLogEntry(models.Model):
    """One log line; `sequence` counts from 0 within the run and is the order of the log."""

    class Level(models.TextChoices):
        DEFAULT = "default", "Default"
        SUCCESS = "success", "Success"
        INFO = "info", "Info"
        WARNING = "warning", "Warning"
        FAILURE = "failure", "Failure"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job_result = models.ForeignKey(JobResult, on_delete=models.CASCADE, related_name="logs", db_index=False)
    sequence = models.PositiveIntegerField()
    created = models.DateTimeField()
    log_level = models.CharField(max_length=32, choices=Level.choices, default=Level.DEFAULT)
    grouping = models.CharField(max_length=100, default="main")
    message = models.TextField(blank=True)
    log_object = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - null on the 1.x wire
    absolute_url = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - null on the 1.x wire

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_result", "sequence"], name="log_line_once"),
        ]

    def __str__(self) -> str:
        return self.message


class RunChange(models.Model):
    """One effect that the job reported: done if the run commits, only intended in a dry run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job_result = models.ForeignKey(JobResult, on_delete=models.CASCADE, related_name="changes", db_index=False)
    sequence = models.PositiveIntegerField()
    created = models.DateTimeField()
    target = models.TextField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    summary = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_result", "sequence"], name="run_change_once"),
        ]

    def __str__(self) -> str:
        return self.summary or self.target
