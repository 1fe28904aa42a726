"""Many rows with one statement."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection

from foureyes.models import Event, Occurrence, ScheduledJob, SystemValue, Worker
from foureyes.models.bulk import insert_rows, update_rows
from foureyes.users.models import User


def test_rows_come_back_as_they_were_given(db: None, now: datetime) -> None:
    ids = [uuid.uuid4(), uuid.uuid4()]
    texts = ["plain", "“quotes” \\ 100 % ' \" \n ü"]
    instants = [now, now + timedelta(microseconds=1)]
    assert (
        insert_rows(
            Event,
            {"id": ids, "subject_text": texts, "at": instants, "data": [{"a": [1, None, "ü"]}, {}]},
            same={
                "kind": "x",
                "actor_id": None,
                "actor_name": "",
                "subject_type": "",
                "subject_id": "",
                "action": "",
                "hash": "",
            },
        )
        == 2
    )
    rows = [Event.objects.get(pk=key) for key in ids]
    assert [row.subject_text for row in rows] == texts
    assert [row.at for row in rows] == instants
    assert [row.data for row in rows] == [{"a": [1, None, "ü"]}, {}]
    assert [row.actor_id for row in rows] == [None, None]


def test_values_equal_in_all_rows_may_be_documents(db: None, now: datetime) -> None:
    ids = [uuid.uuid4()]
    same = {"kind": "worker", "queues": ["a", "b"], "slots": 2, "state": "running", "started_at": now}
    insert_rows(Worker, {"id": ids, "name": ["w"], "heartbeat_at": [now]}, same=same)
    row = Worker.objects.get()
    assert (row.queues, row.slots, row.started_at) == (["a", "b"], 2, now)


def test_rows_that_exist_are_left_out_if_asked_for(db: None) -> None:
    columns = {"name": ["a", "b"], "value": [1, 2]}
    assert insert_rows(SystemValue, columns, ignore_conflicts=True) == 2
    assert insert_rows(SystemValue, {"name": ["b", "c"], "value": [9, 9]}, ignore_conflicts=True) == 1
    assert dict(SystemValue.objects.values_list("name", "value")) == {"a": 1, "b": 2, "c": 9}


def test_rows_that_exist_are_an_error_otherwise(db: None) -> None:
    insert_rows(SystemValue, {"name": ["a"], "value": [1]})
    with pytest.raises(IntegrityError):
        insert_rows(SystemValue, {"name": ["a"], "value": [1]})


def test_text_that_is_too_long_is_never_cut(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no lengths")
    with pytest.raises(DataError):
        insert_rows(SystemValue, {"name": ["a" * 101], "value": [1]})


def test_update_sets_each_row_its_own(admin: User, now: datetime) -> None:
    rows = [
        ScheduledJob.objects.create(
            name=name, interval="future", start_time=now, decided_until=now, created=now, date_changed=now, user=admin
        )
        for name in "abc"
    ]
    later = now + timedelta(hours=1)
    changed = update_rows(
        ScheduledJob,
        [rows[0].pk, rows[1].pk, uuid.uuid4()],
        {"next_run_at": [None, later, now], "total_run_count": [1, 2, 3], "state": ["finished", "active", "active"]},
    )
    assert changed == 2
    found = ScheduledJob.objects.order_by("name").values_list("next_run_at", "total_run_count", "state")
    assert list(found) == [(None, 1, "finished"), (later, 2, "active"), (None, 0, "active")]


def test_binary_values_and_references_are_taken(admin: User, now: datetime) -> None:
    schedule = ScheduledJob.objects.create(
        name="a", interval="future", start_time=now, decided_until=now, created=now, date_changed=now, user=admin
    )
    insert_rows(
        Occurrence,
        {"id": [uuid.uuid4()], "scheduled_job": [schedule.pk], "planned_at": [now]},
        same={"revision": 1, "count": 1, "fate": "fired", "reason": "", "decided_at": now, "last_planned_at": None},
    )
    assert Occurrence.objects.get().scheduled_job == schedule
