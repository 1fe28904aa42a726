"""Schedules: lists, one of them, storing and changing them. What else is done to them is in `schedule_actions.py`."""

from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import OpenApiRequest, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.run_input import form_files, form_values
from foureyes.api.own.plans import PlanBody, with_defaults
from foureyes.api.own.schedule_shapes import SHOWN, ScheduleState
from foureyes.api.own.terms import TermsBody, terms_among
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.filters import (
    ChoiceFilter,
    FlagFilter,
    InstantFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
    UuidField,
    WireFilterSet,
)
from foureyes.api.wire.parsers import WireJSONParser, WireMultiPartParser
from foureyes.api.wire.permissions import ModelPermission, SignedIn
from foureyes.api.wire.views import Lists, RemovesEach, Retrieves, Writes
from foureyes.approvals.reasons import LONGEST_REASON
from foureyes.models import Job, ScheduledJob
from foureyes.schedules.control import delete
from foureyes.schedules.queries import warning_of, without_active_owner
from foureyes.submission.edit import edit_schedule
from foureyes.submission.submit import submit
from foureyes.users.permissions import may, restrict

NAME_LENGTH, QUEUE_LENGTH = 200, 200
MOST_PRIORITY = 2**15 - 1
CREATING = "POST"


class ScheduleBody(PlanBody):
    """What runs, and when."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    description = serializers.CharField(required=False, allow_blank=True)
    inputs = serializers.JSONField(required=False, default=dict)
    commit = serializers.BooleanField(required=False)
    queue = serializers.CharField(required=False, allow_null=True, max_length=QUEUE_LENGTH)

    def validate_interval(self, interval: str) -> str:
        """What is for now is a run, not a schedule."""
        if interval == ScheduledJob.Interval.IMMEDIATELY:
            raise ValidationError("What is to run at once needs no schedule.")
        return interval


class NewSchedule(ScheduleBody, TermsBody):
    """A schedule to store; the job by its id or slug. `reason`: why, for those who approve; a gated job needs one."""

    job = serializers.CharField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class ScheduleChanges(ScheduleBody):
    """What can be changed of a schedule; what is not sent stays as it is."""

    priority = serializers.IntegerField(required=False, min_value=-MOST_PRIORITY, max_value=MOST_PRIORITY)


class EditBody(ScheduleChanges):
    """The same with a `reason`, for those who approve. It is needed where the change voids an approval."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class OwnerFilter(FlagFilter):
    """True: only those that nobody who is there asks for, which fail or have failed. False: no matter."""

    def filter(self, qs: QuerySet, value: bool | None) -> QuerySet:
        """Those."""
        return qs.filter(pk__in=without_active_owner().order_by().values("pk")) if value else qs


class ScheduleFilters(WireFilterSet):
    """By job (id or slug), requester (id or name), state, and text."""

    q = SearchFilter(fields=("name", "job_class", "description"))
    job = RelatedFilter("job_model", name_path="job_model__slug")
    user = RelatedFilter("user", name_path="user__username")
    state = ChoiceFilter(choices=ScheduledJob.State.choices)
    interval = ChoiceFilter(choices=ScheduledJob.Interval.choices)
    name = TextFilter()
    queue = TextFilter(lookups={})
    next_run_at = InstantFilter()
    without_owner = OwnerFilter()


class ScheduleRights(ModelPermission):
    """Whoever may run a job may also plan that: storing a schedule needs no permission on schedules."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request may go on."""
        if request.method != CREATING:
            return super().has_permission(request, view)
        return SignedIn.has_permission(self, request, view) and may(request.user, "run", Job)


FORM_PARTS = {f"_{name}": name for name in map(str, NewSchedule().fields) if name != "inputs"}


def _settings_sent(request: Request) -> dict[str, Any]:
    """What was sent as JSON, or as the parts of a form that are no inputs; 400 with the names that were used."""
    if not isinstance(request.data, QueryDict):
        body = NewSchedule(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)
    form = NewSchedule(data={name: request.data[part] for part, name in FORM_PARTS.items() if part in request.data})
    if not form.is_valid():
        raise ValidationError({f"_{name}": texts for name, texts in form.errors.items()})
    return dict(form.validated_data)


class OwnSchedules(OwnRows):
    """Base of all views on schedules. Deleted ones are only in the ledger."""

    model = ScheduledJob
    serializer_class = ScheduleState

    def rows(self) -> QuerySet[ScheduledJob]:
        """The newest first, with all that is shown, in one query."""
        kept = ScheduledJob.objects.exclude(state=ScheduledJob.State.DELETED)
        return kept.select_related("job_model", "user").only(*SHOWN).order_by("-pk")

    def shape_of(self, schedule: ScheduledJob) -> dict[str, Any]:
        """One schedule as it is now, with a warning that also knows what its requester may do."""
        row = self.rows().get(pk=schedule.pk)
        context = {**self.get_serializer_context(), "warning_of": warning_of}
        shown: dict[str, Any] = ScheduleState(row, context=context).data
        return shown


class ScheduleView(OwnSchedules, Lists, Retrieves, Writes, RemovesEach):
    """Schedules, whatever became of them."""

    filterset_class = ScheduleFilters
    permission_classes = (ScheduleRights,)
    parser_classes = (WireJSONParser, WireMultiPartParser)
    cursor_fields = ("pk",)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One schedule."""
        return Response(self.shape_of(self.get_object()))

    @extend_schema(
        request={"application/json": NewSchedule, "multipart/form-data": OpenApiRequest(NewSchedule)},
        responses={201: ScheduleState},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the schedule. Refused like a run of the job, and where it would never run.

        A form can bring files: its parts are the fields with an underscore before their names (`_job`, `_name`,
        `_interval`), and variables under their own names.
        """
        sent, now = with_defaults(_settings_sent(request)), timezone.now()
        job, inputs, files = self._job(sent.pop("job")), sent.pop("inputs"), {}
        if isinstance(request.data, QueryDict):
            inputs = form_values(request.data, job, FORM_PARTS)
            files = form_files(request.FILES, job, by=self.person, now=now)
        done = submit(
            job=job,
            by=self.person,
            data=inputs,
            files=files,
            commit=sent.pop("commit", None),
            queue=sent.pop("queue", None),
            reason=sent.pop("reason", ""),
            terms=terms_among(sent),
            schedule=sent,
            now=now,
        )
        shown = self.shape_of(cast(ScheduledJob, done.schedule))
        return Response(shown, status=201, headers={"Location": shown["url"]})

    @extend_schema(request=EditBody, responses=ScheduleState)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes what was sent; what is due at this moment still runs as it was."""
        row = self.get_object()
        body = EditBody(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        changes, by, now = dict(body.validated_data), self.person, timezone.now()
        reason = changes.pop("reason", "")

        def change() -> list[ScheduledJob]:
            return [edit_schedule(schedule=row, changes=changes, by=by, reason=reason, now=now).schedule]

        self.all_or_nothing(change, action="change")
        return Response(self.shape_of(row))

    def remove_one(self, row: ScheduledJob) -> None:
        """Takes it away; runs and ledger stay."""
        delete(schedule=row, by=self.person, now=timezone.now())

    def _job(self, named: str) -> Job:
        """The job of this id or slug, if the person may run it."""
        jobs = restrict(Job.objects.all(), user=self.person, action="run")
        try:
            found = jobs.filter(pk=UuidField().clean(named)).first()
        except DjangoValidationError:
            found = jobs.filter(slug=named).first()
        if found is None:
            raise ValidationError({"job": ["There is no job of this id or slug that you may run."]})
        return found
