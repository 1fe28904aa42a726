"""Saved views above a list, as links, with the forms that save what is shown now and delete one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from foureyes.errors import Invalid
from foureyes.people.views import LONGEST_NAME, delete_view, save_view
from foureyes.users.answers import RowsOf
from foureyes.users.models import SavedView, User
from foureyes.web.shell.access import SignedInRequest, signed_in

LISTS = {  # by the address of the list: what may be saved of its query
    "results": ("state", "job", "person", "period", "kind", "errors", "schedule"),
    "schedules": ("state", "job", "q", "sort"),
    "jobs": ("q", "sort", "starred", "runnable", "gated", "failed", "scheduled", "disabled", "hidden"),
    "audit": ("actor", "about", "object", "period"),
    "approvals": ("show", "job", "group", "requester", "risk"),
}
AS_EVER = {("approvals", "show"): "all"}  # what a list shows if its query does not say
COLUMNS = ("pk", "name", "query")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view as a link. `is_shown`: the list is as it says."""

    id: UUID
    name: str
    url: str
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Those of a list, and the query that would be saved now; empty if nothing is filtered or sorted."""

    list_name: str
    rows: list[View]
    query: str
    longest_name: int = LONGEST_NAME

    @property
    def is_saved(self) -> bool:
        """Whether what is shown has a name already."""
        return any(row.is_shown for row in self.rows)


def views_of(request: SignedInRequest, list_name: str, rows: Iterable[Sequence[Any]] | None = None) -> Views:
    """For the page of a list. `rows`: the answer to `question_of_views`, for a page that asks it with others."""
    query = _query(request.GET, list_name)
    rows = _saved(request.user, list_name).values_list(*COLUMNS) if rows is None else rows
    return Views(list_name=list_name, rows=[_view(list_name, *row, shown=query) for row in rows], query=query)


def question_of_views(user: User, list_name: str) -> dict[str, RowsOf]:
    """For `users.answers`, by the name "views"."""
    return {"views": RowsOf(_saved(user, list_name), *COLUMNS)}


@require_POST
@signed_in
def save(request: SignedInRequest) -> HttpResponse:
    """Names what the list shows, and shows it so."""
    list_name = request.POST.get("list", "")
    if list_name not in LISTS:
        raise Http404
    query = _query(QueryDict(request.POST.get("query", "")), list_name)
    try:
        row = save_view(user=request.user, list_name=list_name, name=request.POST.get("name", ""), query=query)
        messages.success(request, f"The view “{row.name}” was saved. Only you see it.")
    except Invalid as refusal:
        messages.error(request, refusal.message)
    return _to_list(list_name, query)


@require_POST
@signed_in
def remove(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Deletes a view; the list stays as it is."""
    list_name = request.POST.get("list", "")
    if list_name not in LISTS:
        raise Http404
    if row := delete_view(user=request.user, view_id=pk):
        messages.success(request, f"The view “{row.name}” was deleted.")
    return _to_list(list_name, _query(QueryDict(request.POST.get("query", "")), list_name))


def _query(sent: QueryDict, list_name: str) -> str:
    """What of a query makes a view: filters and order of that list, not the place in it."""
    kept = QueryDict(mutable=True)
    for name in LISTS[list_name]:
        value = sent.get(name, "").replace("\x00", "").strip()
        if value and value != AS_EVER.get((list_name, name)):
            kept[name] = value
    return kept.urlencode()


def _saved(user: User, list_name: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user, list_name=list_name).order_by("name", "pk")


def _view(list_name: str, pk: UUID, name: str, query: str, *, shown: str) -> View:
    return View(id=pk, name=name, url=f"{reverse(f'web:{list_name}')}?{query}", is_shown=query == shown)


def _to_list(list_name: str, query: str) -> HttpResponse:
    answer = HttpResponseRedirect(f"{reverse(f'web:{list_name}')}{'?' if query else ''}{query}")
    answer.status_code = 303
    return answer
