"""Long lists, a page at a time: the rows, and the link that goes on."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from foureyes.conf import get_conf
from foureyes.models.cursors import cursor_of, rows_after

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[Row]):
    """One page of a list. `following` is the query of the next one, empty on the last; `first` of the first one."""

    rows: list[Row]
    following: str
    first: str


def piece_of(rows: QuerySet[Any], request: HttpRequest, *, fields: tuple[str, ...]) -> Piece[Any]:
    """The page that the request's `cursor` asks for, of rows ordered by `fields`, the last of which is unique."""
    cursor = request.GET.get("cursor", "")
    size = get_conf().page_size
    found = list(rows_after(rows, fields, cursor)[: size + 1])
    following = _with(request, cursor_of(found[size - 1], fields)) if len(found) > size else ""
    return Piece(rows=found[:size], following=following, first=_with(request, "") if cursor else "")


def _with(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = cursor
    return f"?{query.urlencode()}"
