"""The caller's own preferences."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.wire.views import Versioned
from foureyes.people.preferences import change_preferences


class PreferencesView(Versioned):
    """A free object, merged key by key."""

    tells_version = False

    @extend_schema(operation_id="users_config_retrieve", responses=OpenApiTypes.OBJECT, tags=["users"])
    def get(self, request: Request) -> Response:
        """All of them."""
        return Response(self.person.config_data)

    @extend_schema(
        operation_id="users_config_partial_update",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        tags=["users"],
    )
    def patch(self, request: Request) -> Response:
        """Merges what was sent, and shows all of them."""
        return Response(change_preferences(user=self.person, changes=request.data, now=timezone.now()).config_data)
