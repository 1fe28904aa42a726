"""What is done to requests for approval: one address for each, and one that denies many at once."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.approval_shapes import FullRequestShape, comment_shape
from foureyes.api.own.approvals import Requests
from foureyes.api.own.plans import Strict
from foureyes.api.own.run_shapes import run_shape
from foureyes.api.own.schedule_actions import MOST_AT_ONCE, OutcomesShape
from foureyes.api.own.schedules import ScheduleChanges
from foureyes.api.wire.links import links
from foureyes.api.wire.origin import origin_of
from foureyes.approvals.decide import Outcome, approve, approve_from_next, deny, deny_many, withdraw
from foureyes.approvals.dry_run import dry_run_request
from foureyes.approvals.reasons import LONGEST_REASON
from foureyes.approvals.revoke import revoke_request
from foureyes.approvals.talk import comment, suggest
from foureyes.models import ApprovalRequest, JobResult, RequestComment
from foureyes.runs.queries import with_counts
from foureyes.submission.edit import accept_suggestion

DIGEST_LENGTH = 64


class ApproveBody(Strict):
    """`digest`: of what was read; the answer is 409 if that is not what is asked for.

    `force`: although it is late. `skip_passed`: without the instants that passed, from the next one on.
    """

    digest = serializers.CharField(required=False, max_length=DIGEST_LENGTH)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)
    force = serializers.BooleanField(required=False)
    skip_passed = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Instants that passed run or they do not."""
        if attrs.get("force") and attrs.get("skip_passed"):
            raise serializers.ValidationError({"skip_passed": ["This cannot be together with `force`."]})
        return attrs


class DenyBody(Strict):
    """Why; whoever asked reads it."""

    digest = serializers.CharField(required=False, max_length=DIGEST_LENGTH)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class DenyManyBody(Strict):
    """Which requests, and why."""

    ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class RevokeBody(Strict):
    """Why; whoever asked reads it."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class WithdrawBody(Strict):
    """Why, if there is something to say."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class CommentBody(Strict):
    """What to say."""

    text = serializers.CharField(max_length=LONGEST_REASON)


@extend_schema_field(ScheduleChanges(partial=True))
class ChangesField(serializers.Field):
    """Changes of a schedule. A serializer inside another one would ask for the fields that are not to change."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The values; 400 with the fields at fault."""
        checked = ScheduleChanges(data=data, partial=True)
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


class SuggestBody(Strict):
    """What should be asked for instead, as in a change of the schedule, and why."""

    changes = ChangesField()
    text = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class AcceptBody(Strict):
    """The comment that suggests something."""

    comment = serializers.UUIDField()


def taken(body: type[Strict], request: Request) -> dict[str, Any]:
    """The values that were sent; 400 with the fields at fault."""
    checked = body(data=request.data)
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values


class Approve(Requests):
    """Grants what is asked for."""

    @extend_schema(request=ApproveBody, responses=FullRequestShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The request, granted; `runs` has the run of a wish for now."""
        row, sent = self.get_object(), taken(ApproveBody, request)
        common: dict[str, Any] = {"request": row, "by": self.person, "origin": origin_of(request)}
        if sent.pop("skip_passed", False):
            sent.pop("force", None)
            done = approve_from_next(**common, now=timezone.now(), **sent)
        else:
            done = approve(**common, now=timezone.now(), **sent)
        return Response(self.shown(done.request))


class Deny(Requests):
    """Says no."""

    @extend_schema(request=DenyBody, responses=FullRequestShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The request, denied; nothing of it runs."""
        row, sent = self.get_object(), taken(DenyBody, request)
        return Response(
            self.shown(deny(request=row, by=self.person, origin=origin_of(request), now=timezone.now(), **sent))
        )


class Revoke(Requests):
    """Takes an approval back."""

    @extend_schema(request=RevokeBody, responses=FullRequestShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The request; its grant is void, its schedule and what waits in a queue are cancelled, what runs goes on."""
        row, sent = self.get_object(), taken(RevokeBody, request)
        done = revoke_request(request=row, by=self.person, origin=origin_of(request), now=timezone.now(), **sent)
        return Response(self.shown(done))


class Withdraw(Requests):
    """Takes one's own request back."""

    @extend_schema(request=WithdrawBody, responses=FullRequestShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The request, withdrawn."""
        row, sent = self.get_object(), taken(WithdrawBody, request)
        return Response(self.shown(withdraw(request=row, by=self.person, now=timezone.now(), **sent)))


class Comment(Requests):
    """Says something about a request, open or decided."""

    @extend_schema(request=CommentBody, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the comment."""
        row, sent = self.get_object(), taken(CommentBody, request)
        return Response(comment_shape(comment(request=row, by=self.person, now=timezone.now(), **sent)), status=201)


class Suggest(Requests):
    """Suggests another content; it changes nothing before the requester accepts it."""

    @extend_schema(request=SuggestBody, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the comment that has the suggestion."""
        row, sent = self.get_object(), taken(SuggestBody, request)
        return Response(comment_shape(suggest(request=row, by=self.person, now=timezone.now(), **sent)), status=201)


class Accept(Requests):
    """Makes a suggestion one's own."""

    @extend_schema(request=AcceptBody, responses=FullRequestShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The request that is open then: a new one, or this one if the suggestion is what it asks for already."""
        row, sent = self.get_object(), taken(AcceptBody, request)
        said = RequestComment.objects.select_related("request__scheduled_job").filter(pk=sent["comment"], request=row)
        if (found := said.first()) is None:
            raise Http404
        done = accept_suggestion(comment=found, by=self.person, now=timezone.now())
        return Response(self.shown(done.request or row))


class DryRun(Requests):
    """Tries what is asked for, with commit off."""

    @extend_schema(request=None, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the run."""
        run = dry_run_request(request=self.get_object(), by=self.person, now=timezone.now())
        return Response(run_shape(with_counts(JobResult.objects.filter(pk=run.pk)).get(), links(request)), status=201)


class DenyMany(Requests):
    """Denies many requests, each on its own."""

    @extend_schema(operation_id="approvals_deny_many_create", request=DenyManyBody, responses=OutcomesShape)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What came of each, in the order in which they were named; what is refused for one is done for the others."""
        sent = taken(DenyManyBody, request)
        wanted = list(dict.fromkeys(sent["ids"]))
        found: QuerySet[ApprovalRequest] = self.get_queryset()
        rows = found.in_bulk(wanted)
        outcomes = deny_many(
            requests=[rows[key] for key in wanted if key in rows],
            by=self.person,
            reason=sent["reason"],
            origin=origin_of(request),
            now=timezone.now(),
        )
        known = {outcome.id: outcome for outcome in outcomes}
        return Response({"results": [_shape(known.get(key, _missing(key))) for key in wanted]})


def _missing(key: Any) -> Outcome:
    return Outcome(id=key, ok=False, code="not_found", message="There is no such request.")


def _shape(outcome: Outcome) -> dict[str, Any]:
    return {"id": str(outcome.id), "ok": outcome.ok, "code": outcome.code, "detail": outcome.message}
