"""Facts get one order and a chain of hashes, whenever they become visible."""

from datetime import datetime

from foureyes import events
from foureyes.events.seal import FIRST, hash_of, seal
from foureyes.models import Event


def tell(now: datetime, *names: str) -> None:
    for name in names:
        events.append(kind=events.Kind.MODULE_BROKEN, at=now, subject=("module", name, name), data={"n": name})


def test_facts_are_numbered_and_chained(db: None, now: datetime) -> None:
    tell(now, "a", "b")
    assert seal() == 2
    tell(now, "c")
    assert [seal(), seal()] == [1, 0]
    previous = str(FIRST["hash"])
    for number, event in enumerate(Event.objects.order_by("sequence"), start=1):
        assert (event.sequence, event.subject_text) == (number, "abc"[number - 1])
        assert event.hash == hash_of(event, previous=previous)
        previous = event.hash


def test_what_becomes_visible_late_comes_after_what_is_sealed(db: None, now: datetime) -> None:
    tell(now, "late", "early")
    late = Event.objects.get(subject_text="late")
    Event.objects.filter(pk=late.pk).delete()
    seal()
    late.save(force_insert=True)
    seal()
    order = Event.objects.order_by("sequence").values_list("subject_text", flat=True)
    assert list(order) == ["early", "late"]


def test_changed_content_has_another_hash(db: None, now: datetime) -> None:
    tell(now, "a")
    seal()
    event = Event.objects.get()
    for column, value in {"data": {"n": "b"}, "actor_name": "eve", "subject_id": "x", "kind": "x.y"}.items():
        forged = Event.objects.get()
        setattr(forged, column, value)
        assert hash_of(forged, previous="") != event.hash


def test_long_queue_is_sealed_some_at_a_time(db: None, now: datetime) -> None:
    tell(now, *"abcde")
    assert [seal(limit=2), seal(limit=2), seal(limit=2)] == [2, 2, 1]
