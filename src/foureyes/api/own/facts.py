"""The facts that were recorded."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework import serializers

from foureyes.api.own.views import OwnRows
from foureyes.api.wire.filters import InstantFilter, TextFilter, WireFilterSet
from foureyes.api.wire.serializers import WireSerializer
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import Event


class EventShape(WireSerializer):
    """A fact, as it was recorded."""

    class Meta:
        model = Event
        fields: ClassVar = [
            "id",
            "kind",
            "at",
            "actor_id",
            "actor_name",
            "subject_type",
            "subject_id",
            "subject_text",
            "request_id",
            "data",
            "sequence",
            "hash",
        ]
        read_only_fields = fields


class ActorFilter(TextFilter):
    """A person's name, or id."""

    def condition(self, value: Any) -> Q:
        """Either."""
        try:
            return Q(actor_id=serializers.UUIDField().to_internal_value(value))
        except serializers.ValidationError:
            return Q(actor_name=value)


class EventFilters(WireFilterSet):
    """By kind, subject and person."""

    kind = TextFilter(lookups={})
    subject_type = TextFilter(lookups={})
    subject_id = TextFilter(lookups={})
    actor = ActorFilter(lookups={})
    at = InstantFilter()


class EventView(OwnRows, Lists, Retrieves):
    """Facts, the newest first."""

    model = Event
    serializer_class = EventShape
    filterset_class = EventFilters
    cursor_fields = ("pk",)

    def rows(self) -> QuerySet[Event]:
        """Ids grow with time."""
        return Event.objects.defer("object_data").order_by("-pk")
