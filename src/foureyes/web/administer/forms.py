"""What forms of administration share: the row that they are about, what is wrong, and the rows to choose from.

What is chosen already and hidden from this person stays chosen: they neither see it nor take it away by saving.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet
from django.http import Http404

from foureyes.errors import Refusal
from foureyes.sentences import faults_of, said_by
from foureyes.users.models import User
from foureyes.users.permissions import restrict
from foureyes.web.errors import status_of

Row = TypeVar("Row", bound=Model)


def visible_row(model: type[Row], pk: Any, *, user: User) -> Row:
    """The row if the person may view it; else there is nothing at this address."""
    found = restrict(model._base_manager.all(), user=user, action="view").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def faults(refusal: Refusal | None) -> dict[str, Any]:
    """What the page of a form shows of a refusal: the status, the first fault of each field, and what is about none."""
    found = faults_of(refusal)
    return {
        "status": status_of(refusal),
        "errors": {name: texts[0] for name, texts in found.items()},
        "problem": said_by(refusal) if refusal and not found else "",
    }


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
