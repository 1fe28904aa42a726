"""Filters of the lists of people."""

from typing import Any

from django.db.models import Q

from foureyes.api.wire.filters import (
    EQUAL_LOOKUPS,
    FlagFilter,
    IdFilter,
    InstantFilter,
    NumberFilter,
    SearchFilter,
    TextFilter,
    WireFilter,
    WireFilterSet,
)
from foureyes.users.tokens import digest_of


class UserFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("username", "first_name", "last_name", "email"))
    username = TextFilter()
    first_name = TextFilter()
    last_name = TextFilter()
    email = TextFilter()
    is_staff = FlagFilter()
    is_active = FlagFilter()
    group = TextFilter("groups__name", lookups=EQUAL_LOOKUPS, distinct=True)
    group_id = NumberFilter("groups__id", lookups=EQUAL_LOOKUPS, distinct=True)


class GroupFilters(WireFilterSet):
    """As in 1.x."""

    id = NumberFilter()
    q = SearchFilter(fields=("name",))
    name = TextFilter()


class TypeFilter(WireFilter):
    """Permissions that name the type `app.model`."""

    def condition(self, value: str) -> Q:
        """By both parts of the name."""
        app_label, _, model = value.partition(".")
        return Q(object_types__app_label=app_label, object_types__model=model)


class PermissionFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "description"))
    name = TextFilter()
    enabled = FlagFilter()
    object_types = TypeFilter(distinct=True)
    user = TextFilter("users__username", lookups=EQUAL_LOOKUPS, distinct=True)
    user_id = IdFilter("users", distinct=True)
    group = TextFilter("groups__name", lookups=EQUAL_LOOKUPS, distinct=True)
    group_id = NumberFilter("groups__id", lookups=EQUAL_LOOKUPS, distinct=True)


class KeyFilter(WireFilter):
    """The token with that key, found by its digest."""

    def condition(self, value: Any) -> Q:
        """The whole key only: parts of it are not kept."""
        return Q(digest=digest_of(value))


class TokenFilters(WireFilterSet):
    """As in 1.x, but keys are compared as a whole."""

    id = IdFilter()
    q = SearchFilter(fields=("description",))
    key = KeyFilter()
    created = InstantFilter()
    expires = InstantFilter()
    write_enabled = FlagFilter()
