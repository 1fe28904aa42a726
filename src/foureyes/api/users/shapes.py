"""Shapes of users, groups, permissions and tokens."""

from typing import Any

from django.contrib.auth.models import Group
from rest_framework import serializers

from foureyes.api.users.related import RelatedGroup, RelatedList, RelatedUser
from foureyes.api.wire.serializers import ContentTypeField, DisplayField, UrlField, WireSerializer
from foureyes.people.passwords import Password, chosen_password
from foureyes.people.permissions import ACTION_LENGTH
from foureyes.users.models import ObjectPermission, Token, User
from foureyes.users.tokens import KEY_LENGTH


class UserShape(WireSerializer):
    """An account. The password is never shown; it is hashed here, before any transaction."""

    display = DisplayField()
    url = UrlField()
    password = serializers.CharField(write_only=True, max_length=128, trim_whitespace=False)
    groups = RelatedList(child=RelatedGroup(), required=False)

    class Meta:
        model = User
        fields = (
            "display",
            "id",
            "url",
            "username",
            "password",
            "first_name",
            "last_name",
            "email",
            "is_staff",
            "is_active",
            "date_joined",
            "groups",
        )
        read_only_fields = ("date_joined",)

    def get_fields(self) -> dict[str, Any]:
        """A password is required of new accounts only."""
        fields: dict[str, Any] = super().get_fields()
        if self.instance is not None:
            fields["password"].required = False
        return fields

    def validate_password(self, text: str) -> Password:
        """Hashed, if it is strong enough."""
        return chosen_password(text)


class GroupShape(WireSerializer):
    """A group; rows of a query know their number of members, a new one has none."""

    display = DisplayField()
    url = UrlField()
    user_count = serializers.IntegerField(read_only=True)
    sometimes = ("user_count",)

    class Meta:
        model = Group
        fields = ("display", "id", "url", "name", "user_count")


class PermissionShape(WireSerializer):
    """An object permission. The operation checks actions and constraints."""

    display = DisplayField()
    url = UrlField()
    object_types = RelatedList(child=ContentTypeField())
    groups = RelatedList(child=RelatedGroup(), required=False)
    users = RelatedList(child=RelatedUser(), required=False)
    actions = serializers.ListField(child=serializers.CharField(max_length=ACTION_LENGTH))
    constraints = serializers.JSONField(required=False, allow_null=True)

    class Meta:
        model = ObjectPermission
        fields = (
            "display",
            "id",
            "url",
            "name",
            "description",
            "enabled",
            "object_types",
            "groups",
            "users",
            "actions",
            "constraints",
        )


class BriefPermission(WireSerializer):
    """The brief form of a permission: users and groups by name only."""

    display = DisplayField()
    url = UrlField()
    object_types = RelatedList(child=ContentTypeField())
    groups = RelatedList(child=serializers.SlugRelatedField("name", read_only=True))
    users = RelatedList(child=serializers.SlugRelatedField("username", read_only=True))

    class Meta:
        model = ObjectPermission
        fields = ("display", "id", "url", "name", "enabled", "object_types", "groups", "users", "actions")


class KeyField(serializers.CharField):
    """The key of a token: whoever makes it sees it once, afterwards it is null. A null that is sent is ignored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=KEY_LENGTH, max_length=KEY_LENGTH, required=False, allow_null=True, **kwargs)

    def get_attribute(self, instance: Token) -> str:
        """What the view has just issued, else nothing."""
        return str(self.context["view"].issued.get(instance.pk, ""))

    def to_representation(self, value: str) -> Any:
        """The key or null."""
        return value or None


class TokenShape(WireSerializer):
    """A token of the caller."""

    display = DisplayField()
    url = UrlField()
    key = KeyField()

    class Meta:
        model = Token
        fields = (
            "id",
            "url",
            "display",
            "created",
            "expires",
            "key",
            "write_enabled",
            "description",
            "may_decide",
            "last_used_at",
        )
        read_only_fields = ("created", "last_used_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What was sent, without a null key."""
        return {name: value for name, value in attrs.items() if name != "key" or value is not None}
