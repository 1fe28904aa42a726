"""The 1.x shape of scheduled jobs, written out by hand: their list is a hot one."""

from typing import Any, ClassVar

from foureyes.api.wire.links import Links, links
from foureyes.api.wire.nested import BriefJob, BriefUser, brief_job, brief_user
from foureyes.api.wire.serializers import ConstantField, DisplayField, UrlField, WireSerializer, instant, maybe_instant
from foureyes.models import ScheduledJob

HANDLER = "foureyes.schedules.fire"  # 1.x tells the path of its handler, the same for every row
# What the shape shows: a row of a job has its variables too, which would be read for each schedule.
SHOWN = (
    "name",
    "interval",
    "queue",
    "job_class",
    "start_time",
    "last_run_at",
    "total_run_count",
    "date_changed",
    "description",
    "approval_required",
    "approved_at",
    "crontab",
    "user_name",
    *(f"job_model__{name}" for name in ("source", "module_name", "job_class_name", "grouping", "name", "slug")),
    "user__username",
    "approved_by_user__username",
)


def full_schedule(schedule: ScheduledJob, to: Links) -> dict[str, Any]:
    """A scheduled job with everything 1.x tells about it."""
    return {
        "id": str(schedule.pk),
        "display": str(schedule),
        "url": to.to("scheduledjob", schedule.pk),
        "name": schedule.name,
        "user": brief_user(schedule.user, to),
        "job_model": brief_job(schedule.job_model, to),
        "task": HANDLER,
        "interval": schedule.interval,
        "queue": schedule.queue,
        "job_class": schedule.job_class,
        "last_run_at": maybe_instant(schedule.last_run_at),
        "total_run_count": schedule.total_run_count,
        "date_changed": instant(schedule.date_changed),
        "description": schedule.description or _generated(schedule),
        "approved_by_user": brief_user(schedule.approved_by_user, to),
        "approval_required": schedule.approval_required,
        "approved_at": maybe_instant(schedule.approved_at),
        "crontab": schedule.crontab,
    }


def _generated(schedule: ScheduledJob) -> str:
    """What 1.x writes into the description, which its clients cannot give."""
    return f"Foureyes job {schedule.name} scheduled by {schedule.user_name} on {schedule.start_time}"


class ScheduleShape(WireSerializer):
    """A scheduled job."""

    display = DisplayField()
    url = UrlField()
    user = BriefUser(read_only=True, allow_null=True)
    job_model = BriefJob(read_only=True, allow_null=True)
    task = ConstantField(HANDLER, read_only=True)
    approved_by_user = BriefUser(read_only=True, allow_null=True)

    class Meta:
        model = ScheduledJob
        fields: ClassVar = [
            "id",
            "display",
            "url",
            "name",
            "user",
            "job_model",
            "task",
            "interval",
            "queue",
            "job_class",
            "last_run_at",
            "total_run_count",
            "date_changed",
            "description",
            "approved_by_user",
            "approval_required",
            "approved_at",
            "crontab",
        ]
        read_only_fields = fields

    def to_representation(self, instance: ScheduledJob) -> dict[str, Any]:
        """The written-out form."""
        return full_schedule(instance, links(self.context["request"]))
