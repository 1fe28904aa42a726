"""Shapes of 1.x objects: recurring fields, and the base of all serializers. They check and show, and never save."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.dateparse import datetime_re
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils import humanize_datetime

from foureyes.api.wire.links import links

INSTANT_FORMAT = humanize_datetime.datetime_formats(("iso-8601",))


def instant(value: datetime) -> str:
    """An instant as the wire spells it: ISO 8601 in UTC, ending in Z."""
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def maybe_instant(value: datetime | None) -> str | None:
    """The same of an instant that may not have come."""
    return None if value is None else instant(value)


def choice(value: str, labels: Mapping[str, str]) -> dict[str, str]:
    """A choice as `{value, label}`."""
    return {"value": value, "label": labels.get(value, value)}


class InstantField(serializers.DateTimeField):
    """An instant; one without offset is read in the server's zone, and all are shown in UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        """Date and time in full, as 1.x takes them: Python alone would read a bare date as midnight, too."""
        if isinstance(value, str) and not datetime_re.match(value):
            self.fail("invalid", format=INSTANT_FORMAT)
        found: datetime = super().to_internal_value(value)
        return found

    def to_representation(self, value: datetime) -> str:
        """ISO 8601, ending in Z."""
        return instant(value)


@extend_schema_field(OpenApiTypes.STR)
class DisplayField(serializers.Field):
    """How the object calls itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: models.Model) -> str:
        """The row's own text."""
        return str(value)


@extend_schema_field(OpenApiTypes.URI)
class UrlField(serializers.Field):
    """The absolute address of the object."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: models.Model) -> str:
        """As the sender of the request must see it."""
        return links(self.context["request"]).to(value._meta.model_name or "", value.pk)


@extend_schema_field(OpenApiTypes.STR)
class ContentTypeField(serializers.Field):
    """A type of object as `app.model`."""

    default_error_messages: ClassVar = {"unknown": "Invalid content type: {value}"}

    def to_representation(self, value: ContentType) -> str:
        """`app.model`."""
        return f"{value.app_label}.{value.model}"

    def to_internal_value(self, data: Any) -> ContentType:
        """The type, if there is one of that name."""
        app_label, _, model = str(data).replace("\0", "�").partition(".")  # PostgreSQL takes no NUL in a text
        found = ContentType.objects.filter(app_label=app_label, model=model).first()
        if found is None:
            self.fail("unknown", value=data)
        return found


@extend_schema_field(OpenApiTypes.ANY)
class ConstantField(serializers.Field):
    """A key of 1.x for something that is not kept here: always the same, and ignored when sent."""

    def __init__(self, constant: Any, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs["required"] = False
        super().__init__(source="*", **kwargs)
        self.constant = constant

    def to_representation(self, value: Any) -> Any:
        """The constant."""
        return self.constant

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Nothing."""
        return {}


class WireSerializer(serializers.ModelSerializer):
    """Base of the shapes: instants in UTC, `display` and `url`, and the keys that only some requests ask for.

    `includable` names those keys: a GET shows them if `include` asks, every other method always (as 1.x does).
    `sometimes` names keys that are missing from some answers for another reason.
    """

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
    }
    includable: ClassVar[tuple[str, ...]] = ()
    sometimes: ClassVar[tuple[str, ...]] = ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The object's keys, in the order of the wire."""
        shown: dict[str, Any] = super().to_representation(instance)
        included = self.included()
        return {key: value for key, value in shown.items() if key not in self.includable or key in included}

    def included(self) -> tuple[str, ...]:
        """The extra keys that this request gets."""
        if not self.includable:
            return ()
        request = self.context["request"]
        if request.method not in ("GET", "HEAD"):
            return self.includable
        asked = request.query_params.getlist("include")
        return tuple(name for name in self.includable if name in asked)
