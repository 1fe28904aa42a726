"""Forms that were sent, so that a double click or a retry does nothing twice."""

from typing import ClassVar

from django.db import models

from foureyes.users.ids import uuid7
from foureyes.users.models import User


class Sending(models.Model):
    """One content sent by one person under one key, and what came of it; written together with that."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)  # SHA-256 over the form's key and what was sent with it
    created = models.DateTimeField(db_index=True)
    # Plain ids: the rows may go before this one does.
    run_id = models.UUIDField(null=True, blank=True)
    schedule_id = models.UUIDField(null=True, blank=True)
    request_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="sending_once")]

    def __str__(self) -> str:
        return self.digest[:12]
