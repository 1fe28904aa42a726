"""Scheduled jobs, to look at: 1.x has no other calls on them but those of approvals."""

from typing import Any

from django.db.models import QuerySet

from foureyes.api.extras.schedule_shapes import SHOWN, ScheduleShape
from foureyes.api.wire.filters import (
    IdFilter,
    InstantFilter,
    NumberFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
    WireFilterSet,
)
from foureyes.api.wire.nested import BriefSchedule
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.models import ScheduledJob


class ScheduleFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "job_class", "description"))
    name = TextFilter()
    total_run_count = NumberFilter()
    job_model = RelatedFilter(name_path="job_model__slug")
    job_model_id = IdFilter()
    start_time = InstantFilter(since="1.6")
    last_run_at = InstantFilter(since="1.6")


class ScheduleView(Lists, Retrieves):
    """Stored submissions, without those that would be deleted in 1.x."""

    model = ScheduledJob
    serializer_class = ScheduleShape
    brief_serializer_class = BriefSchedule
    filterset_class = ScheduleFilters

    def rows(self) -> QuerySet[Any]:
        """By name."""
        there = ScheduledJob.objects.filter(listed=True)
        return there.select_related("user", "job_model", "approved_by_user").only(*SHOWN).order_by("name", "id")

    def get_view_description(self, html: bool = False) -> str:
        """What OPTIONS tells in 1.x."""
        return "Retrieve a list of scheduled jobs"
