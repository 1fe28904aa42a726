"""Filters of the list of jobs."""

from typing import Any

from django.db.models import QuerySet

from foureyes.api.wire.filters import (
    FlagFilter,
    IdFilter,
    NumberFilter,
    SearchFilter,
    TextFilter,
    WireFilter,
    WireFilterSet,
)
from foureyes.models.job import OVERRIDABLE


class TagFilter(WireFilter):
    """Jobs have no tags here, so whoever asks for one finds none."""

    lookups: dict[str, tuple[str, bool]] = {}  # noqa: RUF012 - replaces the class's own

    def filter(self, qs: QuerySet, value: list[Any]) -> QuerySet:
        """No row, if any tag is named."""
        return qs.none() if value else qs


class JobFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "slug", "grouping", "description"))
    source = TextFilter()
    module_name = TextFilter()
    job_class_name = TextFilter()
    slug = TextFilter()
    name = TextFilter()
    grouping = TextFilter()
    installed = FlagFilter()
    enabled = FlagFilter()
    has_sensitive_variables = FlagFilter()
    approval_required = FlagFilter()
    commit_default = FlagFilter()
    hidden = FlagFilter()
    read_only = FlagFilter()
    is_job_hook_receiver = FlagFilter()
    is_job_button_receiver = FlagFilter()
    soft_time_limit = NumberFilter()
    time_limit = NumberFilter()
    tag = TagFilter()


for _field in OVERRIDABLE:
    if _field != "task_queues":  # 1.x has no filter for that one
        JobFilters.base_filters[f"{_field}_override"] = FlagFilter(field_name=f"{_field}_override")
