"""The list: which requests it has for whom, its order, filters, and how many queries it takes."""

from typing import Any

from tests.web.approvals.conftest import PagesOf, text_of

from foureyes.users.models import User

QUEUE = "/jobs/approvals/"


def test_all_current_requests_are_shown_first(pages_of: PagesOf, ask: Any, bob: User, alice: User) -> None:
    request = ask()
    page = text_of(pages_of(bob).get(QUEUE))
    assert "All 1 For me 1 Mine 0 Decided" in page
    assert "Purge" in page
    assert "Runs when approved" in page
    assert "Medium risk" in page or "High risk" in page
    assert str(request.pk) in pages_of(alice).get(f"{QUEUE}?show=mine").content.decode()
