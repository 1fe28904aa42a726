"""The 1.x name and form of events that are changes of an object: a view of the database, not a table."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connections, models

from foureyes.models.event import Event
from foureyes.users.models import User

VIEW = "extras_objectchange"
SELECT = """
    SELECT id, at AS time, actor_id AS user_id, actor_name AS user_name, COALESCE(request_id, id) AS request_id,
        action, subject_type AS changed_object_type, subject_id AS changed_object_id, subject_text AS object_repr,
        object_data
    FROM extras_event WHERE action > ''
"""


class ObjectChange(models.Model):
    """A change of an object, as receivers of hooks and 1.x clients know it. Read only."""

    id = models.UUIDField(primary_key=True)
    time = models.DateTimeField()
    user = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    user_name = models.CharField(max_length=150)
    request_id = models.UUIDField()
    action = models.CharField(max_length=8, choices=Event.Action.choices)
    changed_object_type = models.CharField(max_length=100)
    changed_object_id = models.CharField(max_length=64)
    object_repr = models.CharField(max_length=200)
    object_data = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = VIEW

    def __str__(self) -> str:
        app, _, model = self.changed_object_type.partition(".")
        try:
            name = str(apps.get_model(app, model)._meta.verbose_name)
        except LookupError:
            name = model
        return f"{app} | {name} {self.object_repr} {self.get_action_display().lower()} by {self.user_name}"

    @property
    def changed_object(self) -> Any:
        """The object, if it is still there. It queries: authors of receivers know it as an attribute."""
        try:
            return apps.get_model(self.changed_object_type)._default_manager.filter(pk=self.changed_object_id).first()
        except (LookupError, ValueError, ValidationError):
            return None

    def get_snapshots(self) -> dict[str, Any]:
        """What the object was and is: `{"prechange", "postchange", "differences": {"removed", "added"}}`."""
        before = None
        if self.action != Event.Action.CREATE:
            earlier = ObjectChange.objects.filter(
                changed_object_type=self.changed_object_type,
                changed_object_id=self.changed_object_id,
                object_data__isnull=False,
            )
            previous = earlier.filter(pk__lt=self.pk).order_by("-pk").first()
            before = previous.object_data if previous else None
        after = None if self.action == Event.Action.DELETE else self.object_data
        if self.action == Event.Action.DELETE:
            before = self.object_data or before
        return {"prechange": before, "postchange": after, "differences": differences(before, after)}


def differences(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    """`removed` and `added`: the fields whose values differ; None where there is nothing to compare with."""
    if before is None or after is None:
        return {"removed": before, "added": after}
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "removed": {name: before[name] for name in fields if name in before},
        "added": {name: after[name] for name in fields if name in after},
    }


def drop_view(*, using: str, **_: Any) -> None:
    """Before every migration: no table can be rebuilt under a view."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")


def make_view(*, using: str, **_: Any) -> None:
    """After every migration, as soon as the events have what it shows."""
    drop_view(using=using)
    connection = connections[using]
    if "extras_event" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, "extras_event")}
        if {"action", "object_data"} <= columns:
            cursor.execute(f"CREATE VIEW {VIEW} AS {SELECT}")
