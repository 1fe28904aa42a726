"""Jobs beyond 1.x: a run with a reason, a dry run, the source that a run would execute, and all about the variables."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.job_shapes import JobShape
from foureyes.api.extras.run_input import RunInput, read_run
from foureyes.api.extras.schedule_input import ScheduleInput
from foureyes.api.own.approval_shapes import RequestShape, short_request
from foureyes.api.own.plans import NO_FIELD
from foureyes.api.own.run_shapes import run_shape
from foureyes.api.own.schedule_shapes import ScheduleState, schedule_shape
from foureyes.api.own.shapes import source_shape
from foureyes.api.own.terms import TERMS_PARTS, TermsBody, terms_sent
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.links import links
from foureyes.api.wire.parsers import WireJSONParser, WireMultiPartParser
from foureyes.approvals.review import risk
from foureyes.catalog.choices import variables_with_choices
from foureyes.catalog.notes import notes_of
from foureyes.models import Job, JobResult
from foureyes.runs.queries import with_counts
from foureyes.schedules.queries import plain_warning_of
from foureyes.submission.submit import dry_run, submit

NO_SETTING = f"{NO_FIELD} Schedules with more settings are made at /api/schedules/."


class OneJob(OwnRows):
    """Base of the views below the address of one job."""

    model = Job
    serializer_class = JobShape
    permission_action: ClassVar[str | None] = "view"

    def rows(self) -> QuerySet[Job]:
        """Any job."""
        return Job.objects.select_related("bundle")


class NoteShape(serializers.Serializer):
    """Something to know about a job."""

    code = serializers.CharField()
    text = serializers.CharField()


class OwnJobShape(serializers.Serializer):
    """A job with what 1.x does not tell."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    gated = serializers.BooleanField()
    approval_required = serializers.BooleanField()
    uses_database = serializers.BooleanField()
    source_digest = serializers.CharField(allow_null=True)
    import_error = serializers.CharField()
    notes = NoteShape(many=True)


class OwnJob(OneJob):
    """A job beyond its row in 1.x."""

    @extend_schema(operation_id="jobs_retrieve", responses=OwnJobShape, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether its runs need a grant, which source they execute, and what to know about it."""
        job = self.get_object()
        return Response(
            {
                "id": str(job.pk),
                "name": job.name,
                "slug": job.slug,
                "gated": job.gated,
                "approval_required": job.approval_required,
                "uses_database": job.uses_database,
                "source_digest": job.bundle_id,
                "import_error": job.import_error,
                "notes": [asdict(note) for note in notes_of(job)],
            }
        )


class JobRunShape(serializers.Serializer):
    """What came of it: a run, or a schedule, with a request if somebody has to approve it first."""

    job_result = serializers.DictField(allow_null=True)
    schedule = ScheduleState(allow_null=True)
    request = RequestShape(allow_null=True)


class RunBody(RunInput, TermsBody):
    """A run, with the terms of its request if it needs one."""


def demand_known(sent: Any, body: type[serializers.Serializer]) -> None:
    """400 for keys that mean nothing: what somebody spelled wrong would be done otherwise than meant.

    Parts of a form are inputs, which are checked with the others.
    """
    if isinstance(sent, QueryDict) or not isinstance(sent, Mapping):
        return
    wrong: dict[str, Any] = {str(name): [NO_FIELD] for name in sent if name not in body().fields}
    schedule = sent.get("schedule")
    if isinstance(schedule, Mapping) and (more := [name for name in schedule if name not in ScheduleInput().fields]):
        wrong["schedule"] = {str(name): [NO_SETTING] for name in more}
    if wrong:
        raise serializers.ValidationError(wrong)


class RunJob(OneJob):
    """Runs a job, now or later."""

    permission_action: ClassVar[str | None] = "run"
    parser_classes = (WireJSONParser, WireMultiPartParser)

    @extend_schema(operation_id="jobs_run_create", request=RunBody, responses={201: JobRunShape})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with what came of it. The body is that of a run in 1.x, no more; a gated job needs a `reason` as well.

        `decide_within_seconds` and `decide_before_start`: how long its request waits for a decision.
        """
        job, now, to = self.get_object(), timezone.now(), links(request)
        demand_known(request.data, RunBody)
        asked = read_run(request, job, by=self.person, apart=TERMS_PARTS, now=now)
        done = submit(
            job=job,
            by=self.person,
            data=asked.data,
            files=asked.files,
            commit=asked.commit,
            queue=asked.queue,
            schedule=asked.schedule,
            reason=asked.reason,
            terms=terms_sent(request),
            now=now,
        )
        run, row = done.job_result, done.schedule
        shown = {
            "job_result": run_shape(with_counts(JobResult.objects.filter(pk=run.pk)).get(), to) if run else None,
            "schedule": schedule_shape(row, to, warning=plain_warning_of(row)) if row else None,
            "request": short_request(done.request, to, risk=risk(done.request), now=now) if done.request else None,
        }
        return Response(shown, status=201)


class DryRun(OneJob):
    """Runs a job with commit off."""

    permission_action: ClassVar[str | None] = "run"
    parser_classes = (WireJSONParser, WireMultiPartParser)

    @extend_schema(operation_id="jobs_dry_run_create", request=RunInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the run. The body is that of a run; `commit` and `schedule` mean nothing here."""
        job, now = self.get_object(), timezone.now()
        demand_known(request.data, RunBody)
        asked = read_run(request, job, by=self.person, now=now)
        run = dry_run(job=job, by=self.person, data=asked.data, files=asked.files, queue=asked.queue, now=now)
        return Response(run_shape(with_counts(JobResult.objects.filter(pk=run.pk)).get(), links(request)), status=201)


class JobSource(OneJob):
    """The source that a run of this job would execute now."""

    @extend_schema(operation_id="jobs_source_retrieve", responses=OpenApiTypes.OBJECT, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Digest and files."""
        bundle = self.get_object().bundle
        if bundle is None:
            raise Http404
        return Response(source_shape(bundle))


# Each type of variable has options of its own, which the guide for authors lists.
VARIABLES = {"type": "array", "items": {"type": "object", "additionalProperties": {}}}


class FullVariables(OneJob):
    """The variables of a job."""

    @extend_schema(operation_id="jobs_variables_list", responses={200: VARIABLES}, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All options, with the choices that functions give now."""
        return Response(variables_with_choices(job=self.get_object(), now=timezone.now()))
