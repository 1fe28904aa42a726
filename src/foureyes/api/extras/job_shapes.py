"""Shapes of jobs: the row as of version 1.3, and the class as the older one shows it."""

from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

from foureyes.api.wire.links import Links
from foureyes.api.wire.serializers import ConstantField, DisplayField, UrlField, WireSerializer
from foureyes.models import Job
from foureyes.models.job import OVERRIDABLE

READ_ONLY = ("installed", "is_job_hook_receiver", "is_job_button_receiver", "created", "last_updated")


class NotesUrlField(UrlField):
    """Where the notes on the object would be."""

    def to_representation(self, value: models.Model) -> str:
        """The address."""
        return f"{super().to_representation(value)}notes/"


class JobShape(WireSerializer):
    """A job's row. What is read-only is ignored when sent; the operation decides about the rest."""

    includable = ("computed_fields", "relationships")

    display = DisplayField()
    url = UrlField()
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # the wire's word
    module_name = serializers.CharField(read_only=True)
    job_class_name = serializers.CharField(read_only=True)
    slug = serializers.SlugField(required=False, max_length=320)
    tags = ConstantField([])
    notes_url = NotesUrlField()
    custom_fields = ConstantField({})
    computed_fields = ConstantField({}, read_only=True)
    relationships = ConstantField({})

    class Meta:
        model = Job
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "source",
            "module_name",
            "job_class_name",
            "grouping",
            "grouping_override",
            "name",
            "name_override",
            "slug",
            "description",
            "description_override",
            "installed",
            "enabled",
            "is_job_hook_receiver",
            "is_job_button_receiver",
            *(key for field in OVERRIDABLE[3:] for key in (field, f"{field}_override")),
            "tags",
            "created",
            "last_updated",
            "notes_url",
            "custom_fields",
            "computed_fields",
            "relationships",
        ]
        read_only_fields = READ_ONLY
        extra_kwargs: ClassVar = {"task_queues": {"required": False}}
        validators: ClassVar[list[Any]] = []  # the operation checks names: a value may follow the class


def class_shape(job: Job, to: Links, result: Any) -> dict[str, Any]:
    """The class behind a job, as version 1.2 shows it; `result` is the newest one, in whichever form."""
    return {
        "url": f"{to.root}extras/jobs/{job.class_path}/",
        "id": job.class_path,
        "pk": str(job.pk),
        "name": job.name,
        "description": job.description,
        "test_methods": job.test_methods,
        "vars": {spec["name"]: spec["type"] for spec in in_source_order(job.variables)},
        "result": result,
    }


class ClassShape(serializers.Serializer):
    """The keys of `class_shape`, for the description of the API."""

    url = serializers.URLField()
    id = serializers.CharField()
    pk = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    test_methods = serializers.ListField(child=serializers.CharField())
    vars = serializers.DictField(child=serializers.CharField())
    result = serializers.DictField(allow_null=True)


WIRE_OPTIONS = (
    "name",
    "type",
    "label",
    "help_text",
    "default",
    "required",
    "min_length",
    "max_length",
    "min_value",
    "max_value",
    "choices",
    "model",
)


def in_source_order(specs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """1.x lists variables as they are defined; they are stored in the order of the form."""
    return sorted(specs, key=lambda spec: spec.get("position", 0))


def wire_variable(spec: dict[str, Any]) -> dict[str, Any]:
    """A variable as 1.x tells it: only the options that 1.x knows, and only those that are set."""
    return {key: spec[key] for key in WIRE_OPTIONS if spec.get(key) is not None}


class VariableShape(serializers.Serializer):
    """The keys of `wire_variable`."""

    name = serializers.CharField()
    type = serializers.CharField()
    label = serializers.CharField(required=False)  # type: ignore[assignment]  # the wire's word
    help_text = serializers.CharField(required=False)  # type: ignore[assignment]  # the wire's word
    default = serializers.JSONField(required=False)
    required = serializers.BooleanField()  # type: ignore[assignment]  # the wire's word
    min_length = serializers.IntegerField(required=False)
    max_length = serializers.IntegerField(required=False)
    min_value = serializers.IntegerField(required=False)
    max_value = serializers.IntegerField(required=False)
    choices = serializers.ListField(required=False)
    model = serializers.CharField(required=False)
