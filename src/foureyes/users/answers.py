"""Several short questions in one query: how many there are, whether there is one, when the first is, which they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    DateTimeField,
    F,
    Func,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    Subquery,
    UUIDField,
)
from django.db.models.constants import LOOKUP_SEP
from django.db.models.functions import JSONArray


class CountOf(Subquery):
    """How many rows there are; of rows with a limit at most so many."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__((rows if rows.query.is_sliced else rows.order_by()).values("pk"))


class RowsOf(Subquery):
    """The rows in their order, each as a list of these columns; for few and short ones."""

    empty_result_set_value: Any = "[]"

    def __init__(self, rows: QuerySet[Any], *columns: str) -> None:
        held = [_column_of(rows.model, name) for name in columns]
        told = JSONArray(
            *(
                _AsJson(name) if isinstance(field, JSONField) else F(name)
                for name, field in zip(columns, held, strict=True)
            )
        )
        super().__init__(rows.values(told=told), output_field=_Rows(held))

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Within a list, a list is a text unless it is said to be JSON."""
        listed = "(SELECT JSON_GROUP_ARRAY(JSON(told)) FROM (%(subquery)s) listed)"
        return self.as_sql(compiler, connection, template=listed, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Of no rows it makes NULL."""
        listed = "(SELECT COALESCE(JSONB_AGG(told), '[]') FROM (%(subquery)s) listed)"
        return self.as_sql(compiler, connection, template=listed, **more)


def question(*, to: Model, **questions: Any) -> QuerySet[Any, dict[str, Any]]:
    """One row with the answers by name. They come with the row of whoever or whatever asks, which is there once."""
    model = to.__class__  # which a proxy of Django's tells, too
    return model._base_manager.filter(pk=to.pk).values(**questions)


def answers(*, to: Model, **questions: Any) -> dict[str, Any]:
    """The answers by name."""
    return dict(question(to=to, **questions).get()) if questions else {}


class _AsJson(Func):
    """A column with JSON as what it holds, and not as a text."""

    function = "JSON"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """There it is no text."""
        return compiler.compile(self.get_source_expressions()[0])


class _Rows(JSONField):
    """Reads ids and instants as their columns do."""

    def __init__(self, columns: Sequence[Any] = ()) -> None:
        super().__init__()
        self._columns = columns

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Every row as a list of what its columns hold."""
        rows = super().from_db_value(value, expression, connection)
        return [[_read(field, one) for field, one in zip(self._columns, row, strict=True)] for row in rows]


def _read(column: Any, value: Any) -> Any:
    if isinstance(column, UUIDField) and value is not None:
        return UUID(value)
    if isinstance(column, DateTimeField) and value is not None:
        at = datetime.fromisoformat(value)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return value


def _column_of(model: type[Model] | None, path: str) -> Any:
    """The field that a path of relations ends with."""
    if model is None:
        raise TypeError(f"{path} leads nowhere.")
    name, _, rest = path.partition(LOOKUP_SEP)
    if name == "pk":
        return model._meta.pk
    field: Any = model._meta.get_field(name)
    return _column_of(field.related_model, rest) if rest else field
