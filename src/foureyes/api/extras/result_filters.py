"""Filters of the lists of results and log lines."""

from typing import Any

from django.db.models import QuerySet

from foureyes.api.wire.filters import (
    ChoiceFilter,
    IdFilter,
    InstantFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
    WireFilterSet,
)
from foureyes.models import JobLogEntry, JobResult


class ObjectTypeFilter(ChoiceFilter):
    """All results are those of jobs: the one type there is leaves out nothing."""

    def filter(self, qs: QuerySet, value: list[Any]) -> QuerySet:
        """Every row, or, negated, none."""
        return qs.none() if value and self.exclude else qs


class ResultFilters(WireFilterSet):
    """As in 1.x; instants only exactly, as its version 1.5."""

    id = IdFilter()
    q = SearchFilter(fields=("job_model__name", "name", "user__username"))
    job_model = RelatedFilter(name_path="job_model__slug")
    job_model_id = IdFilter()
    name = TextFilter()
    status = ChoiceFilter(choices=JobResult.Status.choices)
    user = IdFilter(field_name="user_id")
    obj_type = ObjectTypeFilter(choices=[("extras.job", "extras | job")])
    created = InstantFilter(lookups={})
    completed = InstantFilter(lookups={})


class LineFilters(WireFilterSet):
    """As in 1.x: every field."""

    id = IdFilter()
    q = SearchFilter(fields=("grouping", "message", "log_level"))
    job_result = IdFilter(field_name="job_result_id")
    log_level = ChoiceFilter(choices=JobLogEntry.Level.choices)
    grouping = TextFilter()
    message = TextFilter()
    created = InstantFilter()
    log_object = TextFilter()
    absolute_url = TextFilter()
