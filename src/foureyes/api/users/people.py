"""Users, groups and permissions: each request makes one call to an operation per object."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from foureyes.api.users.filters import GroupFilters, PermissionFilters, UserFilters
from foureyes.api.users.related import BriefGroup
from foureyes.api.users.shapes import BriefPermission, GroupShape, PermissionShape, UserShape
from foureyes.api.wire.nested import BriefUser
from foureyes.api.wire.origin import origin_of
from foureyes.api.wire.views import Changes, Creates, Lists, RemovesEach, Retrieves
from foureyes.errors import NotAllowed
from foureyes.people.groups import create_group, delete_group, rename_group
from foureyes.people.permissions import create_permission, delete_permission, edit_permission
from foureyes.people.users import create_user, delete_user, edit_user
from foureyes.users.models import ObjectPermission, User

NO_MORE = "A token that may not decide changes no accounts, groups and permissions."


def by_name() -> Prefetch:
    """Groups in the order of people."""
    return Prefetch("groups", Group.objects.order_by("name", "pk"))


class Rows(Lists, Retrieves, Creates, Changes, RemovesEach):
    """Everything that can be done with rows."""


class Accounts(Rows):
    """Rows that say who may decide: a token that may not decide reads them only (gate G21).

    With a new password, account or permission its script could decide after all.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """REST framework's look at who asks, before anything is done."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS and not origin_of(request).may_decide:
            raise NotAllowed(NO_MORE, code="token_may_not_decide")


class UserView(Accounts):
    """Accounts."""

    model = User
    serializer_class = UserShape
    brief_serializer_class = BriefUser
    filterset_class = UserFilters

    def rows(self) -> QuerySet[User]:
        """By name."""
        return User.objects.order_by("username", "pk").prefetch_related(by_name())

    def make(self, data: dict[str, Any]) -> User:
        """A new account."""
        return create_user(**data, by=self.person, now=timezone.now())

    def change(self, row: User, data: Any) -> User:
        """Fields, groups and password."""
        edit_user(user=row, changes=data, by=self.person, now=timezone.now())
        return self.rows().get(pk=row.pk)

    def remove_one(self, row: User) -> None:
        """The last superuser stays."""
        delete_user(user=row, by=self.person, now=timezone.now())


class GroupView(Accounts):
    """Groups."""

    model = Group
    serializer_class = GroupShape
    brief_serializer_class = BriefGroup
    filterset_class = GroupFilters

    def rows(self) -> QuerySet[Group]:
        """By name, with the number of members."""
        return Group.objects.annotate(user_count=Count("user")).order_by("name", "pk")

    def make(self, data: dict[str, Any]) -> Group:
        """A new group."""
        return create_group(name=data["name"], by=self.person, now=timezone.now())

    def change(self, row: Group, data: Any) -> Group:
        """Its name."""
        rename_group(group=row, name=data.get("name", row.name), by=self.person, now=timezone.now())
        return self.rows().get(pk=row.pk)

    def remove_one(self, row: Group) -> None:
        """Its members stay."""
        delete_group(group=row, by=self.person, now=timezone.now())


class PermissionView(Accounts):
    """Object permissions."""

    model = ObjectPermission
    serializer_class = PermissionShape
    brief_serializer_class = BriefPermission
    filterset_class = PermissionFilters

    def rows(self) -> QuerySet[ObjectPermission]:
        """By name."""
        people = Prefetch("users", User.objects.order_by("username", "pk"))
        return ObjectPermission.objects.order_by("name", "pk").prefetch_related("object_types", people, by_name())

    def make(self, data: dict[str, Any]) -> ObjectPermission:
        """A new permission."""
        return create_permission(**data, by=self.person, now=timezone.now())

    def change(self, row: ObjectPermission, data: Any) -> ObjectPermission:
        """What it opens, and for whom."""
        edit_permission(permission=row, changes=data, by=self.person, now=timezone.now())
        return self.rows().get(pk=row.pk)

    def remove_one(self, row: ObjectPermission) -> None:
        """Who had it by this one alone has it no more."""
        delete_permission(permission=row, by=self.person, now=timezone.now())
