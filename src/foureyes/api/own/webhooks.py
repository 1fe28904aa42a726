"""Webhooks beyond 1.x: every type, the switch, and each message with what the receiver answered."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.hook_shapes import WebhookShape
from foureyes.api.extras.hooks import WebhookView
from foureyes.api.own.views import OwnRows
from foureyes.api.users.related import RelatedList
from foureyes.api.wire.filters import ChoiceFilter, IdFilter, InstantFilter, TextFilter, WireFilterSet
from foureyes.api.wire.serializers import ContentTypeField, InstantField, WireSerializer
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import Webhook, WebhookDelivery
from foureyes.notifications.deliver import send_again


class FullWebhook(WebhookShape):
    """A webhook with its switch, of any type that can be watched."""

    content_types = RelatedList(child=ContentTypeField())

    class Meta(WebhookShape.Meta):
        fields: ClassVar = [*WebhookShape.Meta.fields[:-1], "enabled"]

    def get_fields(self) -> dict[str, Any]:
        """Without what only 1.x has."""
        fields: dict[str, Any] = super().get_fields()
        fields.pop("notes_url", None)
        return fields


class FullWebhookView(OwnRows, WebhookView):
    """Webhooks with everything that they have."""

    serializer_class = FullWebhook

    def rows(self) -> QuerySet[Webhook]:
        """The newest first."""
        return super().rows().order_by("-pk")


class DeliveryShape(WireSerializer):
    """A message, and what came of its last attempt."""

    next_attempt_at = InstantField(read_only=True, allow_null=True)

    class Meta:
        model = WebhookDelivery
        fields: ClassVar = [
            "id",
            "webhook",
            "webhook_name",
            "event_id",
            "state",
            "created",
            "finished_at",
            "attempts",
            "next_attempt_at",
            "status_code",
            "answer",
            "error",
            "body",
        ]
        read_only_fields = fields

    def to_representation(self, instance: WebhookDelivery) -> dict[str, Any]:
        """What has ended is not tried again."""
        shown = super().to_representation(instance)
        if instance.state != WebhookDelivery.State.PENDING:
            shown["next_attempt_at"] = None
        return shown


class DeliveryFilters(WireFilterSet):
    """By webhook, change and state."""

    webhook = IdFilter("webhook_id", lookups={})
    webhook_name = TextFilter(lookups={})
    event_id = IdFilter(lookups={})
    state = ChoiceFilter(choices=WebhookDelivery.State.choices, lookups={})
    created = InstantFilter()


class DeliveryView(OwnRows, Lists, Retrieves):
    """Messages, the newest first."""

    model = WebhookDelivery
    serializer_class = DeliveryShape
    filterset_class = DeliveryFilters

    def rows(self) -> QuerySet[WebhookDelivery]:
        """Ids grow with time."""
        return WebhookDelivery.objects.order_by("-pk")


class SendAgain(OwnRows):
    """Tries a message at once that has failed or waits."""

    model = WebhookDelivery
    serializer_class = DeliveryShape
    permission_action: ClassVar[str | None] = "change"

    @extend_schema(operation_id="webhook_deliveries_send_again_create", request=None, responses=DeliveryShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The message, which waits."""
        row = send_again(delivery=self.get_object(), now=timezone.now())
        return Response(self.get_serializer(row).data)
