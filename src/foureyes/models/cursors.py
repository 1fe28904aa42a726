"""Places in long lists. A cursor names the last row that was seen, so a page costs the same anywhere in the list, and
rows that come or go in between shift nothing.
"""

import base64
import json
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from foureyes.errors import Invalid

Rows = TypeVar("Rows", bound=QuerySet[Any])


def cursor_of(row: Model, fields: tuple[str, ...]) -> str:
    """The cursor of a row in a list in that order: fields as for `order_by`, the last of which is unique."""
    values = [str(getattr(row, field.removeprefix("-"))) for field in fields]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def rows_after(rows: Rows, fields: tuple[str, ...], cursor: str | None) -> Rows:
    """The rows behind the cursor; all of them without one. Refuses what is no cursor of such a list as invalid."""
    if not cursor:
        return rows
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return rows.filter(_beyond(dict(zip(fields, values, strict=True))))
    except (ValueError, TypeError, ValidationError):
        raise Invalid(fields={"cursor": ["This is no cursor of this list."]}) from None


def _beyond(place: dict[str, str]) -> Q:
    """Rows that come after `place`: an index range by the first field, then the ties."""
    (first, value), *rest = place.items()
    field, beyond = (first[1:], "lt") if first.startswith("-") else (first, "gt")
    if not rest:
        return Q(**{f"{field}__{beyond}": value})
    ties = Q(**{field: value}) & _beyond(dict(rest))
    return Q(**{f"{field}__{beyond}e": value}) & (Q(**{f"{field}__{beyond}": value}) | ties)
