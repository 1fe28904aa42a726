"""Saved views of lists: filters and order under a name, each person's own. They change nothing, so no event tells."""

from uuid import UUID

from django.db import transaction

from foureyes.errors import Invalid
from foureyes.people.rows import locked
from foureyes.users.models import SavedView, User

MOST = 20  # of one list and person
LONGEST_NAME = 60
LONGEST_QUERY = 2000


def save_view(*, user: User, list_name: str, name: str, query: str) -> SavedView:
    """Keep the query under the name; another one under that name gives way. Refuses what is too long or too many."""
    name = " ".join(name.split())
    if not name:
        raise Invalid("Give the view a name.", code="view_name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", code="view_name")
    if len(query) > LONGEST_QUERY:
        raise Invalid("These filters are too long to be saved.", code="view_query")
    with transaction.atomic():
        locked(user)  # so that two tabs do not pass the limit together
        own = SavedView.objects.filter(user=user, list_name=list_name)
        if not own.filter(name=name).exists() and own.count() >= MOST:
            raise Invalid(f"You have {MOST} views of this list, and no more fit. Delete one first.", code="views_full")
        row, _ = SavedView.objects.update_or_create(
            user=user, list_name=list_name, name=name, defaults={"query": query}
        )
    return row


def delete_view(*, user: User, view_id: UUID) -> SavedView | None:
    """Delete a view of this person and give what it was; None if there is none, as after a second click."""
    row = SavedView.objects.filter(user=user, pk=view_id).first()
    if row is not None:
        SavedView.objects.filter(pk=row.pk).delete()
    return row
