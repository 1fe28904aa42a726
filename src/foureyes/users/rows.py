"""Rows of tables as objects, in a fraction of Django's time: a column at a time, and without a step for each column.

No signal of a model's making is sent. Rows come as they would from the ORM otherwise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState
from django.db.models.query import BaseIterable

Row = TypeVar("Row", bound=Model)
Converters = Mapping[int, tuple[Sequence[Any], Any]]  # by place: functions, and the expression that they want
Fill = Callable[[Sequence[Any]], Any]  # makes an object of the values of a whole row


class QuickRows(BaseIterable):  # type: ignore[type-arg]  # Django's own takes none
    """What a query of a model gives, with the objects that it selects beside; stands in for Django's own iterable."""

    def __iter__(self) -> Iterator[Any]:
        """Each row with what belongs to it."""
        queryset: Any = self.queryset
        compiler = queryset.query.get_compiler(using=queryset.db)
        found = list(chain.from_iterable(compiler.execute_sql()))
        columns = by_column(found, compiler.get_converters([column for column, *_ in compiler.select]))
        fill = _filling(compiler.klass_info, compiler.select, queryset.db)
        annotations = compiler.annotation_col_map.items() if compiler.annotation_col_map else ()
        for values in zip(*columns, strict=True):
            row = fill(values)
            row.__dict__.update((name, values[place]) for name, place in annotations)
            yield row


def by_column(found: Sequence[Sequence[Any]], converters: Converters) -> list[Sequence[Any]]:
    """The columns of rows, as Python has them; nothing if there is no row."""
    columns: list[Sequence[Any]] = list(zip(*found, strict=True))
    for place, (steps, expression) in converters.items() if columns else ():
        columns[place] = _converted(columns[place], steps, expression)
    return columns


def made(model: type[Row], names: Sequence[str], values: Sequence[Any], alias: str) -> Row:
    """As `from_db`. A column that is left out is read when it is asked for, there as here."""
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = state = ModelState()
    state.adding, state.db = False, alias
    return row


def _converted(values: Sequence[Any], steps: Sequence[Any], expression: Any) -> list[Any]:
    """Each different value is converted once, apart from lists and objects: those could be changed in every row."""

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    if isinstance(expression.output_field, JSONField):
        return [convert(value) for value in values]
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]


def _filling(info: Mapping[str, Any], select: Sequence[Any], alias: str) -> Fill:
    """How objects of one model are made, by what Django's compiler knows of the columns."""
    model, places = info["model"], info["select_fields"]
    names = [select[place][0].target.attname for place in places]
    begin, end = places[0], places[-1] + 1
    key = places[names.index(model._meta.pk.attname)]
    beside = [
        (_filling(other, select, alias), other["local_setter"], other["remote_setter"])
        for other in info.get("related_klass_infos", ())
    ]

    def fill(values: Sequence[Any]) -> Any:
        if values[key] is None:
            return None
        row = made(model, names, values[begin:end], alias)
        for fill_other, set_here, set_there in beside:
            other = fill_other(values)
            set_here(row, other)
            if other is not None:
                set_there(other, row)
        return row

    return fill
