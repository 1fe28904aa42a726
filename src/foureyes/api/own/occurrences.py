"""The ledger: what became of every planned instant, and why."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers

from foureyes.api.own.run_shapes import RunJobShape
from foureyes.api.own.schedule_shapes import occurrence_shape
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.filters import ChoiceFilter, IdFilter, InstantFilter, RelatedFilter, WireFilterSet
from foureyes.api.wire.links import links
from foureyes.api.wire.views import Lists
from foureyes.models import JobResult, Occurrence, ScheduledJob
from foureyes.runs.queries import visible_runs
from foureyes.schedules.queries import ledger, reaching

SHOWN = (
    "planned_at",
    "last_planned_at",
    "count",
    "fate",
    "reason",
    "decided_at",
    "scheduled_job__name",
    *(f"scheduled_job__job_model__{name}" for name in ("name", "slug")),
    "job_result__occurrence",
    "job_result__status",
    "job_result__hidden_at",
)


class FromFilter(InstantFilter):
    """Instants from this one on; a line that stands for many counts if one of them does."""

    def condition(self, value: Any) -> Q:
        """Those lines."""
        return reaching(value)


class OccurrenceFilters(WireFilterSet):
    """By schedule, job (id or slug), fate, and period: `from` belongs to it, `to` does not."""

    schedule = IdFilter(field_name="scheduled_job_id")
    job = RelatedFilter("scheduled_job__job_model", name_path="scheduled_job__job_model__slug")
    fate = ChoiceFilter(choices=Occurrence.Fate.choices)


# A word of Python is no name of an attribute.
OccurrenceFilters.base_filters["from"] = FromFilter(lookups={})
OccurrenceFilters.base_filters["to"] = InstantFilter("planned_at", lookup_expr="lt", lookups={})


class OccurrenceSchedule(serializers.Serializer):
    """The schedule of a line, which may have been deleted."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class OccurrenceLine(serializers.ModelSerializer):
    """A line, as `occurrence_shape` writes it out; the fields are its description."""

    schedule = OccurrenceSchedule()
    job = RunJobShape(allow_null=True)
    run = serializers.UUIDField(allow_null=True)
    run_status = serializers.ChoiceField(choices=JobResult.Status.choices, allow_null=True)

    class Meta:
        model = Occurrence
        fields = (
            "id",
            "schedule",
            "job",
            "planned_at",
            "last_planned_at",
            "count",
            "fate",
            "reason",
            "decided_at",
            "run",
            "run_status",
        )
        read_only_fields = fields

    def to_representation(self, instance: Occurrence) -> dict[str, Any]:
        """The written-out form."""
        return occurrence_shape(instance, links(self.context["request"]))


class OccurrenceView(OwnRows, Lists):
    """Lines of the ledger, the latest instants first. Whoever may see a schedule may see its lines."""

    model = ScheduledJob
    serializer_class = OccurrenceLine
    filterset_class = OccurrenceFilters
    cursor_fields = ("planned_at", "pk")

    def get_queryset(self) -> QuerySet[Any]:
        """Those of the schedules that the person may view, in one query with all that is shown."""
        if getattr(self, "swagger_fake_view", False):  # the describer looks at the model alone
            return Occurrence.objects.none()
        rows = ledger(user=self.person).select_related("scheduled_job__job_model", "job_result")
        shown = visible_runs(self.person).filter(occurrence=OuterRef("pk"))
        return rows.only(*SHOWN).annotate(shows_run=Exists(shown)).order_by("-planned_at", "-pk")
