"""Plans as they are sent: when something runs. Whether a plan makes sense is the word of `schedules`.

What is not known is refused: a misspelled limit that is ignored is a schedule without a limit.
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.views import OwnView
from foureyes.api.wire.serializers import InstantField, instant
from foureyes.conf import get_conf
from foureyes.models import ScheduledJob
from foureyes.schedules.plan import plan_of
from foureyes.schedules.preview import MOST, preview_of
from foureyes.triggers import Preview

CRONTAB_LENGTH, ZONE_LENGTH = 255, 64


NO_FIELD = "This is no field that can be sent here."


class Strict(serializers.Serializer):
    """A body in which every key means something."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; 400 for keys that are none of the fields."""
        if isinstance(data, Mapping) and (unknown := [str(name) for name in data if name not in self.fields]):
            raise serializers.ValidationError({name: [NO_FIELD] for name in unknown})
        return super().to_internal_value(data)


class PlanBody(Strict):
    """When something runs; what is not sent has its default."""

    interval = serializers.ChoiceField(choices=ScheduledJob.Interval.choices)
    crontab = serializers.CharField(required=False, allow_blank=True, max_length=CRONTAB_LENGTH)
    time_zone = serializers.CharField(required=False, max_length=ZONE_LENGTH)
    day_rule = serializers.ChoiceField(required=False, choices=ScheduledJob.DayRule.choices)
    gap = serializers.ChoiceField(required=False, choices=ScheduledJob.Gap.choices)
    fold = serializers.ChoiceField(required=False, choices=ScheduledJob.Fold.choices)
    start_time = InstantField(required=False)
    end_time = InstantField(required=False, allow_null=True)
    max_runs = serializers.IntegerField(required=False, allow_null=True)
    jitter_seconds = serializers.IntegerField(required=False)
    misfire = serializers.ChoiceField(required=False, choices=ScheduledJob.Misfire.choices)
    misfire_limit = serializers.IntegerField(required=False, allow_null=True)
    latest_start_seconds = serializers.IntegerField(required=False, allow_null=True)
    overlap = serializers.ChoiceField(required=False, choices=ScheduledJob.Overlap.choices)


def with_defaults(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A new plan, with what this installation says where the sender does not."""
    return {"day_rule": get_conf().cron_day_rule, **sent}


class PreviewBody(PlanBody):
    """A plan, and how many instants to show."""

    count = serializers.IntegerField(required=False, default=10, min_value=0, max_value=MOST)


class PreviewInstant(serializers.Serializer):
    """One instant, in UTC and on the clock of the plan's zone."""

    utc = serializers.DateTimeField()
    local = serializers.DateTimeField()
    offset = serializers.CharField()


class PreviewNote(serializers.Serializer):
    """Something worth knowing before the plan is stored."""

    code = serializers.CharField()
    text = serializers.CharField()


class PreviewShape(serializers.Serializer):
    """What a plan will do."""

    sentence = serializers.CharField()
    instants = PreviewInstant(many=True)
    notes = PreviewNote(many=True)


def preview_shape(shown: Preview) -> dict[str, Any]:
    """The keys of `PreviewShape`."""
    return {
        "sentence": shown.sentence,
        "instants": [
            {"utc": instant(one.instant), "local": one.local.isoformat(), "offset": one.local.isoformat()[-6:]}
            for one in shown.instants
        ],
        "notes": [{"code": note.code, "text": note.text} for note in shown.notes],
    }


class PreviewPlan(OwnView):
    """Shows what a plan would do. Nothing is stored, so everybody may ask."""

    @extend_schema(operation_id="schedules_preview_create", request=PreviewBody, responses=PreviewShape)
    def post(self, request: Request) -> Response:
        """The sentence, the next instants and the notes; what cannot be stored is refused as at storing."""
        body = PreviewBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = dict(body.validated_data)
        count = sent.pop("count")
        return Response(preview_shape(preview_of(plan_of(with_defaults(sent)), after=timezone.now(), count=count)))
