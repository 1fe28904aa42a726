"""Names of people on pages: whoever calls themselves like somebody else is told apart."""

import pytest

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
