"""Running a job: by id or name, and, as older clients do, by the path of its class."""

from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiRequest, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.job_shapes import ClassShape, class_shape
from foureyes.api.extras.jobs import OneJob
from foureyes.api.extras.legacy import CLASS_PATH, OneClass
from foureyes.api.extras.result_shapes import BriefResult, full_result
from foureyes.api.extras.run_input import RunInput, read_run
from foureyes.api.extras.schedule_input import refused_interval
from foureyes.api.wire.links import links
from foureyes.api.wire.nested import BriefSchedule, brief_result, brief_schedule
from foureyes.api.wire.parsers import WireJSONParser, WireMultiPartParser
from foureyes.api.wire.views import NoOptions, WireView
from foureyes.catalog.refusals import refusal_to_run, refusal_to_schedule
from foureyes.errors import Conflict, Invalid
from foureyes.models import Job
from foureyes.submission.submit import Submitted, submit

JOB_SENSITIVE = "job_sensitive"


class RunAnswer(serializers.Serializer):
    """What became of a request: exactly one of the two is there."""

    schedule = BriefSchedule(allow_null=True)
    job_result = BriefResult(allow_null=True)


class Runs(NoOptions, WireView):
    """Base of the views that run a job."""

    permission_action: ClassVar = "run"
    parser_classes = (WireJSONParser, WireMultiPartParser)

    def submitted(self, request: Request) -> tuple[Job, Submitted]:
        """Asks for the run that the request describes."""
        job, now = self.get_object(), timezone.now()
        _demand_runnable(request, job)
        asked = read_run(request, job, by=self.person, now=now)
        try:
            done = submit(
                job=job,
                by=self.person,
                data=asked.data,
                files=asked.files,
                commit=asked.commit,
                queue=asked.queue,
                schedule=asked.schedule,
                reason=asked.reason or None,  # clients of 1.x have no place for one
                now=now,
            )
        except Invalid as refusal:
            if refusal.code == JOB_SENSITIVE and refusal.fields:  # a secret variable of a job that can be scheduled
                raise ValidationError({"errors": refusal.fields}) from refusal
            raise
        return job, done


def _demand_runnable(request: Request, job: Job) -> None:
    """Recorded order: why this job cannot run, or not be stored for later, comes before what is wrong with a body."""
    refusal = refusal_to_schedule(job)
    if refusal and refusal.code == JOB_SENSITIVE:
        if wrong := refused_interval(request.data, refusal.message):
            raise wrong
        refusal = refusal_to_run(job)
    if refusal:
        raise refusal


class RunJob(Runs, OneJob):
    """`POST .../jobs/<id>/run/`; newer clients name the job instead of its id."""

    def get_object(self) -> Job:
        """The job of this id, or the only one of this name."""
        reference = self.kwargs[self.lookup_url_kwarg]
        try:
            job: Job = super().get_object()
        except Http404:
            named = list(self.get_queryset().filter(name=reference)[:2]) if "\0" not in reference else []
            if not named:
                raise
            if len(named) > 1:
                sentence = f"Several jobs have the name “{reference}”; give the id of one."
                raise Conflict(sentence, code="job_ambiguous") from None
            job = named[0]
        return job

    @extend_schema(
        operation_id="extras_jobs_run_create",
        request={"application/json": RunInput, "multipart/form-data": OpenApiRequest(RunInput)},
        responses={201: RunAnswer},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the brief form of the result, or of the scheduled job that waits."""
        to = links(request)
        _, done = self.submitted(request)
        result = brief_result(done.job_result, to) if done.job_result else None
        return Response({"schedule": brief_schedule(done.schedule, to), "job_result": result}, status=201)


class RunClass(Runs, OneClass):
    """`POST .../jobs/<source>/<module>/<Class>/run/`."""

    @extend_schema(
        operation_id="extras_jobs_run_deprecated",
        deprecated=True,
        parameters=[CLASS_PATH],
        request=RunInput,
        responses={200: ClassShape},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """200 with the class; `result` is the new one, and missing if the request waits as a scheduled job."""
        to = links(request)
        job, done = self.submitted(request)
        shown = class_shape(job, to, None)
        if done.job_result:
            shown["result"] = full_result(done.job_result, to) | {"computed_fields": {}}
        else:
            del shown["result"]
        return Response(shown)
