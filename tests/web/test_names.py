"""Names of people on pages: whoever calls themselves like somebody else is told apart."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from tests.web.cast import html, run_of, text

from foureyes.models import Job
from foureyes.users.models import User
from foureyes.web.names import Names

pytestmark = pytest.mark.django_db


def test_a_full_name_of_ones_own_stands_alone(bob: User) -> None:
    bob.first_name, bob.last_name = "Bob", "Builder"
    bob.save()
    names = Names(ids=[bob.pk])
    assert (names.of(bob.pk, "bob"), names.named("bob"), names.of(None, "gone")) == (
        "Bob Builder",
        "Bob Builder",
        "gone",
    )


@pytest.mark.parametrize(
    "called", [("Bob", "Builder"), ("Bob Builder", ""), ("bob", "BUILDER"), ("bob", ""), ("Bob", "Builder (bob)")]
)
def test_who_is_called_like_somebody_else_is_told_by_the_user_name_too(
    alice: User, bob: User, called: tuple[str, str]
) -> None:
    bob.first_name, bob.last_name = "Bob", "Builder"
    bob.save()
    alice.first_name, alice.last_name = called
    alice.save()
    assert Names(ids=[alice.pk]).of(alice.pk, "alice") == f"{alice.get_full_name()} (alice)"
    assert Names(usernames=["alice"]).named("alice").endswith(" (alice)")


def test_lists_and_forms_tell_people_apart_who_are_called_alike(
    pages_of: Callable[[User], Client], admin: User, bob: User, alice: User, job: Job, now: datetime
) -> None:
    User.objects.filter(pk__in=[bob.pk, alice.pk]).update(first_name="Bob", last_name="Builder")
    run = run_of(job, alice, now)
    client = pages_of(admin)
    for page in ("/jobs/results/", f"/jobs/results/{run.pk}/", "/search/?q=builder"):
        assert "Bob Builder (alice)" in text(html(client, page)), page
    for page in ("/admin/permissions/new/", "/admin/can/", "/search/?q=builder"):
        assert "Bob Builder (bob)" in text(html(client, page)), page


def test_people_are_found_by_their_full_names(pages_of: Callable[[User], Client], admin: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(first_name="Zadie", last_name="Quill")
    client = pages_of(admin)
    for page in ("/search/?q=zadie+quill", "/admin/users/?q=zadie+q", f"/admin/users/{bob.pk}/"):
        assert "Zadie Quill" in text(html(client, page)), page
    assert "Zadie" not in html(client, "/search/?q=zadieq")
