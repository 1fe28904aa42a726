"""Which tables a job that has the database may not write (gate G7), and how PostgreSQL holds it.

On SQLite the child's connection has an authorizer. On PostgreSQL every protected table has a trigger that refuses
writes of sessions which carry the mark of a job. A job that holds the installation's own role could take the mark off
again; an installation that needs more gives jobs a role of their own (`FOUREYES_JOB_DATABASE_URL`).
"""

from typing import Any

from django.apps import apps
from django.db import connections

MARK = "foureyes.job"
OWN_APPS = ("extras", "users")
FRAMEWORK_TABLES = ("django_content_type", "django_migrations", "django_session")

FUNCTION = f"""
CREATE OR REPLACE FUNCTION foureyes_refuse_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('{MARK}', true) = 'on' THEN
        RAISE EXCEPTION 'A job may not write the table %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER foureyes_refuse_job
BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION foureyes_refuse_job()
"""


def protected_tables() -> set[str]:
    """All tables of our own apps, and those of the framework that say who is signed in and what exists."""
    models = [model for label in OWN_APPS for model in apps.get_app_config(label).get_models(include_auto_created=True)]
    return {model._meta.db_table for model in models} | set(FRAMEWORK_TABLES)


def protect_tables(*, using: str, **_: Any) -> None:
    """After every migration: put the trigger on each protected table that exists. Does nothing on SQLite."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    present = protected_tables() & set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(FUNCTION)
        for table in sorted(present):
            cursor.execute(TRIGGER.format(table=table))
