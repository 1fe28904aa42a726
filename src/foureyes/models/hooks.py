"""Hooks: who wants to know of changes, and the messages that tell them."""

from typing import ClassVar

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from foureyes.models.job import Job
from foureyes.users.ids import uuid7

WATCHES_SOMETHING = Q(type_create=True) | Q(type_update=True) | Q(type_delete=True)


class JobHook(models.Model):
    """Starts a receiver when an object changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    content_types = models.ManyToManyField(ContentType, related_name="job_hooks")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="job_hooks")
    enabled = models.BooleanField(default=True)
    type_create = models.BooleanField(default=False)
    type_update = models.BooleanField(default=False)
    type_delete = models.BooleanField(default=False)
    watches_since = models.DateTimeField()
    created = models.DateField()
    last_updated = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=WATCHES_SOMETHING, name="job_hook_watches_something")]

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """Tells an address of changes."""

    class Method(models.TextChoices):
        GET = "GET"
        POST = "POST"
        PUT = "PUT"
        PATCH = "PATCH"
        DELETE = "DELETE"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150, unique=True)
    content_types = models.ManyToManyField(ContentType, related_name="webhooks")
    enabled = models.BooleanField(default=True)
    type_create = models.BooleanField(default=False)
    type_update = models.BooleanField(default=False)
    type_delete = models.BooleanField(default=False)
    payload_url = models.CharField(max_length=500)
    http_method = models.CharField(max_length=8, choices=Method.choices, default=Method.POST)
    http_content_type = models.CharField(max_length=100, default="application/json")
    additional_headers = models.TextField(blank=True)  # what may be secret of them is masked here
    body_template = models.TextField(blank=True)
    secret = models.CharField(max_length=255, blank=True)  # a mask, or empty
    sealed = models.BinaryField(null=True, blank=True)  # secret and headers in full, encrypted
    ssl_verification = models.BooleanField(default=True)
    ca_file_path = models.CharField(max_length=4096, null=True, blank=True)  # noqa: DJ001 - null is the wire's word
    watches_since = models.DateTimeField()
    created = models.DateField()
    last_updated = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=WATCHES_SOMETHING, name="webhook_watches_something")]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One message to one address, with what came of it."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    webhook_name = models.CharField(max_length=150)  # survives the webhook
    event_id = models.UUIDField()
    body = models.TextField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    created = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()  # while somebody tries: until when the others leave it alone
    status_code = models.PositiveIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="delivery_once_per_change"),
            models.CheckConstraint(
                condition=Q(state="pending") | Q(finished_at__isnull=False), name="delivery_ended_has_instant"
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("next_attempt_at"), F("id"), condition=Q(state="pending"), name="delivery_due"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="delivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_name} {self.state}"
