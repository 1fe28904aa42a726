"""The tables that say who may do what are out of reach for a job's database session."""

import pytest
from django.db import DatabaseError, connection, transaction

from foureyes.models.protection import MARK, protected_tables
from foureyes.users.models import User

postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: triggers hold it there"
)


def test_people_tokens_grants_events_and_runs_are_protected() -> None:
    assert {
        "users_user",
        "users_token",
        "users_objectpermission",
        "users_objectpermission_users",
        "extras_job",
        "extras_jobresult",
        "extras_grant",
        "extras_requestparty",
        "extras_event",
    } <= protected_tables()


def test_groups_of_the_framework_are_left_to_jobs() -> None:
    assert "auth_group" not in protected_tables()


@postgresql_only
@pytest.mark.parametrize(
    "statement",
    ["UPDATE users_user SET is_superuser = true", "DELETE FROM extras_event", "TRUNCATE extras_grant CASCADE"],
)
def test_a_session_marked_as_a_job_cannot_write_a_protected_table(alice: User, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {MARK} = 'on'")
        with pytest.raises(DatabaseError, match="A job may not write the table"), transaction.atomic():
            cursor.execute(statement)


@postgresql_only
def test_a_session_marked_as_a_job_may_read_and_write_other_tables(db: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {MARK} = 'on'")
        cursor.execute("INSERT INTO auth_group (name) VALUES ('made by a job')")
        cursor.execute("SELECT count(*) FROM users_user")
        assert cursor.fetchone() == (0,)
