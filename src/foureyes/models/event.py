"""Facts, appended in the transaction of what they tell."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from foureyes.users.ids import uuid7

# Of every run there are some. What people did is found among them by an index of its own, which these cost nothing.
FREQUENT = ("run.created", "run.started", "run.completed", "run.failed", "run.errored", "run.retried")


class Event(models.Model):
    """One fact. Never updated but for the seal: `sequence`, and `hash` over content and the predecessor's hash."""

    class Action(models.TextChoices):
        """What happened to the subject, if the fact is a change of it."""

        CREATE = "create", "Created"
        UPDATE = "update", "Updated"
        DELETE = "delete", "Deleted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=100)  # `run.completed`, `job.enabled`, ...
    at = models.DateTimeField()
    # Copies, not foreign keys: they outlive the person and the subject.
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    subject_type = models.CharField(max_length=100)  # `extras.jobresult`
    subject_id = models.CharField(max_length=64)
    subject_text = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=8, choices=Action.choices, blank=True, default="")
    request_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict)
    object_data = models.JSONField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True, unique=True)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_by_subject"),
            models.Index(fields=["id"], condition=Q(sequence__isnull=True), name="event_unsealed"),
            models.Index(fields=["kind", "id"], condition=~Q(kind__in=FREQUENT), name="event_of_people"),
            # The condition is that of the view of object changes, word for word.
            models.Index(F("at").desc(), F("id").desc(), condition=Q(action__gt=""), name="event_changes_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_text}"
