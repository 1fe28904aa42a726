"""Shapes of job hooks and webhooks. The operations decide what can be watched and what is doubled."""

from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from rest_framework import serializers

from foureyes.api.extras.job_shapes import NotesUrlField
from foureyes.api.users.related import RelatedList
from foureyes.api.wire.serializers import ConstantField, ContentTypeField, DisplayField, UrlField, WireSerializer
from foureyes.hooks.types import OURS, WIRE_WEBHOOKS
from foureyes.models import Job, JobHook, Webhook


class WireWebhookType(ContentTypeField):
    """A type for which 1.x sends webhooks: of ours not all."""

    def to_internal_value(self, data: Any) -> ContentType:
        """The type."""
        found: ContentType = super().to_internal_value(data)
        name = self.to_representation(found)
        if name in OURS - WIRE_WEBHOOKS:
            self.fail("unknown", value=data)
        return found


class JobHookShape(WireSerializer):
    """A job hook."""

    includable = ("computed_fields", "relationships")

    display = DisplayField()
    url = UrlField()
    content_types = RelatedList(child=ContentTypeField())
    job = serializers.PrimaryKeyRelatedField(
        queryset=Job.objects.filter(is_job_hook_receiver=True), pk_field=serializers.UUIDField()
    )
    notes_url = NotesUrlField()
    custom_fields = ConstantField({})
    computed_fields = ConstantField({}, read_only=True)
    relationships = ConstantField({})

    class Meta:
        model = JobHook
        fields: ClassVar = [
            "display",
            "id",
            "url",
            "name",
            "content_types",
            "job",
            "enabled",
            "type_create",
            "type_update",
            "type_delete",
            "created",
            "last_updated",
            "notes_url",
            "custom_fields",
            "computed_fields",
            "relationships",
        ]
        read_only_fields: ClassVar = ["created", "last_updated"]


class WebhookShape(WireSerializer):
    """A webhook, as 1.x shows it: whether it is enabled is not told there. Secrets are masked."""

    display = DisplayField()
    url = UrlField()
    content_types = RelatedList(child=WireWebhookType())
    notes_url = NotesUrlField()

    class Meta:
        model = Webhook
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "content_types",
            "name",
            "type_create",
            "type_update",
            "type_delete",
            "payload_url",
            "http_method",
            "http_content_type",
            "additional_headers",
            "body_template",
            "secret",
            "ssl_verification",
            "ca_file_path",
            "created",
            "last_updated",
            "notes_url",
        ]
        read_only_fields: ClassVar = ["created", "last_updated"]


class BriefJobHook(WireSerializer):
    """The brief form of a job hook."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = JobHook
        fields: ClassVar = ["display", "id", "name", "url"]


class BriefWebhook(WireSerializer):
    """The brief form of a webhook."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = Webhook
        fields: ClassVar = ["display", "id", "name", "url"]
