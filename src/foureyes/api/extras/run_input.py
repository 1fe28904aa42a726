"""What a request to run a job asks for, read from JSON or from a form; wrong shapes become 1.x's texts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from foureyes.api.extras.schedule_input import ScheduleInput, form_schedule
from foureyes.approvals.reasons import LONGEST_REASON
from foureyes.models import InputFile, Job
from foureyes.runs.files import draft_input
from foureyes.users.models import User

CONTROLS = (
    "_commit",
    "_task_queue",
    "_reason",
    "_schedule_name",
    "_schedule_interval",
    "_schedule_start_time",
    "_schedule_crontab",
)
SEVERAL_VALUES = frozenset({"MultiChoiceVar", "MultiObjectVar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments of a submission."""

    data: Any
    files: Mapping[str, InputFile] = field(default_factory=dict)
    commit: bool | None
    queue: str | None
    schedule: Mapping[str, Any] | None
    reason: str = ""


class RunInput(serializers.Serializer):
    """A run as JSON: every key may be left out, unknown ones are ignored. 1.x knows no `reason`."""

    data = serializers.JSONField(required=False, default=dict)  # type: ignore[assignment]  # the wire's word
    commit = serializers.BooleanField(required=False)
    task_queue = serializers.CharField(required=False, allow_blank=True)
    schedule = ScheduleInput(required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class FormInput(serializers.Serializer):
    """The same as a form's control parts; all others are variables."""

    _commit = serializers.BooleanField(required=False)
    _task_queue = serializers.CharField(required=False, allow_blank=True)
    _reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)
    _schedule_name = serializers.CharField(required=False, allow_blank=True)
    _schedule_start_time = serializers.CharField(required=False, allow_blank=True)
    _schedule_interval = serializers.CharField(required=False, allow_blank=True)
    _schedule_crontab = serializers.CharField(required=False, allow_blank=True)


def read_run(request: Request, job: Job, *, by: User, apart: Collection[str] = (), now: datetime) -> Asked:
    """What is asked for; 400 where it cannot be read as that. Parts of a form named in `apart` are no inputs."""
    if isinstance(request.data, QueryDict):
        return _from_form(request.data, request.FILES, job, by, apart, now)
    body = RunInput(data=request.data, context={"request": request, "now": now})
    body.is_valid(raise_exception=True)
    asked = body.validated_data
    return Asked(
        data=asked["data"],
        commit=asked.get("commit"),
        queue=asked.get("task_queue"),
        schedule=asked.get("schedule"),
        reason=asked.get("reason", ""),
    )


def _from_form(
    sent: QueryDict, uploads: Mapping[str, UploadedFile], job: Job, by: User, apart: Collection[str], now: datetime
) -> Asked:
    form = FormInput(data={name: sent[name] for name in CONTROLS if name in sent})
    form.is_valid(raise_exception=True)
    asked = form.validated_data
    schedule = form_schedule(asked, now=now)
    return Asked(
        data=form_values(sent, job, {*CONTROLS, *apart}),
        files=form_files(uploads, job, by=by, now=now),
        commit=asked.get("_commit"),
        queue=asked.get("_task_queue"),
        schedule=schedule,
        reason=asked.get("_reason", ""),
    )


def form_values(sent: QueryDict, job: Job, controls: Collection[str]) -> dict[str, Any]:
    """The parts that are values; a variable of several values takes every part of its name."""
    several = {spec["name"] for spec in job.variables if spec["type"] in SEVERAL_VALUES}
    names = [name for name in sent if name not in controls and not isinstance(sent[name], UploadedFile)]
    return {name: sent.getlist(name) if name in several else sent[name] for name in names}


def form_files(uploads: Mapping[str, UploadedFile], job: Job, *, by: User, now: datetime) -> dict[str, InputFile]:
    """The uploaded files of file variables, stored; those that no variable asks for are ignored, as in 1.x."""
    wanted = {spec["name"] for spec in job.variables if spec["type"] == "FileVar"}
    return {
        name: draft_input(name=upload.name or name, chunks=upload.chunks(), user=by, now=now)
        for name, upload in uploads.items()
        if name in wanted
    }
