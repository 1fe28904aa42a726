"""What the operations on people share: reading a row again under a lock, and checking its fields."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model

from foureyes.errors import Conflict, Invalid

Row = TypeVar("Row", bound=Model)


def locked(row: Row) -> Row:
    """The row as it is now, locked until the end of the transaction; a Conflict if it has been deleted."""
    found: Row | None = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise Conflict(f"“{row}” has been deleted in the meantime.", code="gone")
    return found


def assign(row: Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the fields that differ, and tell what they were and are: `{field: [before, after]}`."""
    changed = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    for name, value in values.items():
        setattr(row, name, value)
    return changed


def check(row: Model, *, except_for: tuple[str, ...] = ()) -> None:
    """Refuse, as Invalid by field, what the columns or their unique constraints do not take."""
    try:
        row.full_clean(exclude=set(except_for))
    except ValidationError as error:
        raise Invalid(code="invalid", fields=error.message_dict) from None


@contextmanager
def unique(field: str, sentence: str) -> Iterator[None]:
    """Wrap it around a transaction: somebody else who stores the same name first makes an Invalid, not an error."""
    try:
        yield
    except IntegrityError:
        raise Invalid(code="taken", fields={field: [sentence]}) from None
