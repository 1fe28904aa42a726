"""Facts are stored with copies of actor and subject, and only inside a transaction."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db.transaction import TransactionManagementError

from foureyes import events
from foureyes.models import Event
from foureyes.users.models import User


def test_actor_and_subject_are_copied(alice: User, now: datetime) -> None:
    group = Group.objects.create(name="operators")
    event = events.append(kind=events.Kind.GROUP_CREATED, at=now, actor=alice, subject=group)
    stored = Event.objects.get(pk=event.pk)
    assert (stored.kind, stored.at, stored.actor_id, stored.actor_name) == ("group.created", now, alice.pk, "alice")
    assert (stored.subject_type, stored.subject_id, stored.subject_text) == ("auth.group", str(group.pk), "operators")


def test_a_subject_that_is_gone_is_named_by_a_triple(db: None, now: datetime) -> None:
    event = events.append(kind=events.Kind.MODULE_BROKEN, at=now, subject=("module", "purge", "purge.py"))
    assert (event.subject_type, event.subject_id, event.subject_text) == ("module", "purge", "purge.py")
    assert event.actor_id is None


def test_long_subject_texts_are_cut(db: None, now: datetime) -> None:
    event = events.append(kind=events.Kind.MODULE_BROKEN, at=now, subject=("module", 1, "x" * 300))
    assert len(event.subject_text) == 200


def test_instants_ids_and_decimals_are_stored_as_text(db: None, now: datetime) -> None:
    data = {"at": now, "id": UUID(int=1), "size": Decimal("1.5")}
    event = events.append(kind=events.Kind.JOB_SYNCED, at=now, data=data)
    event.refresh_from_db()
    assert event.data == {"at": "2026-11-23T12:00:00Z", "id": str(UUID(int=1)), "size": "1.5"}


def test_many_facts_keep_their_order(db: None, now: datetime) -> None:
    facts = [events.fact(kind=events.Kind.RUN_CREATED, at=now, subject=("run", n, "")) for n in range(700)]
    events.append_many(facts)
    assert list(Event.objects.order_by("id").values_list("subject_id", flat=True)) == [str(n) for n in range(700)]


def test_unknown_kinds_are_refused(db: None, now: datetime) -> None:
    with pytest.raises(ValueError):
        events.append(kind="no.such", at=now)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_of_a_transaction_is_an_error(now: datetime) -> None:
    with pytest.raises(TransactionManagementError):
        events.append(kind=events.Kind.RUN_CREATED, at=now)
    assert not Event.objects.exists()


def test_every_kind_has_a_sentence_and_a_dotted_name() -> None:
    for kind in events.Kind:
        assert kind.label.endswith(".")
        assert kind.value.count(".") == 1
