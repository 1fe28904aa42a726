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
    """The cursor of a row in a list that falls by these fields, the last of which is unique."""
    values = [str(getattr(row, field)) for field in fields]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def rows_after(rows: Rows, fields: tuple[str, ...], cursor: str | None) -> Rows:
    """The rows behind the cursor; all of them without one. Refuses what is no cursor of such a list as invalid."""
    if not cursor:
        return rows
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return rows.filter(_below(dict(zip(fields, values, strict=True))))
    except (ValueError, TypeError, ValidationError):
        raise Invalid(fields={"cursor": ["This is no cursor of this list."]}) from None


def _below(place: dict[str, str]) -> Q:
    """Rows that come after `place` when all fields fall: an index range first, then the ties."""
    (first, value), *rest = place.items()
    if not rest:
        return Q(**{f"{first}__lt": value})
    ties = Q(**{first: value}) & _below(dict(rest))
    return Q(**{f"{first}__lte": value}) & (Q(**{f"{first}__lt": value}) | ties)
