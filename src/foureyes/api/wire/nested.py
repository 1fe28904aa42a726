"""Brief forms: how an object appears inside another one, and in lists with `brief`. Written out, for the hot lists."""

from typing import Any, ClassVar

from foureyes.api.wire.links import Links, links
from foureyes.api.wire.serializers import DisplayField, UrlField, WireSerializer, choice, instant, maybe_instant
from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.users.models import User


def brief_user(user: User | None, links: Links) -> dict[str, Any] | None:
    """An account."""
    if user is None:
        return None
    return {
        "display": user.username,
        "id": str(user.pk),
        "url": links.to("user", user.pk),
        "username": user.username,
    }


def brief_job(job: Job | None, links: Links) -> dict[str, Any] | None:
    """A job."""
    if job is None:
        return None
    return {
        "display": job.name,
        "id": str(job.pk),
        "url": links.to("job", job.pk),
        "source": job.source,
        "module_name": job.module_name,
        "job_class_name": job.job_class_name,
        "grouping": job.grouping,
        "name": job.name,
        "slug": job.slug,
    }


def brief_result(result: JobResult, links: Links) -> dict[str, Any]:
    """A run."""
    return {
        "display": str(result.pk),
        "id": str(result.pk),
        "url": links.to("jobresult", result.pk),
        "name": result.name,
        "created": instant(result.created),
        "completed": maybe_instant(result.completed),
        "user": brief_user(result.user, links),
        "status": choice(result.status, links.status_labels),
    }


def brief_schedule(schedule: ScheduledJob | None, links: Links) -> dict[str, Any] | None:
    """A scheduled job. The start time appears here and not in the full form, as in 1.x."""
    if schedule is None:
        return None
    return {
        "id": str(schedule.pk),
        "display": str(schedule),
        "url": links.to("scheduledjob", schedule.pk),
        "name": schedule.name,
        "start_time": instant(schedule.start_time),
        "interval": schedule.interval,
        "crontab": schedule.crontab,
    }


class BriefUser(WireSerializer):
    """The brief form of an account, as a shape."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = User
        fields: ClassVar = ["display", "id", "url", "username"]

    def to_representation(self, instance: User) -> dict[str, Any]:
        """The written-out form."""
        return brief_user(instance, links(self.context["request"])) or {}


class BriefJob(WireSerializer):
    """The brief form of a job, as a shape."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = Job
        fields: ClassVar = [
            "display",
            "id",
            "url",
            "source",
            "module_name",
            "job_class_name",
            "grouping",
            "name",
            "slug",
        ]

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """The written-out form."""
        return brief_job(instance, links(self.context["request"])) or {}


class BriefSchedule(WireSerializer):
    """The brief form of a scheduled job, as a shape."""

    display = DisplayField()
    url = UrlField()

    class Meta:
        model = ScheduledJob
        fields: ClassVar = ["id", "display", "url", "name", "start_time", "interval", "crontab"]

    def to_representation(self, instance: ScheduledJob) -> dict[str, Any]:
        """The written-out form."""
        return brief_schedule(instance, links(self.context["request"])) or {}
