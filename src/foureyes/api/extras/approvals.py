"""What 1.x does to a scheduled job: approve, deny, dry-run. The decisions themselves are those of all interfaces."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.result_shapes import ResultShape, full_result
from foureyes.api.extras.schedule_shapes import ScheduleShape, full_schedule
from foureyes.api.wire.links import links
from foureyes.api.wire.origin import origin_of
from foureyes.api.wire.views import NoOptions, WireView
from foureyes.approvals.by_schedule import approve_schedule, deny_schedule
from foureyes.approvals.dry_run import dry_run_schedule
from foureyes.catalog.refusals import refusal_to_run
from foureyes.models import ScheduledJob

NO_DRY_RUN = "This job cannot be dry-run at this time."
NOT_FORCED = frozenset({"", "0", "f", "false", "n", "no", "off"})
FORCE = OpenApiParameter("force", OpenApiTypes.STR, description="Approve although the start time has passed.")


class OneRequest(NoOptions, WireView):
    """Base of the views below the address of one scheduled job, which the account has to have the right for."""

    model = ScheduledJob
    serializer_class = ScheduleShape

    def rows(self) -> QuerySet[ScheduledJob]:
        """Those that 1.x has."""
        return ScheduledJob.objects.filter(listed=True).select_related("user", "job_model", "approved_by_user")


class Approve(OneRequest):
    """`POST .../scheduled-jobs/<id>/approve/`."""

    permission_action: ClassVar = "change"

    @extend_schema(
        operation_id="extras_scheduled_jobs_approve_create",
        request=None,
        parameters=[FORCE],
        responses={200: ScheduleShape},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The scheduled job, approved. What has been approved before, or needs no approval, stays as it is."""
        schedule = approve_schedule(
            schedule=self.get_object(),
            by=self.person,
            force=_is_forced(request),
            origin=origin_of(request),
            now=timezone.now(),
        )
        return Response(full_schedule(schedule, links(request)))


class Deny(OneRequest):
    """`POST .../scheduled-jobs/<id>/deny/`."""

    permission_action: ClassVar = "delete"

    @extend_schema(operation_id="extras_scheduled_jobs_deny_create", request=None, responses={200: None})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """200 without a body; for 1.x clients the scheduled job is gone."""
        schedule, now = self.get_object(), timezone.now()
        deny_schedule(schedule=schedule, by=self.person, origin=origin_of(request), now=now)
        return Response()


class DryRun(OneRequest):
    """`POST .../scheduled-jobs/<id>/dry-run/`."""

    permission_action: ClassVar = "view"

    @extend_schema(operation_id="extras_scheduled_jobs_dry_run_create", request=None, responses={200: ResultShape})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The result of a run with commit off, which begins now."""
        schedule = self.get_object()
        if schedule.job_model is None or refusal_to_run(schedule.job_model):
            raise MethodNotAllowed(NO_DRY_RUN)
        run = dry_run_schedule(schedule=schedule, by=self.person, now=timezone.now())
        return Response(full_result(run, links(request)) | {"computed_fields": {}})


def _is_forced(request: Request) -> bool:
    """Any text forces, as in 1.x, but for those that say no."""
    return request.query_params.get("force", "").strip().lower() not in NOT_FORCED
