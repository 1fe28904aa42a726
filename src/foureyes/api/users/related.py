"""Users and groups inside other objects: shown in their brief form, named by id or by what they are called."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foureyes.api.wire.links import Links, links
from foureyes.api.wire.nested import BriefUser, brief_user
from foureyes.api.wire.serializers import DisplayField, UrlField, WireSerializer
from foureyes.users.models import User


def brief_group(group: Group, links: Links) -> dict[str, Any]:
    """A group."""
    return {"display": group.name, "id": group.pk, "url": links.to("group", group.pk), "name": group.name}


class BriefGroup(WireSerializer):
    """The brief form of a group, as a shape."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = Group
        fields = ("display", "id", "url", "name")

    def to_representation(self, instance: Group) -> dict[str, Any]:
        """The written-out form."""
        return brief_group(instance, links(self.context["request"]))


class RelatedRow(serializers.Field):
    """A row of `model`: its id, or an object with `id` or with `name_field`. Nothing else of it can be searched for."""

    model: type[Model]
    name_field: str

    def to_internal_value(self, data: Any) -> Model:
        """The row that is meant."""
        key, wanted = self._lookup(data)
        try:
            row: Model = self.model._default_manager.get(**{key: wanted})
        except ObjectDoesNotExist:
            how = "ID" if key == "pk" else "attributes"
            raise serializers.ValidationError(f"Related object not found using the provided {how}: {wanted}") from None
        return row

    def _lookup(self, data: Any) -> tuple[str, Any]:
        if isinstance(data, dict) and "id" not in data and isinstance(data.get(self.name_field), str):
            return self.name_field, data[self.name_field]
        given = data.get("id") if isinstance(data, dict) else data
        try:
            return "pk", self.key(given)
        except (TypeError, ValueError):
            raise serializers.ValidationError(
                f"Related objects must be referenced by ID or by dictionary of attributes. "
                f"Received an unrecognized value: {data}"
            ) from None

    def key(self, given: Any) -> Any:
        """The id as the model has it."""
        raise NotImplementedError


@extend_schema_field(BriefUser)
class RelatedUser(RelatedRow):
    """An account."""

    model = User
    name_field = "username"

    def key(self, given: Any) -> UUID:
        """A UUID."""
        return UUID(str(given))

    def to_representation(self, value: User) -> Any:
        """The brief form."""
        return brief_user(value, links(self.context["request"]))


@extend_schema_field(BriefGroup)
class RelatedGroup(RelatedRow):
    """A group."""

    model = Group
    name_field = "name"

    def key(self, given: Any) -> int:
        """A number."""
        if isinstance(given, bool):
            raise ValueError
        return int(given)

    def to_representation(self, value: Group) -> Any:
        """The brief form."""
        return brief_group(value, links(self.context["request"]))


class RelatedList(serializers.ListField):
    """All rows of a relation to many; a row named twice counts once. Tells the first error, as 1.x does."""

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        """The rows that are meant."""
        return [self.child.run_validation(item) for item in data]

    def to_representation(self, data: Any) -> list[Any]:
        """The brief forms."""
        return super().to_representation(data.all())
