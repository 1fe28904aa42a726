"""Who asks, and what somebody may do, with the permissions that say so."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.views import OwnView
from foureyes.api.wire.serializers import maybe_instant
from foureyes.users.models import Token, User
from foureyes.users.permissions import OUR_APPS, explain, restrict


class WhoAmI(OwnView):
    """The account and the token of this request."""

    @extend_schema(operation_id="whoami_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Both; the token is null in a session."""
        user, token = self.person, request.auth
        return Response(
            {
                "user": {
                    "id": str(user.pk),
                    "username": user.username,
                    "first_name": user.first_name,
                    "last_name": user.last_name,
                    "email": user.email,
                    "is_superuser": user.is_superuser,
                    "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
                },
                "token": _token(token) if isinstance(token, Token) else None,
            }
        )


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": str(token.pk),
        "hint": token.hint,
        "description": token.description,
        "expires": maybe_instant(token.expires),
        "write_enabled": token.write_enabled,
        "may_decide": token.may_decide,
    }


class Question(serializers.Serializer):
    """May `user` (you, if nobody is named) do `action` to objects of this type, or to this one?"""

    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField(required=False)
    user = serializers.CharField(required=False)

    def validate_object_type(self, value: str) -> type[Model]:
        """The model."""
        app_label, _, name = value.partition(".")
        if app_label not in OUR_APPS:
            raise serializers.ValidationError(f"{value} is no type of object here, such as extras.job.")
        try:
            return apps.get_model(app_label, name)
        except (LookupError, ValueError):
            raise serializers.ValidationError(f"{value} is no type of object here, such as extras.job.") from None


class Can(OwnView):
    """May this person do that?"""

    @extend_schema(
        operation_id="can_retrieve",
        parameters=[
            OpenApiParameter("action", str, required=True),
            OpenApiParameter("object_type", str, required=True),
            OpenApiParameter("object_id", str),
            OpenApiParameter("user", str),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Yes or no, the reason as a sentence, and the permissions it comes from."""
        question = Question(data=request.query_params)
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        who = self._person_named(asked.get("user"))
        answer = explain(who, asked["action"], self._target(asked))
        permissions = [
            {"id": source.permission_id and str(source.permission_id), "name": source.name, "via": source.via}
            for source in answer.sources
        ]
        return Response({"allowed": answer.allowed, "reason": answer.reason, "permissions": permissions})

    def _person_named(self, name: str | None) -> User:
        """The one meant; others only for who may view them."""
        if name in (None, self.person.username):
            return self.person
        found = restrict(User.objects.filter(username=name), user=self.person, action="view").first()
        if found is None:
            raise Http404
        return found

    def _target(self, asked: dict[str, Any]) -> Model | type[Model]:
        """The type, or the object, if the asker may see it: an answer tells its name."""
        model: type[Model] = asked["object_type"]
        if "object_id" not in asked:
            return model
        visible = restrict(model._default_manager.all(), user=self.person, action="view")
        try:
            found = visible.filter(pk=asked["object_id"]).first()
        except (ValueError, DjangoValidationError):
            found = None
        if found is None:
            raise Http404
        return found
