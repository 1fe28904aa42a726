"""Requests put before approvers, the people who took part in them, and the grants that come of them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from foureyes.models.bundle import SourceBundle
from foureyes.models.job import Job
from foureyes.models.scheduled_job import ScheduledJob
from foureyes.users.ids import uuid7


class ApprovalRequest(models.Model):
    """An immutable snapshot of what is asked for, its digest, and a copy of the rule that decides."""

    class Kind(models.TextChoices):
        RUN = "run"
        SERIES = "series"
        OPEN_GATE = "open_gate"  # lower the `gated` flag of a job

    class State(models.TextChoices):
        OPEN = "open"
        GRANTED = "granted"
        DENIED = "denied"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        SUPERSEDED = "superseded"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="approval_requests")
    scheduled_job = models.ForeignKey(
        ScheduledJob, null=True, blank=True, on_delete=models.SET_NULL, related_name="approval_requests"
    )
    bundle = models.ForeignKey(SourceBundle, on_delete=models.PROTECT, related_name="approval_requests")
    snapshot = models.JSONField()
    digest = models.CharField(max_length=64)
    rule = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    sensitive = models.BooleanField(default=False)
    created = models.DateTimeField()
    decide_within_seconds = models.PositiveIntegerField(null=True, blank=True)  # null: as the installation lets it wait
    decide_before_start = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    tells = models.ForeignKey(  # who is told how it ended; null: nobody
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sensitive=False), name="approval_request_never_sensitive"),
            models.UniqueConstraint(
                fields=["scheduled_job"], condition=Q(state="open"), name="approval_request_one_open_per_schedule"
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state="open", kind="open_gate"),
                name="approval_request_one_open_gate_per_job",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created"], condition=Q(state="open"), name="approval_request_open"),
            models.Index(fields=["job", "state"], name="approval_request_by_job"),
            models.Index(
                fields=["tells", "told_at"], condition=Q(tells__isnull=False), name="approval_request_to_tell"
            ),
        ]

    def __str__(self) -> str:
        return f"Request {self.number}"


class RequestParty(models.Model):
    """One person's part in one request: contributor (requester, editor, run-as), or decider with the verdict.

    A person has one row per request, so nobody who contributed can decide: the database refuses the second row.
    Rows are appended only; id and name are copies that survive the account.
    """

    class Part(models.TextChoices):
        CONTRIBUTOR = "contributor"
        DECIDER = "decider"

    class Verdict(models.TextChoices):
        APPROVE = "approve"
        DENY = "deny"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="parties")
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=150)
    part = models.CharField(max_length=16, choices=Part.choices)
    roles = models.JSONField(default=list)  # of a contributor: requester, editor, run_as
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)  # what the decider read
    token_hint = models.CharField(max_length=6, blank=True)
    address = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "person_id"], name="decision_four_eyes"),
            models.CheckConstraint(
                condition=Q(part="contributor", verdict="") | Q(part="decider", verdict__in=["approve", "deny"]),
                name="request_party_verdict_of_deciders_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.verdict or self.part}"


class RequestComment(models.Model):
    """What somebody said about a request; a `suggestion` is a change that the requester may accept as a new request."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="comments")
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    suggestion = models.JSONField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["request", "at"], name="request_comment_by_request")]

    def __str__(self) -> str:
        return self.text[:50]


class Grant(models.Model):
    """Permission to run exactly the content of `digest`. Used up, expired and void are derived from the columns."""

    class Scope(models.TextChoices):
        RUN = "run"
        SERIES = "series"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(ApprovalRequest, on_delete=models.PROTECT, related_name="grant")
    scope = models.CharField(max_length=16, choices=Scope.choices)
    digest = models.CharField(max_length=64)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    uses_left = models.PositiveIntegerField(null=True, blank=True)  # null: as many as the series has
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["digest"], name="grant_by_digest")]

    def __str__(self) -> str:
        return f"Grant of {self.request}"
