"""Saved views: one's own, each name once for a list, and not without end."""

import pytest

from foureyes.errors import Invalid
from foureyes.people import views
from foureyes.people.views import delete_view, save_view
from foureyes.users.models import SavedView, User


def test_a_view_keeps_the_query_and_a_second_one_of_the_name_takes_its_place(alice: User, bob: User) -> None:
    first = save_view(user=alice, list_name="results", name="  Failed   runs ", query="state=failed")
    second = save_view(user=alice, list_name="results", name="Failed runs", query="state=failed&period=7")
    save_view(user=alice, list_name="audit", name="Failed runs", query="period=7")
    save_view(user=bob, list_name="results", name="Failed runs", query="state=lost")
    assert first.pk == second.pk
    assert [row.query for row in SavedView.objects.filter(user=alice, list_name="results")] == ["state=failed&period=7"]
    assert SavedView.objects.count() == 3


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        (" ", "", "Give the view a name."),
        ("n" * 61, "", "at most 60 characters"),
        ("long", "q" * 2001, "too long to be saved"),
    ],
)
def test_what_cannot_be_kept_is_refused(alice: User, name: str, query: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        save_view(user=alice, list_name="results", name=name, query=query)
    assert not SavedView.objects.exists()


def test_so_many_views_and_no_more_but_one_may_be_changed(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST", 2)
    for name in ("one", "two"):
        save_view(user=alice, list_name="results", name=name, query="")
    with pytest.raises(Invalid, match="You have 2 views"):
        save_view(user=alice, list_name="results", name="three", query="")
    save_view(user=alice, list_name="results", name="two", query="state=lost")
    save_view(user=alice, list_name="audit", name="three", query="")


def test_one_deletes_ones_own_only_and_once(alice: User, bob: User) -> None:
    view = save_view(user=alice, list_name="results", name="mine", query="")
    assert delete_view(user=bob, view_id=view.pk) is None
    deleted = delete_view(user=alice, view_id=view.pk)
    assert deleted
    assert deleted.name == "mine"
    assert delete_view(user=alice, view_id=view.pk) is None
