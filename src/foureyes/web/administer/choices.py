"""What forms of administration offer to choose from: rows that the person may view.

What is chosen already and hidden from this person stays chosen: they neither see it nor take it away by saving.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet

from foureyes.users.models import User
from foureyes.users.permissions import restrict

Row = TypeVar("Row", bound=Model)


def offered(rows: QuerySet[Row], *, user: User) -> QuerySet[Row]:
    """Those that the person may view."""
    return restrict(rows, user=user, action="view")


def chosen(rows: QuerySet[Row], *, user: User, wanted: Q, before: QuerySet[Row] | None) -> list[Row]:
    """The wanted ones among those, and what was chosen `before` and is not among them."""
    shown = offered(rows, user=user)
    hidden: Iterable[Row] = () if before is None else before.exclude(pk__in=shown.order_by().values("pk"))
    return [*shown.filter(wanted), *hidden]


def keys(texts: Iterable[str]) -> set[int]:
    """The keys of rows that a form sent; what is none is left out."""
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10}


def related(name: str, rows: QuerySet[Any], *, user: User) -> "Prefetch[Any]":
    """For lists: the related rows that the person may view."""
    return Prefetch(name, offered(rows, user=user))
