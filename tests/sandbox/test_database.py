"""Jobs with `Meta.database`: one transaction, and tables that they cannot write (gate G7)."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from tests.sandbox.conftest import Bench, Run
from tests.sandbox.test_child import SAMPLE_JOBS, levels

from foureyes.models import protection

pytestmark = pytest.mark.django_db(transaction=True)


class Database:
    """The database of the product, as the worker hands it to a run."""

    def __init__(self, folder: Path) -> None:
        self.entry = {
            key: connection.settings_dict[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
        }
        self.entry["OPTIONS"] = {"options": f"-c {protection.MARK}=on"}
        if connection.vendor == "sqlite":
            self._copy_to(folder / "copy.sqlite3")

    def _copy_to(self, file: Path) -> None:
        """Tests have theirs in memory, where no other process can see it."""
        connection.ensure_connection()
        with sqlite3.connect(file) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")
        copy.close()
        self.entry["NAME"] = str(file)
        self.entry["OPTIONS"] = {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA synchronous=FULL;",
        }

    def query(self, sql: str) -> list[Any]:
        """From outside."""
        if connection.vendor == "sqlite":
            with sqlite3.connect(self.entry["NAME"], timeout=20) as own:
                rows = own.execute(sql).fetchall()
            own.close()
            return rows
        names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
        given = {names[key]: value for key, value in self.entry.items() if key in names and value}
        with psycopg.connect(**given) as own:
            cursor = own.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def fields(self) -> dict[str, Any]:
        """What the start message says about it."""
        return {"database": self.entry, "protected_tables": sorted(protection.protected_tables())}

    def groups(self) -> list[str]:
        return [name for (name,) in self.query("SELECT name FROM auth_group ORDER BY name")]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    Group.objects.create(name="operators")
    return Database(tmp_path)


def creates_group(bench: Bench, database: Database, **fields: Any) -> Run:
    values = {"group_name": "Group1"}
    return bench.begin_module(
        "sample_jobs", "CreatesGroup", bundle_folder=str(SAMPLE_JOBS), values=values, **database.fields(), **fields
    ).wait()


def test_changes_are_kept_with_commit(bench: Bench, database: Database) -> None:
    run = creates_group(bench, database)
    assert (run.result.outcome, run.result.data) == ("completed", {"output": "\ncreated"})
    assert [(log.level, log.object, log.message) for log in run.logs] == [("success", "Group1", "created")]
    assert database.groups() == ["Group1", "operators"]


def test_changes_are_reverted_without_commit(bench: Bench, database: Database) -> None:
    run = creates_group(bench, database, commit=False)
    assert run.result.outcome == "completed"
    assert levels(run) == [
        ("success", "run", "created"),
        ("info", "run", "Database changes have been reverted automatically."),
    ]
    assert database.groups() == ["operators"]


def test_read_only_job_reverts_without_a_word(bench: Bench, database: Database) -> None:
    run = creates_group(bench, database, read_only=True)
    assert levels(run) == [("success", "run", "created")]
    assert database.groups() == ["operators"]


FAILS = """
from django.contrib.auth.models import Group
class Sample(Job):
    def run(self, data, commit):
        Group.objects.create(name="lost")
        raise RuntimeError("no")
    def post_run(self):
        Group.objects.create(name="kept")
"""


def test_changes_are_reverted_by_an_exception(bench: Bench, database: Database) -> None:
    run = bench.run(FAILS, **database.fields())
    assert levels(run)[1] == ("info", "run", "Database changes have been reverted due to error.")
    assert database.groups() == ["kept", "operators"]


def test_reported_failure_keeps_the_changes(bench: Bench, database: Database) -> None:
    run = bench.run(FAILS.replace("raise RuntimeError", "self.log_failure"), **database.fields())
    assert run.result.outcome == "failed"
    assert database.groups() == ["kept", "lost", "operators"]


def test_cancelled_job_reverts(bench: Bench, database: Database) -> None:
    source = FAILS.replace('raise RuntimeError("no")', 'self.log("made"); __import__("time").sleep(30)')
    run = bench.begin(source, **database.fields()).wait_for("made")
    run.signal("cancel")
    run.wait()
    assert run.result.cause == "cancelled"
    assert "lost" not in database.groups()


OBJECTS = """
from django.contrib.auth.models import Group
class Sample(Job):
    o = ObjectVar(model=Group)
    mo = MultiObjectVar(model=Group)
    def run(self, data, commit):
        return f"{data['o'].name} {[group.name for group in data['mo'].order_by('name')]} {data['mo'].count()}"
"""


def test_object_variables_are_rows(bench: Bench, database: Database) -> None:
    ((key,),) = database.query("SELECT id FROM auth_group")
    run = bench.run(OBJECTS, values={"o": key, "mo": [key]}, **database.fields())
    assert run.result.data["output"] == "\noperators ['operators'] 1"


def test_row_that_has_gone_is_an_error_before_the_start(bench: Bench, database: Database) -> None:
    run = bench.run(OBJECTS, values={"o": 987654, "mo": []}, **database.fields())
    assert (run.result.outcome, run.result.cause) == ("errored", "exception")
    assert levels(run)[0][1] == "initialization"
    assert "The auth.group 987654 that was chosen does not exist any more." in run.messages[0]


TRIES = """
from django.contrib.auth.models import Group
from django.db import connection
class Sample(Job):
    def run(self, data, commit):
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT)
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users_user SET is_superuser = true",
        "DELETE FROM extras_event",
        "DELETE FROM users_objectpermission_users",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', '2030-01-01')",
        "DELETE FROM extras_job WHERE 1 = 1",
        "WITH one AS (SELECT 1) DELETE FROM users_token",
    ],
)
def test_protected_tables_cannot_be_written(bench: Bench, database: Database, statement: str) -> None:
    run = bench.run(TRIES.replace("STATEMENT", repr(statement)), **database.fields())
    assert run.result.outcome == "errored"
    assert "A job may not write the table " in run.messages[0]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has roles for this")
@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("ATTACH 'x.sqlite3' AS other", "A job may not attach or detach databases"),
        ("PRAGMA writable_schema = ON", "A job may not set the pragma writable_schema"),
        ("CREATE TRIGGER t AFTER INSERT ON auth_group BEGIN SELECT 1; END", "A job may not change the schema"),
        ("DROP TABLE auth_group", "A job may not change the schema"),
        ("SELECT session_key FROM django_session", "A job may not read the table django_session"),
    ],
)
def test_ways_around_the_protection_are_closed(bench: Bench, database: Database, statement: str, refusal: str) -> None:
    run = bench.run(TRIES.replace("STATEMENT", repr(statement)), **database.fields())
    assert refusal in run.messages[0]


def test_saving_a_protected_model_is_refused_and_the_job_may_go_on(bench: Bench, database: Database) -> None:
    run = bench.run(
        """
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from foureyes.users.models import User
class Sample(Job):
    def run(self, data, commit):
        try:
            with transaction.atomic():
                User.objects.create(username="mallory", is_superuser=True)
        except DatabaseError as error:
            self.log(str(error).splitlines()[0])
        Group.objects.create(name="after")
""",
        **database.fields(),
    )
    assert run.messages == ["A job may not write the table users_user"]
    assert database.groups() == ["after", "operators"]


def test_job_that_only_reads_leaves_the_database_free_for_writers(bench: Bench, database: Database) -> None:
    run = bench.begin(
        """
import time
from django.contrib.auth.models import Group
class Sample(Job):
    def run(self, data, commit):
        before = Group.objects.count()
        self.log("reading")
        deadline = time.monotonic() + 50
        while Group.objects.count() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        Group.objects.create(name="last")
        return Group.objects.count() - before
""",
        **database.fields(),
    ).wait_for("reading")
    database.query("INSERT INTO auth_group (name) VALUES ('from outside')")
    assert run.wait().result.data["output"] == "\n2"


def test_job_without_database_is_told_what_to_declare(bench: Bench) -> None:
    for query in ("Group.objects.count()", "Group(name='x').save()", "transaction.atomic().__enter__()"):
        run = bench.run(
            "from django.contrib.auth.models import Group\nfrom django.db import transaction\n"
            f"class Sample(Job):\n    def run(self, data, commit):\n        {query}\n"
        )
        assert "NoDatabase: This job has no database" in run.messages[0]
