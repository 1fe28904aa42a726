"""What schedules are going to do, and what a change of one would lead to. Nothing is changed here."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.plans import PreviewShape, Strict, preview_shape
from foureyes.api.own.schedule_shapes import schedule_head
from foureyes.api.own.schedules import EditBody, OwnSchedules, ScheduleFilters
from foureyes.api.wire.links import links
from foureyes.api.wire.serializers import InstantField, instant, maybe_instant
from foureyes.models import ScheduledJob
from foureyes.schedules.forecast import forecast
from foureyes.schedules.preview import MOST, preview_of_schedule
from foureyes.submission.foresee import Approval, Foreseen, foresee_edit, foresee_take_over

USUAL = 10


class ForeseenShape(serializers.Serializer):
    """The schedule as it would be, which parts of its content would differ, and what that means for its approval."""

    state = serializers.CharField()
    sentence = serializers.CharField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    requester = serializers.CharField()
    differs = serializers.ListField(child=serializers.CharField())
    approval = serializers.ChoiceField(choices=[str(one) for one in Approval])
    text = serializers.CharField()


def foreseen_shape(found: Foreseen) -> dict[str, Any]:
    """The keys of `ForeseenShape`."""
    return {
        "state": found.state,
        "sentence": found.sentence,
        "next_run_at": maybe_instant(found.next_run_at),
        "requester": found.requester,
        "differs": list(found.differs),
        "approval": str(found.approval),
        "text": found.text,
    }


class ForeseeEdit(OwnSchedules):
    """Tells what a change would lead to."""

    permission_action: ClassVar[str | None] = "change"

    @extend_schema(operation_id="schedules_foresee_edit_create", request=EditBody, responses=ForeseenShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The body is that of the change, and so are the refusals."""
        row, body = self.get_object(), EditBody(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        changes = {name: value for name, value in body.validated_data.items() if name != "reason"}
        found = foresee_edit(schedule=row, changes=changes, by=self.person, now=timezone.now())
        return Response(foreseen_shape(found))


class ForeseeTakeOver(OwnSchedules):
    """Tells what taking a schedule over would lead to."""

    permission_action: ClassVar[str | None] = "change"

    @extend_schema(operation_id="schedules_foresee_take_over_create", request=None, responses=ForeseenShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Refused as the take-over itself."""
        found = foresee_take_over(schedule=self.get_object(), by=self.person, now=timezone.now())
        return Response(foreseen_shape(found))


class CountQuery(Strict):
    """How many instants."""

    count = serializers.IntegerField(required=False, default=USUAL, min_value=1, max_value=MOST)


class Upcoming(OwnSchedules):
    """The next instants of a schedule."""

    @extend_schema(
        operation_id="schedules_upcoming_retrieve",
        parameters=[OpenApiParameter("count", int)],
        responses=PreviewShape,
        filters=False,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """From now on; those of a schedule that waits come true if it is approved in time."""
        query = CountQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        count = query.validated_data["count"]
        return Response(preview_shape(preview_of_schedule(self.get_object(), after=timezone.now(), count=count)))


class PeriodQuery(serializers.Serializer):
    """From when until when; filters of the list of schedules may stand beside it."""

    def get_fields(self) -> dict[str, Any]:
        """A word of Python is no name of an attribute."""
        return {"from": InstantField(), "to": InstantField()}


class PlannedShape(serializers.Serializer):
    """A schedule and its instants in the period; `more` of them follow."""

    schedule = serializers.DictField()
    instants = serializers.ListField(child=serializers.DateTimeField())
    more = serializers.IntegerField()


class ForecastShape(serializers.Serializer):
    """By the next instant; not `complete` if there are further schedules."""

    complete = serializers.BooleanField()
    planned = PlannedShape(many=True)


class Forecasts(OwnSchedules):
    """What is planned in a period, of all schedules that the person may view."""

    filterset_class = ScheduleFilters
    paging_parameters = ("from", "to")

    @extend_schema(
        operation_id="schedules_planned_retrieve",
        parameters=[OpenApiParameter("from", str, required=True), OpenApiParameter("to", str, required=True)],
        responses=ForecastShape,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What lies ahead; what has passed is in the ledger, but for what still waits for its approval."""
        query = PeriodQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        found = forecast(
            user=self.person,
            since=asked["from"],
            until=asked["to"],
            rows=self.filter_queryset(ScheduledJob.objects.all()),
        )
        to = links(request)
        planned = [
            {
                "schedule": schedule_head(one.schedule, to),
                "instants": [instant(at) for at in one.instants],
                "more": one.more,
            }
            for one in found.planned
        ]
        return Response({"complete": found.complete, "planned": planned})
