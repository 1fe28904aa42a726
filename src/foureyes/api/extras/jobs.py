"""Jobs: their rows, their variables, and the empty page of notes on them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.job_filters import JobFilters
from foureyes.api.extras.job_shapes import JobShape, VariableShape, in_source_order, wire_variable
from foureyes.api.extras.legacy import legacy_list
from foureyes.api.wire.nested import BriefJob
from foureyes.api.wire.views import Changes, Lists, Removes, Retrieves, WireView
from foureyes.catalog.edit import delete_jobs, edit_job
from foureyes.errors import Conflict
from foureyes.models import Job

BARE_LIST_VERSION = "1.2"


class JobView(Lists, Retrieves, Changes, Removes):
    """Jobs. They come from discovery, so there is no POST."""

    model = Job
    serializer_class = JobShape
    brief_serializer_class = BriefJob
    filterset_class = JobFilters

    def rows(self) -> QuerySet[Job]:
        """By grouping and name."""
        return Job.objects.in_order()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of rows; at version 1.2 the bare list of installed classes, neither filtered nor paged."""
        if request.version == BARE_LIST_VERSION:
            return Response(legacy_list(self.get_queryset(), request))
        return super().list(request, *args, **kwargs)

    def change(self, row: Job, data: dict[str, Any]) -> Job:
        """Switches and overrides."""
        return edit_job(job=row, changes=data, by=self.person, now=timezone.now())

    def remove(self, rows: Sequence[Job]) -> None:
        """Deletes the rows; classes that are still there are found again."""
        delete_jobs(jobs=rows, by=self.person, now=timezone.now())


class OneJob(WireView):
    """Base of the views below the address of one job."""

    model = Job
    serializer_class = JobShape

    def rows(self) -> QuerySet[Job]:
        """Any job."""
        return Job.objects.select_related("bundle").defer("bundle__archive")


class JobVariables(OneJob):
    """What a job wants to know."""

    permission_action: ClassVar = "view"

    @extend_schema(operation_id="extras_jobs_variables_list", responses=VariableShape(many=True), filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The variables, as they stand in the source."""
        job = self.get_object()
        if not job.installed or job.import_error:
            raise Http404
        return Response([wire_variable(spec) for spec in in_source_order(job.variables)])


class JobNotes(OneJob):
    """Notes on a job, which are not kept here: always none."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An empty page."""
        self.get_object()
        return Response({"count": 0, "next": None, "previous": None, "results": []})

    @extend_schema(exclude=True)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """409."""
        self.get_object()
        raise Conflict("Notes on jobs are not kept here.", code="notes_not_kept")
