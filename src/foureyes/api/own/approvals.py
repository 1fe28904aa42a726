"""Requests for approval, to look at. What is done to them is in `approval_actions.py`."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from foureyes.api.own.approval_shapes import FullRequestShape, RequestShape, full_request, mine_shape
from foureyes.api.own.paging import CursorPagination, page_limit
from foureyes.api.own.shapes import source_shape
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.filters import (
    ChoiceFilter,
    FlagFilter,
    InstantFilter,
    NumberFilter,
    RelatedFilter,
    WireFilterSet,
)
from foureyes.api.wire.links import links
from foureyes.api.wire.origin import origin_of
from foureyes.api.wire.permissions import SignedIn
from foureyes.api.wire.views import Lists, Retrieves
from foureyes.approvals.policy import Verdict, may_read_source, who_may_decide
from foureyes.approvals.queries import asked_by, in_queue_order, visible_requests, waiting_for
from foureyes.approvals.review import risks
from foureyes.models import ApprovalRequest
from foureyes.users.models import User

ME = "me"


class WaitingFilter(ChoiceFilter):
    """`me`: what the person who asks may approve now, the most urgent first."""

    def __init__(self) -> None:
        super().__init__(choices=[(ME, ME)], lookups={})

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        """In the order of the queue."""
        if not value:
            return qs
        mine = qs.filter(pk__in=waiting_for(self.parent.request.user).values("pk"))
        return in_queue_order(mine, now=timezone.now())


class MineFilter(FlagFilter):
    """True: what the person who asks has asked for or edited. False: no matter."""

    def filter(self, qs: QuerySet, value: bool | None) -> QuerySet:
        """Those."""
        return qs.filter(pk__in=asked_by(self.parent.request.user).values("pk")) if value else qs


class RequestFilters(WireFilterSet):
    """By whom it waits for, who asked, state, kind, job (id or slug), and schedule."""

    waits_for = WaitingFilter()
    mine = MineFilter()
    state = ChoiceFilter(choices=ApprovalRequest.State.choices)
    kind = ChoiceFilter(choices=ApprovalRequest.Kind.choices)
    number = NumberFilter()
    job = RelatedFilter("job", name_path="job__slug")
    schedule = RelatedFilter("scheduled_job", name_path="scheduled_job__name")
    created = InstantFilter()


class QueueOrPages(CursorPagination):
    """The queue moves with the clock, so its cursor counts rows; it is as short as people keep it. Else the newest."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows after the cursor."""
        if "waits_for" not in request.query_params:
            return super().paginate_queryset(queryset, request, view)
        seen, limit = _seen(request), page_limit(request)
        rows = list(queryset[seen : seen + limit + 1])
        if len(rows) > limit:
            self.following = replace_query_param(request.build_absolute_uri(), "cursor", str(seen + limit))
        return rows[:limit]


def _seen(request: Request) -> int:
    text = request.query_params.get("cursor", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValidationError({"cursor": ["This is no cursor of this list."]})
    return int(text)


class Requests(OwnRows):
    """Base of all views on requests. Those that carry a visible schedule or job are there, and one's own."""

    model = ApprovalRequest
    serializer_class = RequestShape
    permission_classes = (SignedIn,)

    def rows(self) -> QuerySet[ApprovalRequest]:
        """The newest first."""
        return visible_requests(self.person).order_by("-number")

    def get_queryset(self) -> QuerySet[ApprovalRequest]:
        """Rights to act are the operations' word; here only sight counts."""
        return ApprovalRequest.objects.none() if getattr(self, "swagger_fake_view", False) else self.rows()

    def get_serializer_context(self) -> dict[str, Any]:
        """One reading of the clock for all rows."""
        return {**super().get_serializer_context(), "now": timezone.now()}

    def shown(self, request: ApprovalRequest) -> dict[str, Any]:
        """One request as it is now, with everything."""
        row = self.rows().get(pk=request.pk)
        return full_request(
            row,
            links(self.request),
            by=self.person,
            origin=origin_of(self.request),
            shows_source=may_read_source(row, self.person),
            now=timezone.now(),
        )


class RequestView(Requests, Lists, Retrieves):
    """Requests, whatever became of them."""

    filterset_class = RequestFilters
    pagination_class = QueueOrPages
    cursor_fields = ("number",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of requests, filtered."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "risks": risks(page)}
        return self.get_paginated_response(RequestShape(page, many=True, context=context).data)

    @extend_schema(responses=FullRequestShape)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One request with all that a decision needs."""
        return Response(self.shown(self.get_object()))


class RequestSource(Requests):
    """The source that was pinned when the request was made: what runs, if it is approved."""

    @extend_schema(operation_id="approvals_source_retrieve", responses=OpenApiTypes.OBJECT, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Digest and files, for who may view or approve the job."""
        row = self.get_object()
        if not may_read_source(row, self.person):
            raise Http404
        return Response(source_shape(row.bundle))


class Deciders(Requests):
    """Who may decide, and why the person who asks may not."""

    @extend_schema(operation_id="approvals_deciders_retrieve", responses=OpenApiTypes.OBJECT, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The people by verdict; `mine` is about oneself."""
        row = self.get_object()
        people = {str(verdict): _people(who_may_decide(row, verdict)) for verdict in Verdict}
        return Response({**people, "mine": mine_shape(row, by=self.person, origin=origin_of(request))})


def _people(users: QuerySet[User]) -> list[dict[str, str]]:
    return [{"id": str(user.pk), "username": user.username} for user in users]
