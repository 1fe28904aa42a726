"""Records of people. Model and field names are public: constraints of object permissions are ORM paths over them."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, Group
from django.contrib.contenttypes.models import ContentType
from django.db import models

from foureyes.users.ids import uuid7

ACTIONS = ("view", "add", "change", "delete", "run", "approve")


class User(AbstractUser):
    """An account. Its history rows keep id and name when it is deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    config_data = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return self.username

    @property
    def called(self) -> str:
        """Their full name, or the user name where there is no other."""
        return self.get_full_name() or self.username


class Token(models.Model):
    """An API token. The key is shown once and not kept: `digest` is its SHA-256, `hint` its last six characters."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=6)
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    write_enabled = models.BooleanField(default=True)
    may_decide = models.BooleanField(default=True)
    description = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "created"], name="token_by_user")]

    def __str__(self) -> str:
        return f"{self.hint} ({self.user})"


class AttemptCount(models.Model):
    """How many wrong attempts there were until `ends_at`, when counting begins anew. `key` is a hash of who tried."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at}"


class SavedView(models.Model):
    """A list as one person wants to find it again: its filters and order under a name. Nobody else sees it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    list_name = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "list_name", "name"], name="saved_view_once_by_name")
        ]

    def __str__(self) -> str:
        return self.name


class ObjectPermission(models.Model):
    """Lets its users and groups do `actions` on rows of `object_types` that fit `constraints` (null: all rows)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True)
    enabled = models.BooleanField(default=True)
    object_types = models.ManyToManyField(ContentType, related_name="object_permissions")
    groups = models.ManyToManyField(Group, blank=True, related_name="object_permissions")
    users = models.ManyToManyField(User, blank=True, related_name="object_permissions")
    actions = models.JSONField(default=list)
    constraints = models.JSONField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="permission_by_name")]

    def __str__(self) -> str:
        return self.name
