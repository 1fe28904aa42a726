"""Instants come from the database as they were given to it, whatever their fraction of a second."""

from datetime import UTC, datetime

from django.db.models import DateTimeField, Value
from hypothesis import given
from hypothesis import strategies as st

from foureyes.users.models import User


def read(user: User, at: datetime) -> datetime:
    rows = User.objects.filter(pk=user.pk).annotate(at=Value(at, DateTimeField()))
    return rows.values_list("at", flat=True).get()


def test_what_is_given_is_read(alice: User) -> None:
    @given(at=st.datetimes(timezones=st.just(UTC)))
    def check(at: datetime) -> None:
        found = read(alice, at)
        assert (found, found.utcoffset(), found.isoformat()) == (at, at.utcoffset(), at.isoformat())

    check()
