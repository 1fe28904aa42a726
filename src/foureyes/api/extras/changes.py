"""Object changes: events that are changes, in their 1.x form. Nobody writes them but the operations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foureyes.api.users.related import brief_group
from foureyes.api.wire.filters import (
    ChoiceFilter,
    IdFilter,
    InstantFilter,
    NumberFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
    WireFilterSet,
)
from foureyes.api.wire.links import PATHS, Links, links
from foureyes.api.wire.nested import brief_job, brief_result, brief_schedule, brief_user
from foureyes.api.wire.serializers import DisplayField, UrlField, WireSerializer, choice
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import Event, Job, JobResult, ObjectChange, ScheduledJob
from foureyes.users.models import User
from foureyes.users.permissions import OUR_APPS, restrict

LABELS = {str(value): str(label) for value, label in Event.Action.choices}
BRIEF: Mapping[type[Model], Callable[[Any, Links], Any]] = {
    Job: brief_job,
    JobResult: brief_result,
    ScheduledJob: brief_schedule,
    User: brief_user,
    Group: brief_group,
}


class ActionShape(serializers.Serializer):
    """What happened, with its label."""

    value = serializers.ChoiceField(choices=Event.Action.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # the wire's word


class ChangeList(serializers.ListSerializer):
    """A page of changes: the objects are looked up together, by type."""

    def to_representation(self, data: Any) -> Any:
        """The changes."""
        page = list(data)
        self._context = {**self.context, "objects": present_objects(page, self.context["request"].user)}
        return super().to_representation(page)


OBJECT_OR_NULL = {"type": "object", "additionalProperties": {}, "nullable": True}


class ChangeShape(WireSerializer):
    """A change of an object."""

    display = DisplayField()
    url = UrlField()
    user = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField()
    changed_object = serializers.SerializerMethodField()
    object_data = serializers.SerializerMethodField()

    class Meta:
        model = ObjectChange
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "time",
            "user",
            "user_name",
            "request_id",
            "action",
            "changed_object_type",
            "changed_object_id",
            "changed_object",
            "object_data",
        ]
        read_only_fields = fields
        list_serializer_class = ChangeList

    @extend_schema_field(OBJECT_OR_NULL)
    def get_user(self, change: ObjectChange) -> Any:
        """Who made it; null if nobody did, or the account is gone."""
        return brief_user(change.user, links(self.context["request"]))

    @extend_schema_field(ActionShape)
    def get_action(self, change: ObjectChange) -> Any:
        """What happened."""
        return choice(change.action, LABELS)

    @extend_schema_field(OBJECT_OR_NULL)
    def get_changed_object(self, change: ObjectChange) -> Any:
        """The object in its brief form, if it is still there and the account may see it."""
        request = self.context["request"]
        objects = self.context.get("objects")
        if objects is None:
            objects = present_objects([change], request.user)
        row = objects.get((change.changed_object_type, change.changed_object_id))
        return None if row is None else _brief(row, links(request))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_object_data(self, change: ObjectChange) -> Any:
        """The fields after the change; of a run none are kept."""
        return change.object_data or {}


def present_objects(changes: Iterable[ObjectChange], user: Any) -> dict[tuple[str, str], Model]:
    """The objects of these changes that are there and visible, by type and key."""
    keys: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        keys[change.changed_object_type].add(change.changed_object_id)
    found: dict[tuple[str, str], Model] = {}
    for name, ids in keys.items():
        for row in _rows(name, ids, user):
            found[name, str(row.pk)] = row
    return found


def _rows(name: str, ids: set[str], user: Any) -> list[Model]:
    try:
        model = apps.get_model(name)
        return list(restrict(model._default_manager.filter(pk__in=ids), user=user, action="view"))
    except (LookupError, ValueError, ValidationError):
        return []


def _brief(row: Model, to: Links) -> Any:
    if shape := BRIEF.get(type(row)):
        return shape(row, to)
    name = row._meta.model_name or ""
    if name not in PATHS or row._meta.app_label not in OUR_APPS:
        return str(row)
    return {"display": str(row), "id": str(row.pk), "url": to.to(name, row.pk), "name": getattr(row, "name", str(row))}


class TypeNumberFilter(NumberFilter):
    """The number of a content type."""

    lookups: dict[str, tuple[str, bool]] = {}  # noqa: RUF012 - replaces the class's own

    def condition(self, value: Any) -> Q:
        """By the name of the type with that number."""
        number = int(value) if 0 < value < 2**31 else 0
        found = ContentType.objects.filter(pk=number).first()
        return Q(changed_object_type=f"{found.app_label}.{found.model}" if found else "")


class ChangeFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("user_name", "object_repr"))
    user = RelatedFilter(name_path="user_name")
    user_id = IdFilter()
    user_name = TextFilter()
    request_id = IdFilter()
    action = ChoiceFilter(choices=Event.Action.choices)
    changed_object_type = TextFilter(lookups={"n": ("exact", True)})
    changed_object_type_id = TypeNumberFilter()
    changed_object_id = TextFilter(lookups={"n": ("exact", True)})
    object_repr = TextFilter()
    time = InstantFilter()


class ChangeView(Lists, Retrieves):
    """Object changes, the newest first."""

    model = ObjectChange
    serializer_class = ChangeShape
    filterset_class = ChangeFilters

    def rows(self) -> QuerySet[ObjectChange]:
        """By time."""
        return ObjectChange.objects.select_related("user").order_by("-time", "-pk")
