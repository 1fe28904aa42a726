"""Runs: lists, one run with its lines, changes and files, and cancelling."""

from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.paging import page, page_limit
from foureyes.api.own.run_shapes import (
    RunShape,
    change_shape,
    line_shape,
    run_shape,
)
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.filters import ChoiceFilter, IdFilter, InstantFilter, RelatedFilter, TextFilter, WireFilterSet
from foureyes.api.wire.links import links
from foureyes.api.wire.permissions import SignedIn
from foureyes.api.wire.serializers import instant
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import JobLogEntry, JobResult, OutputFile, RunChange
from foureyes.processes.headers import INERT
from foureyes.runs.cancel import cancel
from foureyes.runs.files import content_path
from foureyes.runs.queries import log_lines, with_counts
from foureyes.users.permissions import restrict


class RunFilters(WireFilterSet):
    """By job (id or slug), person (id or name), schedule, and state."""

    job = RelatedFilter("job_model", name_path="job_model__slug")
    status = ChoiceFilter(choices=JobResult.Status.choices)
    user = RelatedFilter("user", name_path="user_name")
    purpose = ChoiceFilter(choices=JobResult.Purpose.choices)
    queue = TextFilter(lookups={})
    schedule = IdFilter(field_name="schedule_id", lookups={})
    created = InstantFilter()


class RunView(OwnRows, Lists, Retrieves):
    """Runs, the newest first."""

    model = JobResult
    serializer_class = RunShape
    filterset_class = RunFilters
    cursor_fields = ("created", "pk")

    def rows(self) -> QuerySet[JobResult]:
        """With all that is shown, in one query."""
        return with_counts(JobResult.objects.shown()).newest_first()


class OneRun(OwnRows):
    """Base of the views below the address of one run."""

    model = JobResult
    serializer_class = RunShape
    permission_action: ClassVar[str | None] = "view"

    def rows(self) -> QuerySet[JobResult]:
        """Any run that is not hidden."""
        return JobResult.objects.shown()


class CancelRun(OneRun):
    """Ends a run."""

    permission_classes = (SignedIn,)

    def get_queryset(self) -> QuerySet[JobResult]:
        """What the person may view, and what the person asked for."""
        mine = self.rows().filter(user=self.person)
        return restrict(self.rows(), user=self.person, action="view") | mine

    @extend_schema(operation_id="runs_cancel_create", request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The run, which has ended or will soon."""
        run = cancel(run=self.get_object(), by=self.person, now=timezone.now())
        return Response(run_shape(with_counts(JobResult.objects.filter(pk=run.pk)).get(), links(request)))


class RunLines(OneRun):
    """The log, a piece at a time."""

    @extend_schema(
        operation_id="runs_logs_list",
        parameters=[
            OpenApiParameter("after", int, description="Only lines after this sequence number."),
            OpenApiParameter("limit", int),
            OpenApiParameter("level", str, enum=JobLogEntry.Level.values),
        ],
        responses=OpenApiTypes.OBJECT,
        filters=False,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lines; `next` is what `after` must be for the following piece, null if there was none yet."""
        limit = page_limit(request)
        lines = log_lines(run_id=self.get_object().pk, after=_after(request), limit=limit, level=_level(request))
        following = lines[-1].sequence if len(lines) == limit else None
        return Response({"next": following, "results": [line_shape(line) for line in lines]})


class RunChanges(OneRun):
    """The changes that a run made, or would have made."""

    @extend_schema(operation_id="runs_changes_list", responses=OpenApiTypes.OBJECT, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes in order; paged as lines are."""
        limit = page_limit(request)
        found = RunChange.objects.filter(job_result=self.get_object(), sequence__gt=_after(request))
        rows = list(found.order_by("sequence")[: limit + 1])
        following = None
        if len(rows) > limit:
            address = request.build_absolute_uri(request.path)
            following = f"{address}?after={rows[limit - 1].sequence}&limit={limit}"
        return Response(page([change_shape(change) for change in rows[:limit]], following=following))


class RunFiles(OneRun):
    """The files that a run made."""

    @extend_schema(operation_id="runs_files_list", responses=OpenApiTypes.OBJECT, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All of them, by name."""
        run, to = self.get_object(), links(request)
        files = OutputFile.objects.filter(job_result=run).order_by("name")
        return Response(page([_file_shape(file, f"{to.root}runs/{run.pk}/files/") for file in files]))


class RunFile(OneRun):
    """The content of one file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever fetches a file takes what it is; errors are JSON."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @extend_schema(
        operation_id="runs_files_retrieve",
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH)],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        filters=False,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """A download that no browser opens as a page."""
        file = OutputFile.objects.filter(job_result=self.get_object(), name=kwargs["name"]).first()
        path = content_path(file.sha256) if file else None
        if file is None or path is None or not path.exists():
            raise Http404
        answer = FileResponse(path.open("rb"), as_attachment=True, filename=file.name, content_type=file.media_type)
        answer["Content-Security-Policy"] = INERT
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def _file_shape(file: OutputFile, folder: str) -> dict[str, Any]:
    return {
        "id": str(file.pk),
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "created": instant(file.created),
        "url": f"{folder}{quote(file.name, safe='')}/",
    }


def _after(request: Request) -> int:
    try:
        return int(request.query_params.get("after", "-1"))
    except ValueError:
        raise ValidationError({"after": ["Enter a whole number."]}) from None


def _level(request: Request) -> str:
    level = request.query_params.get("level", "")
    if level and level not in JobLogEntry.Level.values:
        raise ValidationError({"level": [f"Select a valid choice. {level} is not one of the available choices."]})
    return level
