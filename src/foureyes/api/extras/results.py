"""Results of jobs, and the log of one of them."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.result_filters import LineFilters, ResultFilters
from foureyes.api.extras.result_shapes import (
    LINE_COLUMNS,
    BriefResult,
    LineOfResult,
    LineShape,
    ResultShape,
    line_of_result,
)
from foureyes.api.wire.links import Links, links
from foureyes.api.wire.views import Lists, Removes, Retrieves, WireView
from foureyes.models import JobLogEntry, JobResult
from foureyes.runs.delete import delete_runs

CHUNK = 1000
# What the shapes show: a row of a job has its variables too, which would be read for each result.
SHOWN = (
    "name",
    "status",
    "created",
    "completed",
    "data",
    "job_kwargs",
    "purpose",
    *(f"job_model__{name}" for name in ("source", "module_name", "job_class_name", "grouping", "name", "slug")),
    "user__username",
    *(f"schedule__{name}" for name in ("name", "start_time", "interval", "crontab")),
)


class ResultView(Lists, Retrieves, Removes):
    """Results. They come from runs, and nobody changes them."""

    model = JobResult
    serializer_class = ResultShape
    brief_serializer_class = BriefResult
    filterset_class = ResultFilters

    def rows(self) -> QuerySet[JobResult]:
        """The newest first."""
        return JobResult.objects.shown().select_related("job_model", "user", "schedule").only(*SHOWN).newest_first()

    def remove(self, rows: Sequence[JobResult]) -> None:
        """Deletes them, or hides what is evidence."""
        delete_runs(runs=rows, by=self.person, now=timezone.now())


class ResultLog(WireView):
    """The whole log of one result, as one list."""

    model = JobResult
    serializer_class = LineOfResult
    permission_action: ClassVar = "view"

    @extend_schema(operation_id="extras_job_results_logs_retrieve", responses=LineOfResult(many=True), filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | StreamingHttpResponse:
        """The lines in order. A long log is streamed, so that it needs no more memory than a short one."""
        lines = _lines(self.get_object(), links(request))
        first = list(islice(lines, CHUNK + 1))
        if len(first) <= CHUNK:
            return Response(first)
        return StreamingHttpResponse(_as_json(chain(first, lines)), content_type="application/json")


def _lines(result: JobResult, to: Links) -> Iterator[dict[str, Any]]:
    """The lines, read in pieces by the position of the last one: no cursor and no transaction stays open."""
    rows = JobLogEntry.objects.filter(job_result=result).order_by("sequence").values_list(*LINE_COLUMNS)
    position = -1
    while piece := list(rows.filter(sequence__gt=position)[:CHUNK]):
        yield from (line_of_result(columns, to) for columns in piece)
        position = piece[-1][0]


def _as_json(lines: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """The list as JSON, some hundred lines at a time."""
    start = b"["
    while piece := list(islice(lines, CHUNK)):
        text = json.dumps(piece, ensure_ascii=False, separators=(",", ":"))
        yield start + text[1:-1].encode()
        start = b","
    yield b"]"


class LineView(Lists, Retrieves):
    """Log lines of all runs."""

    model = JobLogEntry
    serializer_class = LineShape
    filterset_class = LineFilters

    def rows(self) -> QuerySet[JobLogEntry]:
        """By run, then as they came. Ids of runs grow with time; this is the order of an index, which time is not."""
        hidden = JobResult.objects.filter(hidden_at__isnull=False)
        return JobLogEntry.objects.exclude(job_result__in=hidden).order_by("job_result_id", "sequence")
