"""The shape of a schedule beyond 1.x, written out by hand: its list is a hot one."""

from typing import Any, ClassVar

from rest_framework import serializers

from foureyes.api.own.run_shapes import RunJobShape, RunUserShape
from foureyes.api.own.shapes import short_job
from foureyes.api.wire.links import Links, links
from foureyes.api.wire.serializers import WireSerializer, instant, maybe_instant
from foureyes.models import ScheduledJob
from foureyes.schedules.plan import PLAN_FIELDS
from foureyes.schedules.preview import sentence_of
from foureyes.schedules.queries import plain_warning_of

INSTANTS = ("start_time", "end_time", "next_run_at", "last_run_at", "created", "date_changed")
# A row of a job has its variables too, which would be read for each schedule.
JOB_FIELDS = (
    "name",
    "slug",
    "enabled",
    "installed",
    "import_error",
    "bundle",
    "task_queues",
    "gated",
    "approval_required",
    "has_sensitive_variables",
    "is_job_hook_receiver",
    "uses_database",
)
SHOWN = (
    *(field.name for field in ScheduledJob._meta.concrete_fields),
    *(f"job_model__{name}" for name in JOB_FIELDS),
    "user__username",
    "user__is_active",
)


def schedule_shape(schedule: ScheduledJob, to: Links, *, warning: str | None) -> dict[str, Any]:
    """A schedule (with `SHOWN` of it read) with everything there is to tell."""
    plan = {name: getattr(schedule, name) for name in PLAN_FIELDS}
    shown = {
        "id": str(schedule.pk),
        "url": f"{to.root}schedules/{schedule.pk}/",
        "name": schedule.name,
        "description": schedule.description,
        "job": short_job(schedule.job_model, to),
        "job_class": schedule.job_class,
        "state": schedule.state,
        "state_reason": schedule.state_reason,
        **plan,
        "sentence": sentence_of(schedule),
        "next_run_at": schedule.next_run_at,
        "last_run_at": schedule.last_run_at,
        "total_run_count": schedule.total_run_count,
        "revision": schedule.revision,
        "inputs": schedule.inputs,
        "commit": schedule.commit,
        "queue": schedule.queue,
        "priority": schedule.priority,
        "user": {"id": str(schedule.user.pk), "username": schedule.user.username} if schedule.user else None,
        "user_name": schedule.user_name,
        "owner_active": schedule.user is not None and schedule.user.is_active,
        "warning": warning,
        "created": schedule.created,
        "date_changed": schedule.date_changed,
        "approval_required": schedule.approval_required,
    }
    return shown | {name: maybe_instant(shown[name]) for name in INSTANTS}


def schedule_head(schedule: ScheduledJob, to: Links) -> dict[str, Any]:
    """What a schedule is and how it stands."""
    return {
        "id": str(schedule.pk),
        "url": f"{to.root}schedules/{schedule.pk}/",
        "name": schedule.name,
        "state": schedule.state,
        "job": short_job(schedule.job_model, to),
        "queue": schedule.queue,
        "user_name": schedule.user_name,
    }


class ScheduleState(WireSerializer):
    """A schedule, as `schedule_shape` writes it out; the fields are its description.

    A list warns as far as its rows tell. `warning_of` in the context is for a single schedule, and may ask more.
    """

    url = serializers.URLField()
    job = RunJobShape(allow_null=True)
    sentence = serializers.CharField()
    user = RunUserShape(allow_null=True)
    owner_active = serializers.BooleanField()
    warning = serializers.CharField(allow_null=True)

    class Meta:
        model = ScheduledJob
        fields: ClassVar = [
            "id",
            "url",
            "name",
            "description",
            "job",
            "job_class",
            "state",
            "state_reason",
            *PLAN_FIELDS,
            "sentence",
            "next_run_at",
            "last_run_at",
            "total_run_count",
            "revision",
            "inputs",
            "commit",
            "queue",
            "priority",
            "user",
            "user_name",
            "owner_active",
            "warning",
            "created",
            "date_changed",
            "approval_required",
        ]
        read_only_fields = fields

    def to_representation(self, instance: ScheduledJob) -> dict[str, Any]:
        """The written-out form."""
        warning_of = self.context.get("warning_of", plain_warning_of)
        return schedule_shape(instance, links(self.context["request"]), warning=warning_of(instance))


def occurrence_shape(row: Any, to: Links) -> dict[str, Any]:
    """A line of the ledger, with its schedule, that one's job, and its run where the reader may view that."""
    run = getattr(row, "job_result", None) if row.shows_run else None
    return {
        "id": str(row.pk),
        "schedule": {"id": str(row.scheduled_job.pk), "name": row.scheduled_job.name},
        "job": short_job(row.scheduled_job.job_model, to),
        "planned_at": instant(row.planned_at),
        "last_planned_at": maybe_instant(row.last_planned_at),
        "count": row.count,
        "fate": row.fate,
        "reason": row.reason,
        "decided_at": maybe_instant(row.decided_at),
        "run": str(run.pk) if run else None,
        "run_status": run.status if run else None,
    }
