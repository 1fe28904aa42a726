"""The forms of version 1.2, in which a job is its class: the bare list, and the addresses by class path."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.job_shapes import ClassShape, class_shape
from foureyes.api.extras.result_shapes import full_result
from foureyes.api.wire.links import links
from foureyes.api.wire.nested import brief_result
from foureyes.api.wire.views import WireView
from foureyes.models import Job, JobResult

CLASS_PATH = OpenApiParameter("class_path", OpenApiTypes.STR, OpenApiParameter.PATH, description="source/module/Class")


def legacy_list(jobs: QuerySet[Job], request: Request) -> list[dict[str, Any]]:
    """The installed classes among `jobs`, with their newest ended results; two queries."""
    rows = jobs.filter(installed=True)
    results = latest_results(rows)
    to = links(request)
    return [class_shape(job, to, brief_result(results[job.pk], to) if job.pk in results else None) for job in rows]


def latest_results(jobs: QuerySet[Job]) -> dict[UUID | None, JobResult]:
    """The newest ended result of each job that has one, by the job's id."""
    ended = JobResult.objects.shown().filter(job_model=OuterRef("pk"), completed__isnull=False).newest_first()
    newest = jobs.order_by().values(newest=Subquery(ended.values("pk")[:1]))
    found = JobResult.objects.filter(pk__in=newest).select_related("user")
    return {result.job_model_id: result for result in found}


class OneClass(WireView):
    """Base of the views by class path."""

    model = Job
    serializer_class = ClassShape

    def get_object(self) -> Job:
        """The job of that class, while it can be loaded."""
        source, module, name = self.kwargs["class_path"].split("/")
        found = self.get_queryset().filter(source=source, module_name=module, job_class_name=name)
        job: Job | None = found.first()
        if job is None:
            raise Http404
        return job


class ClassDetail(OneClass):
    """One class."""

    permission_action: ClassVar = "view"

    @extend_schema(
        operation_id="extras_jobs_read_deprecated",
        deprecated=True,
        parameters=[CLASS_PATH],
        responses=ClassShape,
        filters=False,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The class, with its newest ended result in full."""
        job = self.get_object()
        if not job.installed or job.import_error:
            raise Http404
        to = links(request)
        ended = JobResult.objects.shown().filter(job_model=job, completed__isnull=False)
        result = ended.select_related("user", "job_model", "schedule").newest_first().first()
        return Response(class_shape(job, to, full_result(result, to) if result else None))
