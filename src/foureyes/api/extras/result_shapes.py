"""Shapes of results and log lines, written out by hand: their lists are the hottest of the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from foureyes.api.wire.links import Links, links
from foureyes.api.wire.nested import (
    BriefJob,
    BriefSchedule,
    BriefUser,
    brief_job,
    brief_result,
    brief_schedule,
    brief_user,
)
from foureyes.api.wire.serializers import (
    ConstantField,
    DisplayField,
    InstantField,
    UrlField,
    WireSerializer,
    choice,
    instant,
    maybe_instant,
)
from foureyes.models import JobLogEntry, JobResult


class StatusShape(serializers.Serializer):
    """A status with its label."""

    value = serializers.ChoiceField(choices=JobResult.Status.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # the wire's word


def full_result(result: JobResult, to: Links) -> dict[str, Any]:
    """A run with everything 1.x tells about it."""
    return {
        "id": str(result.pk),
        "display": str(result.pk),
        "url": to.to("jobresult", result.pk),
        "created": instant(result.created),
        "completed": maybe_instant(result.completed),
        "name": result.name,
        "job_model": brief_job(result.job_model, to),
        "obj_type": "extras.job",
        "status": choice(result.status, to.status_labels),
        "user": brief_user(result.user, to),
        "data": result.data,
        "job_id": str(result.pk),
        "job_kwargs": None if result.purpose == JobResult.Purpose.HOOK else _wire_kwargs(result.job_kwargs),
        "schedule": brief_schedule(result.schedule, to),
        "custom_fields": {},
    }


def _wire_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any] | None:
    """1.x files two keys of its form among the inputs, and clients have seen them there."""
    if kwargs is None:
        return None
    form = {"_profile": False, "_task_queue": kwargs.get("task_queue") or ""}
    return {**kwargs, "data": {**(kwargs.get("data") or {}), **form}}


class ResultShape(WireSerializer):
    """A run."""

    includable = ("computed_fields",)

    display = DisplayField()
    url = UrlField()
    job_model = BriefJob(read_only=True, allow_null=True)
    obj_type = serializers.CharField(read_only=True, default="extras.job")
    status = StatusShape(read_only=True)
    user = BriefUser(read_only=True, allow_null=True)
    job_id = serializers.UUIDField(read_only=True)
    schedule = BriefSchedule(read_only=True, allow_null=True)
    custom_fields = ConstantField({}, read_only=True)
    computed_fields = ConstantField({}, read_only=True)

    class Meta:
        model = JobResult
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "created",
            "completed",
            "name",
            "job_model",
            "obj_type",
            "status",
            "user",
            "data",
            "job_id",
            "job_kwargs",
            "schedule",
            "custom_fields",
            "computed_fields",
        ]
        read_only_fields = fields

    def to_representation(self, instance: JobResult) -> dict[str, Any]:
        """The written-out form."""
        shown = full_result(instance, links(self.context["request"]))
        return shown | {key: {} for key in self.included()}


class BriefResult(WireSerializer):
    """A run, briefly."""

    display = DisplayField()
    url = UrlField()
    user = BriefUser(read_only=True, allow_null=True)
    status = StatusShape(read_only=True)

    class Meta:
        model = JobResult
        fields: ClassVar = ["display", "id", "url", "name", "created", "completed", "user", "status"]
        read_only_fields = fields

    def to_representation(self, instance: JobResult) -> dict[str, Any]:
        """The written-out form."""
        return brief_result(instance, links(self.context["request"]))


LINE_COLUMNS = ("sequence", "pk", "absolute_url", "created", "grouping", "log_level", "log_object", "message")


def line_of_result(columns: tuple[Any, ...], to: Links) -> dict[str, Any]:
    """A log line (its LINE_COLUMNS) in the log of its run: a log may have a million, and rows of columns are cheap."""
    _, pk, absolute_url, created, grouping, level, log_object, message = columns
    return {
        "display": message,
        "id": str(pk),
        "url": to.to("joblogentry", pk),
        "absolute_url": absolute_url,
        "created": instant(created),
        "grouping": grouping,
        "log_level": level,
        "log_object": log_object,
        "message": message,
    }


class LineOfResult(serializers.ModelSerializer):
    """The keys of `line_of_result`."""

    display = DisplayField()
    url = UrlField()
    created = InstantField()

    class Meta:
        model = JobLogEntry
        fields: ClassVar = [
            "display",
            "id",
            "url",
            "absolute_url",
            "created",
            "grouping",
            "log_level",
            "log_object",
            "message",
        ]


class LineShape(WireSerializer):
    """A log line among those of all runs: it names its run, and 1.x displays its instant."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = JobLogEntry
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "absolute_url",
            "created",
            "grouping",
            "job_result",
            "log_level",
            "log_object",
            "message",
        ]
        read_only_fields = fields

    def to_representation(self, instance: JobLogEntry) -> dict[str, Any]:
        """The written-out form."""
        return {
            "id": str(instance.pk),
            "display": instance.created.isoformat(),
            "url": links(self.context["request"]).to("joblogentry", instance.pk),
            "absolute_url": instance.absolute_url,
            "created": instant(instance.created),
            "grouping": instance.grouping,
            "job_result": str(instance.job_result_id),
            "log_level": instance.log_level,
            "log_object": instance.log_object,
            "message": instance.message,
        }
