"""Base views. A concrete one names model and shapes, and makes one call to an operation in `make`, `change`, `remove`.

Rows are restricted to what the account may do with them before anything else looks at them, so a hidden row is a 404.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from foureyes.api.wire.clients import is_newer
from foureyes.api.wire.links import links
from foureyes.api.wire.permissions import ACTIONS, ModelPermission, action_of
from foureyes.errors import NotAllowed
from foureyes.events import acting
from foureyes.users.models import User
from foureyes.users.permissions import all_or_nothing, restrict


class Versioned(APIView):
    """Tells the version of the API in every answer that got so far as to have one."""

    tells_version: ClassVar[bool] = True
    own_errors: ClassVar[bool] = False

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """REST framework's entry: all that comes of one request has one id."""
        with acting():
            return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """REST framework's last step."""
        final = super().finalize_response(request, response, *args, **kwargs)
        version = getattr(request, "version", None)
        if version and self.tells_version:
            final["API-Version"] = version
        if is_newer(request):
            patch_vary_headers(final, ["User-Agent"])
        return final

    @property
    def person(self) -> User:
        """Who asks; only for views that nobody reaches without an account."""
        user = self.request.user
        if not isinstance(user, User):
            raise NotAuthenticated
        return user


class WireView(Versioned, GenericViewSet):
    """Base of the views of one model. `permission_action` overrides the permission action of every method."""

    model: ClassVar[type[Model]]
    permission_classes: Sequence[Any] = (ModelPermission,)
    permission_action: ClassVar[str | None] = None
    brief_serializer_class: ClassVar[type[serializers.BaseSerializer] | None] = None
    filterset_class: ClassVar[Any] = None
    lookup_field = "pk"
    lookup_url_kwarg = "id"

    def rows(self) -> QuerySet[Any]:
        """All rows, in the order of lists, with what their shape needs joined."""
        return self.model._default_manager.order_by("pk")

    def get_queryset(self) -> QuerySet[Any]:
        """The rows with which the account may do what the request wants to."""
        if getattr(self, "swagger_fake_view", False):  # the describer looks at the model alone
            return self.model._default_manager.none()
        action = action_of(self, self.request.method or "GET") if self.request.method in ACTIONS else "view"
        return restrict(self.rows(), user=self.request.user, action=action)

    def get_object(self) -> Any:
        """The row that the address names; what cannot be an id names none."""
        queryset = self.get_queryset()
        try:
            return queryset.get(pk=self.kwargs[self.lookup_url_kwarg])
        except (self.model.DoesNotExist, DjangoValidationError, ValueError):  # type: ignore[attr-defined]
            raise Http404 from None

    def get_serializer_class(self) -> Any:
        """The brief shape, if a GET asks for it."""
        reads = self.request.method in ("GET", "HEAD")
        if self.brief_serializer_class and reads and self.request.query_params.get("brief"):
            return self.brief_serializer_class
        return self.serializer_class

    def get_view_name(self) -> str:
        """The model's name, as OPTIONS tells it."""
        return " ".join(word.capitalize() for word in str(self.model._meta.verbose_name).split())

    def get_view_description(self, html: bool = False) -> str:
        """Nothing: the OpenAPI description has it."""
        return ""


class Lists(WireView):
    """GET of the list."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of rows, filtered."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class Retrieves(WireView):
    """GET of one row."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The row."""
        return Response(self.get_serializer(self.get_object()).data)


class Writes(WireView):
    """What creating and changing share: all or nothing, and the result must still be the account's to touch."""

    def all_or_nothing(self, work: Callable[[], list[Any]], *, action: str) -> list[Any]:
        """Does `work`; undoes it if a row it returns is one the account's constraints leave out.

        Several operations of a bulk request count as one.
        """
        try:
            return all_or_nothing(work, user=self.request.user, action=action, model=self.model)
        except NotAllowed as refusal:
            if refusal.code != "beyond_rights":
                raise
            raise PermissionDenied from None  # in the words of 1.x


class Creates(Writes):
    """POST: one object, or a list of them."""

    def make(self, data: dict[str, Any]) -> Any:
        """Calls the operation that makes the row."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with what was made."""
        many = isinstance(request.data, list)
        serializer = self.get_serializer(data=request.data, many=many)
        serializer.is_valid(raise_exception=True)
        items = serializer.validated_data if many else [serializer.validated_data]
        made = self.all_or_nothing(lambda: [self.make(item) for item in items], action="add")
        if many:
            return Response(self.get_serializer(made, many=True).data, status=201)
        address = links(request).to(self.model._meta.model_name or "", made[0].pk)
        return Response(self.get_serializer(made[0]).data, status=201, headers={"Location": address})


class Changes(Writes):
    """PUT and PATCH of one row, and of a list of objects with ids."""

    def change(self, row: Any, data: dict[str, Any]) -> Any:
        """Calls the operation that changes the row."""
        raise NotImplementedError

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replaces the editable fields."""
        return self._change_one(request, partial=False)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes the fields that were sent."""
        return self._change_one(request, partial=True)

    def bulk_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replaces the editable fields of several rows."""
        return self._change_many(request, partial=False)

    def bulk_partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes the fields that were sent, of several rows."""
        return self._change_many(request, partial=True)

    def _change_one(self, request: Request, *, partial: bool) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        changed = self.all_or_nothing(lambda: [self.change(row, serializer.validated_data)], action="change")
        return Response(self.get_serializer(changed[0]).data)

    def _change_many(self, request: Request, *, partial: bool) -> Response:
        wanted = items_by_id(request.data, model=self.model)
        rows = list(self.get_queryset().filter(pk__in=wanted))
        checks = [self.get_serializer(row, data=wanted[row.pk], partial=partial) for row in rows]
        if not all([check.is_valid() for check in checks]):  # noqa: C419 - every item gets its errors
            raise ValidationError([dict(check.errors) for check in checks])
        pairs = [(row, check.validated_data) for row, check in zip(rows, checks, strict=True)]
        changed = self.all_or_nothing(lambda: [self.change(row, data) for row, data in pairs], action="change")
        return Response(self.get_serializer(changed, many=True).data)


class Removes(WireView):
    """DELETE of one row, and of a list of objects with ids."""

    def remove(self, rows: Sequence[Any]) -> None:
        """Calls the operation that deletes the rows, all or none of them."""
        raise NotImplementedError

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """204."""
        self.remove([self.get_object()])
        return Response(status=204)

    def bulk_destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """204; ids that name nothing are ignored."""
        wanted = items_by_id(request.data, model=self.model)
        rows = list(self.get_queryset().filter(pk__in=wanted))
        self.remove(rows)
        return Response(status=204)


class RemovesEach(Removes):
    """The same where an operation deletes a single row: of a list all are deleted, or none."""

    def remove_one(self, row: Any) -> None:
        """Calls the operation that deletes the row."""
        raise NotImplementedError

    def remove(self, rows: Sequence[Any]) -> None:
        """Each of them, in one transaction."""
        with transaction.atomic():
            for row in rows:
                self.remove_one(row)


class NoOptions(APIView):
    """Actions answer OPTIONS with 405, though Allow names it: recorded so."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """405."""
        raise MethodNotAllowed("OPTIONS")


def items_by_id(data: Any, *, model: type[Model]) -> dict[Any, dict[str, Any]]:
    """The objects of a bulk request by their ids; 400 if it is no list or an id is missing or malformed."""
    if not isinstance(data, list):
        text = f'Expected a list of items but got type "{type(data).__name__}".'
        raise ValidationError({"non_field_errors": [text]})
    field = _id_field(model)
    items: dict[Any, dict[str, Any]] = {}
    errors: list[dict[str, Any]] = []
    for item in data:
        found: dict[str, Any] = {}
        try:
            items[_id_of(item, field)] = item
        except ValidationError as error:
            found = {"id": error.detail}
        errors.append(found)
    if any(errors):
        raise ValidationError(errors)
    return items


def _id_field(model: type[Model]) -> serializers.Field:
    if isinstance(model._meta.pk, models.UUIDField):
        return serializers.UUIDField()
    return serializers.IntegerField(min_value=0, max_value=models.BigAutoField.MAX_BIGINT)


def _id_of(item: Any, field: serializers.Field) -> Any:
    if not isinstance(item, Mapping) or "id" not in item:
        raise ValidationError(["This field is required."])
    return field.run_validation(item["id"])
