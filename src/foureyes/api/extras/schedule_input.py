"""When a job is to run, as the body of a run tells it: the rules of 1.x in its order and with its texts."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from foureyes.api.wire.serializers import InstantField
from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import ScheduledJob
from foureyes.schedules.plan import plan_of

Interval = ScheduledJob.Interval
FORM_PREFIX = "_schedule_"
MARGIN = timedelta(seconds=15)  # of 1.x clients, whose clock may be wrong; elsewhere a start may be now
NAME_LENGTH = ScheduledJob._meta.get_field("name").max_length
CRONTAB_LENGTH = ScheduledJob._meta.get_field("crontab").max_length
NO_NAME = "Please provide a name for the job schedule."
NO_START = "Please enter a valid date and time greater than or equal to the current date and time."
NO_CRONTAB = "Please enter a valid crontab."


class ScheduleInput(serializers.Serializer):
    """When: only the interval is always needed. `now` comes with the context."""

    name = serializers.CharField(required=False, max_length=NAME_LENGTH)
    start_time = InstantField(required=False)
    interval = serializers.ChoiceField(choices=Interval.choices)
    crontab = serializers.CharField(required=False, allow_blank=True, max_length=CRONTAB_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The settings of a plan, or the first thing that is wrong with them."""
        if attrs["interval"] == Interval.IMMEDIATELY:
            return {"interval": Interval.IMMEDIATELY.value}
        now: datetime = self.context["now"]
        if wrong := next(_wrong(attrs, now), None):
            raise ValidationError({wrong[0]: [wrong[1]]})
        settings = attrs | {"day_rule": get_conf().cron_day_rule}
        try:
            plan_of(settings).trigger(now=now, jitter_key=None)
        except Invalid as refusal:
            raise ValidationError(refusal.fields) from refusal
        return settings


class FormSchedule(ScheduleInput):
    """The same from a form, where 1.x writes the wrong choice without quotes."""

    interval = serializers.ChoiceField(
        choices=Interval.choices, error_messages={"invalid_choice": "{input} is not a valid choice."}
    )


def _wrong(attrs: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, str]]:
    is_custom = attrs["interval"] == Interval.CUSTOM
    start = attrs.get("start_time")
    if "name" not in attrs:
        yield "name", NO_NAME
    if (start is None and not is_custom) or (start is not None and start < now + MARGIN):
        yield "start_time", NO_START
    if is_custom and "crontab" not in attrs:
        yield "crontab", NO_CRONTAB


def form_schedule(parts: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any] | None:
    """The schedule that a form's parts make; its errors are told under the names of the parts."""
    named = {name: value for name, value in parts.items() if name.startswith(FORM_PREFIX)}
    if not named:
        return None
    schedule = FormSchedule(
        data={name.removeprefix(FORM_PREFIX): value for name, value in named.items()}, context={"now": now}
    )
    if not schedule.is_valid():
        raise ValidationError({f"{FORM_PREFIX}{name}": texts for name, texts in schedule.errors.items()})
    found: Mapping[str, Any] = schedule.validated_data
    return found


def refused_interval(body: Any, sentence: str) -> ValidationError | None:
    """The sentence as an error of the interval, if the body names one other than `immediately`; None: it does not.

    The body is not checked yet: 1.x refuses to store secrets before it looks at anything else.
    """
    if isinstance(body, QueryDict):
        name = f"{FORM_PREFIX}interval"
        later = body.get(name, Interval.IMMEDIATELY) != Interval.IMMEDIATELY
        return ValidationError({name: [sentence]}) if later else None
    later = _object(_object(body).get("schedule")).get("interval", Interval.IMMEDIATELY) != Interval.IMMEDIATELY
    return ValidationError({"schedule": {"interval": [sentence]}}) if later else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
