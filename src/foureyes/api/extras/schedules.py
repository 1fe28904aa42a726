"""Scheduled jobs, to look at."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from foureyes.api.wire.filters import IdFilter, NumberFilter, RelatedFilter, SearchFilter, TextFilter, WireFilterSet
from foureyes.api.wire.nested import BriefJob, BriefSchedule, BriefUser
from foureyes.api.wire.serializers import ConstantField, DisplayField, UrlField, WireSerializer
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import ScheduledJob

HANDLER = "foureyes.schedules.fire"  # 1.x tells the path of its handler, the same for every row


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


class ScheduleFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "job_class", "description"))
    name = TextFilter()
    total_run_count = NumberFilter()
    job_model = RelatedFilter(name_path="job_model__slug")
    job_model_id = IdFilter()


class ScheduleView(Lists, Retrieves):
    """Stored submissions."""

    model = ScheduledJob
    serializer_class = ScheduleShape
    brief_serializer_class = BriefSchedule
    filterset_class = ScheduleFilters

    def rows(self) -> QuerySet[Any]:
        """By name."""
        return ScheduledJob.objects.select_related("user", "job_model", "approved_by_user").order_by("name", "id")
