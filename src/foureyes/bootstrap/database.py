"""The database: can it be reached, is it up to date, and which processes in it are gone."""

import os
import socket
from datetime import datetime

from django.core.management import call_command
from django.db import DatabaseError, connection

from foureyes.errors import Unavailable
from foureyes.models import Worker
from foureyes.runs.workers import leave

# Any number: servers on several machines that start at once on one database migrate one after another.
MIGRATION_LOCK = 4711


def migrate() -> None:
    """Bring the tables up to date. Refuses with a sentence if the database does not answer."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        place = connection.settings_dict["HOST"] or connection.settings_dict["NAME"]
        first_line = str(error).strip().splitlines()[0]
        raise Unavailable(
            f"The database ({place}) cannot be reached: {first_line}. Check FOUREYES_DATABASE_URL.",
            code="database_unreachable",
        ) from error
    if connection.vendor != "postgresql":
        call_command("migrate", verbosity=0, interactive=False)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def forget_dead_processes(*, now: datetime) -> None:
    """Mark workers and schedulers of this machine as stopped whose process is gone, as after a power cut.

    Otherwise they would count as alive until their last sign of life is old.
    """
    for worker in Worker.objects.exclude(state=Worker.State.STOPPED).filter(
        name__startswith=f"{socket.gethostname()}:"
    ):
        pid = worker.name.rpartition(":")[2]
        if pid.isdigit() and not _lives(int(pid)):
            leave(worker=worker, now=now)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
