"""What a request to run a job asks for, read from JSON or from a form; wrong shapes become 1.x's texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from foureyes.api.wire.serializers import InstantField
from foureyes.models import InputFile, Job, ScheduledJob
from foureyes.runs.files import draft_input
from foureyes.users.models import User

CONTROLS = (
    "_commit",
    "_task_queue",
    "_schedule_name",
    "_schedule_interval",
    "_schedule_start_time",
    "_schedule_crontab",
)
SEVERAL_VALUES = frozenset({"MultiChoiceVar", "MultiObjectVar"})
IMMEDIATELY = ScheduledJob.Interval.IMMEDIATELY
NO_NAME = "Please provide a name for the job schedule."
NO_START = "Please enter a valid date and time greater than or equal to the current date and time."
NO_CRONTAB = "Please enter a valid crontab."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments of a submission."""

    data: Any
    files: Mapping[str, InputFile] = field(default_factory=dict)
    commit: bool | None
    queue: str | None
    schedule: Mapping[str, Any] | None


class ScheduleInput(serializers.Serializer):
    """When: only the interval is always needed."""

    name = serializers.CharField(required=False, max_length=ScheduledJob._meta.get_field("name").max_length)
    start_time = InstantField(required=False)
    interval = serializers.ChoiceField(choices=ScheduledJob.Interval.choices)
    crontab = serializers.CharField(required=False, max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What the interval makes necessary."""
        interval = attrs["interval"]
        missing: dict[str, str] = {}
        if interval != IMMEDIATELY and "name" not in attrs:
            missing["name"] = NO_NAME
        if interval not in (IMMEDIATELY, ScheduledJob.Interval.CUSTOM) and "start_time" not in attrs:
            missing["start_time"] = NO_START
        if interval == ScheduledJob.Interval.CUSTOM and "crontab" not in attrs:
            missing["crontab"] = NO_CRONTAB
        if missing:
            raise ValidationError({name: [text] for name, text in missing.items()})
        return attrs


class FormSchedule(ScheduleInput):
    """The same from a form, where 1.x writes the wrong choice without quotes."""

    interval = serializers.ChoiceField(
        choices=ScheduledJob.Interval.choices, error_messages={"invalid_choice": "{input} is not a valid choice."}
    )


class RunInput(serializers.Serializer):
    """A run as JSON: every key may be left out, unknown ones are ignored."""

    data = serializers.JSONField(required=False, default=dict)  # type: ignore[assignment]  # the wire's word
    commit = serializers.BooleanField(required=False)
    task_queue = serializers.CharField(required=False, allow_blank=True)
    schedule = ScheduleInput(required=False)


class FormInput(serializers.Serializer):
    """The same as a form's control parts; all others are variables."""

    PARTS: ClassVar = {name: name.removeprefix("_schedule_") for name in CONTROLS if name.startswith("_schedule_")}

    _commit = serializers.BooleanField(required=False)
    _task_queue = serializers.CharField(required=False, allow_blank=True)
    _schedule_name = serializers.CharField(required=False)
    _schedule_start_time = serializers.CharField(required=False)
    _schedule_interval = serializers.CharField(required=False)
    _schedule_crontab = serializers.CharField(required=False)


def read_run(request: Request, job: Job, *, by: User, now: datetime) -> Asked:
    """What is asked for; 400 where the request cannot be read as that."""
    if isinstance(request.data, QueryDict):
        return _from_form(request.data, request.FILES, job, by, now)
    body = RunInput(data=request.data, context={"request": request})
    body.is_valid(raise_exception=True)
    asked = body.validated_data
    return Asked(
        data=asked["data"],
        commit=asked.get("commit"),
        queue=asked.get("task_queue"),
        schedule=asked.get("schedule"),
    )


def _from_form(sent: QueryDict, uploads: Mapping[str, UploadedFile], job: Job, by: User, now: datetime) -> Asked:
    form = FormInput(data={name: sent[name] for name in CONTROLS if name in sent})
    form.is_valid(raise_exception=True)
    asked = form.validated_data
    files = _files(uploads, job, by, now)
    return Asked(
        data=_values(sent, job),
        files=files,
        commit=asked.get("_commit"),
        queue=asked.get("_task_queue"),
        schedule=_form_schedule(asked),
    )


def _form_schedule(asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schedule of a form; its errors are told under the names of the parts."""
    parts = {key: asked[name] for name, key in FormInput.PARTS.items() if asked.get(name)}
    if not parts:
        return None
    schedule = FormSchedule(data=parts)
    if not schedule.is_valid():
        raise ValidationError({f"_schedule_{name}": texts for name, texts in schedule.errors.items()})
    found: Mapping[str, Any] = schedule.validated_data
    return found


def _values(sent: QueryDict, job: Job) -> dict[str, Any]:
    """The parts that are values; a variable of several values takes every part of its name."""
    several = {spec["name"] for spec in job.variables if spec["type"] in SEVERAL_VALUES}
    names = [name for name in sent if name not in CONTROLS and not isinstance(sent[name], UploadedFile)]
    return {name: sent.getlist(name) if name in several else sent[name] for name in names}


def _files(uploads: Mapping[str, UploadedFile], job: Job, by: User, now: datetime) -> dict[str, InputFile]:
    """The uploaded files of file variables, stored; those that no variable asks for are ignored, as in 1.x."""
    wanted = {spec["name"] for spec in job.variables if spec["type"] == "FileVar"}
    return {
        name: draft_input(name=upload.name or name, chunks=upload.chunks(), user=by, now=now)
        for name, upload in uploads.items()
        if name in wanted
    }
