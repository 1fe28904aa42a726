"""Facts by what they are about."""

from datetime import datetime

import pytest
from django.db import connection, transaction

from foureyes.events import Kind, append
from foureyes.events.queries import about
from foureyes.models import Event

pytestmark = pytest.mark.django_db


def test_facts_are_found_by_what_their_kind_begins_with(now: datetime) -> None:
    told = [Kind.APPROVAL_GRANTED, Kind.RUN_STARTED, Kind.RUN_HIDDEN, Kind.APPROVAL_DENIED]
    with transaction.atomic():
        for kind in told:
            append(kind=kind, at=now)
    assert [event.kind for event in about(Event.objects.order_by("pk"), "approval")] == [told[0], told[3]]
    assert [event.kind for event in about(Event.objects.order_by("pk"), "run")] == [told[1], told[2]]
    assert [event.kind for event in about(Event.objects.order_by("pk"), Kind.RUN_HIDDEN)] == [told[2]]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a table of few rows as a whole")
def test_those_that_are_rare_among_the_facts_of_runs_have_an_index() -> None:
    for subject in ("approval", Kind.RUN_HIDDEN):
        assert "event_of_people" in about(Event.objects.order_by("-pk"), subject)[:50].explain()
