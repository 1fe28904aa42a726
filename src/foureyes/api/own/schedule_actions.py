"""What is done to schedules other than changing them: one address for each, and one for many schedules at once."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.plans import Strict
from foureyes.api.own.run_shapes import run_shape
from foureyes.api.own.schedule_shapes import ScheduleState
from foureyes.api.own.schedules import NAME_LENGTH, OwnSchedules
from foureyes.api.wire.links import links
from foureyes.approvals.reasons import LONGEST_REASON
from foureyes.models import JobResult, ScheduledJob
from foureyes.runs.queries import with_counts
from foureyes.schedules.control import Outcome, cancel, in_bulk, pause, resume, skip_next
from foureyes.submission.edit import SCHEDULE_ACTIONS, clone_schedule, run_schedule_now, take_over_schedule

MOST_AT_ONCE = 1000
WITH_REASON = ("clone", "run-now", "take-over")


class PauseBody(Strict):
    """Why; it stands in the ledger beside every instant that passes."""

    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class ReasonBody(Strict):
    """Why, for those who approve; a gated job needs it."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST_REASON)


class CloneBody(ReasonBody):
    """The same, and what to call the copy."""

    name = serializers.CharField(required=False, max_length=NAME_LENGTH)


class BulkBody(Strict):
    """What to do to which schedules; `note` is for a pause, `reason` for what may need an approval."""

    action = serializers.ChoiceField(choices=[name.replace("_", "-") for name in SCHEDULE_ACTIONS])
    ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)

    def options(self) -> dict[str, str]:
        """What the action takes besides the schedule; 400 for what it does not know."""
        asked = self.validated_data
        if "note" in asked and asked["action"] != "pause":
            raise serializers.ValidationError({"note": ["Only a pause has a note."]})
        if asked["action"] in WITH_REASON:
            return {"reason": asked.get("reason", "")}
        if "reason" in asked:
            raise serializers.ValidationError({"reason": [f"Only {', '.join(WITH_REASON)} take a reason."]})
        return {"note": asked["note"]} if "note" in asked else {}


class OutcomeShape(serializers.Serializer):
    """What came of one schedule."""

    id = serializers.UUIDField()
    ok = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField()


class OutcomesShape(serializers.Serializer):
    """What came of each, in the order in which they were named."""

    results = OutcomeShape(many=True)


class OneSchedule(OwnSchedules):
    """Base of the views below the address of one schedule."""

    permission_action: ClassVar[str | None] = "change"

    def done(self, act: Callable[..., ScheduledJob], **options: Any) -> Response:
        """Does it, and shows the schedule as it is then."""
        changed = act(schedule=self.get_object(), by=self.person, now=timezone.now(), **options)
        return Response(self.shape_of(changed))


class Pause(OneSchedule):
    """Lets the instants of a schedule pass."""

    @extend_schema(request=PauseBody, responses=ScheduleState)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schedule, paused; each instant that passes gets a line in the ledger."""
        body = PauseBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.done(pause, note=body.validated_data["note"])


class Resume(OneSchedule):
    """Lets a paused schedule go on."""

    @extend_schema(request=None, responses=ScheduleState)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schedule; what has passed never runs."""
        return self.done(resume)


class SkipNext(OneSchedule):
    """Lets the next instant pass, ahead of time."""

    @extend_schema(request=None, responses=ScheduleState)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schedule with the instant after it."""
        return self.done(skip_next)


class Cancel(OneSchedule):
    """Ends a schedule for good."""

    @extend_schema(request=None, responses=ScheduleState)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schedule, cancelled; it stays in sight here, and 1.x clients see it no more."""
        return self.done(cancel)


class TakeOver(OneSchedule):
    """Makes the person who asks the requester of a schedule that has none who counts."""

    @extend_schema(request=ReasonBody, responses=ScheduleState)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The schedule, which is now asked for by that person."""
        row, body = self.get_object(), ReasonBody(data=request.data)
        body.is_valid(raise_exception=True)
        taken = take_over_schedule(schedule=row, by=self.person, now=timezone.now(), **body.validated_data)
        return Response(self.shape_of(taken.schedule))


class Clone(OneSchedule):
    """Stores the same again. It needs the right to run the job, and to see the schedule."""

    permission_action: ClassVar[str | None] = "view"

    @extend_schema(request=CloneBody, responses={201: ScheduleState})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the new schedule."""
        row = self.get_object()
        body = CloneBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = clone_schedule(schedule=row, by=self.person, now=timezone.now(), **body.validated_data).schedule
        shown = self.shape_of(made)
        return Response(shown, status=201, headers={"Location": shown["url"]})


class RunNow(OneSchedule):
    """Runs what a schedule runs, at once. It needs the right to run the job, and to see the schedule."""

    permission_action: ClassVar[str | None] = "view"

    @extend_schema(request=ReasonBody, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the run; the plan stays as it is. Of a gated job 202 with the schedule that waits for approval."""
        row, body = self.get_object(), ReasonBody(data=request.data)
        body.is_valid(raise_exception=True)
        done = run_schedule_now(schedule=row, by=self.person, now=timezone.now(), **body.validated_data)
        if done.schedule:
            return Response(self.shape_of(done.schedule), status=202)
        runs = with_counts(JobResult.objects.filter(pk=cast(JobResult, done.job_result).pk))
        return Response(run_shape(runs.get(), links(request)), status=201)


class Bulk(OneSchedule):
    """Does the same to many schedules, each on its own. The rights are those of the single action, for each of them."""

    permission_action: ClassVar[str | None] = "view"

    @extend_schema(operation_id="schedules_bulk_create", request=BulkBody, responses=OutcomesShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What came of each; what is refused for one is done for the others."""
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        outcomes = in_bulk(
            action=asked["action"].replace("-", "_"),
            ids=asked["ids"],
            by=self.person,
            now=timezone.now(),
            actions=SCHEDULE_ACTIONS,
            **body.options(),
        )
        return Response({"results": [_shape(outcome) for outcome in outcomes]})


def _shape(outcome: Outcome) -> dict[str, Any]:
    return {"id": str(outcome.id), "ok": outcome.ok, "code": outcome.code, "detail": outcome.message}
