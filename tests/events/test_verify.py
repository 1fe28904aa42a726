"""What was changed, taken out or taken off the end of the chain of facts is found, and named by its number."""

from collections.abc import Callable
from datetime import datetime

import pytest

from foureyes import events
from foureyes.events.seal import hash_of, seal
from foureyes.events.verify import verify
from foureyes.models import Event, SystemValue


@pytest.fixture(autouse=True)
def chain(db: None, now: datetime) -> None:
    """Five sealed facts, and one that waits for its seal."""
    for number in range(1, 7):
        subject = ("module", str(number), f"module {number}")
        events.append(kind=events.Kind.MODULE_BROKEN, at=now, subject=subject, data={"deep": [1.5, None, {"é": True}]})
        if number == 5:
            seal()


def looked(after: int = 0, limit: int = 100) -> tuple[int, int, int, int | None, bool]:
    found = verify(after=after, limit=limit)
    return found.after, found.upto, found.end, found.broken, found.goes_on


def test_what_nobody_touched_is_as_it_was_sealed() -> None:
    assert looked() == (0, 5, 5, None, False)
    assert verify(limit=9).end_hash == Event.objects.get(sequence=5).hash


def test_a_long_chain_is_looked_at_some_at_a_time() -> None:
    assert looked(0, 2) == (0, 2, 5, None, True)
    assert looked(2, 2) == (2, 4, 5, None, True)
    assert looked(4, 2) == (4, 5, 5, None, False)
    assert looked(99, 2) == (5, 5, 5, None, False)


@pytest.mark.parametrize(
    ("what", "number"),
    [
        (lambda rows: rows.filter(sequence=3).update(actor_name="nobody"), 3),
        (lambda rows: rows.filter(sequence=3).update(data={}), 3),
        (lambda rows: rows.filter(sequence=3).update(hash="0" * 64), 3),
        (lambda rows: rows.filter(sequence=3).delete(), 3),
        (lambda rows: rows.filter(sequence=1).delete(), 1),
        (lambda rows: rows.filter(sequence__gte=4).delete(), 4),
        (lambda rows: rows.all().delete(), 1),
    ],
)
def test_the_first_fact_that_is_not_as_it_was_is_named(what: Callable[..., object], number: int) -> None:
    what(Event.objects)
    assert looked()[3:] == (number, False)


def test_pieces_are_not_looked_at_from_a_fact_that_is_gone() -> None:
    Event.objects.filter(sequence=2).delete()
    assert looked(2, 2)[3] == 2


def test_a_fact_that_was_exchanged_together_with_its_hash_breaks_at_its_follower() -> None:
    Event.objects.filter(sequence=2).update(hash=Event.objects.get(sequence=3).hash)
    assert looked(2, 2)[3] == 3


def test_an_end_that_was_sealed_anew_is_found_by_what_is_kept_beside_it() -> None:
    last = Event.objects.get(sequence=5)
    last.actor_name = "eve"
    last.hash = hash_of(last, previous=Event.objects.get(sequence=4).hash)
    last.save()
    assert looked()[3] == 5


def test_where_nothing_is_sealed_yet_there_is_nothing_wrong() -> None:
    SystemValue.objects.all().delete()
    assert looked() == (0, 0, 0, None, False)
