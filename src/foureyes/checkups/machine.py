"""Is the ground sound: database, disk, clock, zones, backups, and the boundary between jobs and the server?"""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from foureyes.checkups.finding import Finding, error, good, warning
from foureyes.conf import get_conf
from foureyes.events import Kind
from foureyes.models import Event, ScheduledJob, SystemValue, Worker
from foureyes.schedules.lifecycle import LIVE
from foureyes.schedules.zone_rules import NAME as ZONE_RULES
from foureyes.triggers import rules_edition
from foureyes.triggers.zones import zone_names

LITTLE_SPACE = 2**30
TOLERATED = timedelta(seconds=5)  # between clocks of machines that are kept in time
OLD_BACKUP = timedelta(days=7)


def database(now: datetime) -> Iterator[Finding]:
    """Is the schema the one of this version?"""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        text = f"The database lacks {len(missing)} changes of this version."
        yield error("migrations", text, "Run `foureyes migrate`, or restart with `foureyes up`.")
    else:
        yield good("database", f"The database is {connection.display_name}, up to date.")


def boundary(now: datetime) -> Iterator[Finding]:
    """What keeps job code from the data folder, and from our tables?"""
    conf = get_conf()
    if not conf.run_as_user:
        own = pwd.getpwuid(os.geteuid()).pw_name
        text = f"Jobs run as {own}, the user of the server: hostile job code could read its data folder."
        yield warning("no_boundary", text, "Set FOUREYES_RUN_AS_USER to a user of its own for jobs (needs root).")
    elif not _has_account(conf.run_as_user):
        text = f"There is no user {conf.run_as_user} on this machine (FOUREYES_RUN_AS_USER): no job can start."
        yield error("no_run_as_user", text, "Make the account, or name another one.")
    elif os.geteuid() != 0:
        text = "FOUREYES_RUN_AS_USER is set, and the server does not run as root: no job can start."
        yield error("not_root", text, "Start it as root, or take the setting away.")
    else:
        yield good("boundary", f"Jobs run as {conf.run_as_user}, to whom the data folder is closed.")
    if stat.S_IMODE(conf.data_dir.stat().st_mode) & 0o077:
        text = f"Others on this machine may look into the data folder {conf.data_dir}."
        yield warning("data_folder_open", text, f"Close it: chmod 700 {conf.data_dir}")
    if conf.allow_database_jobs and connection.vendor == "postgresql" and not conf.job_database_url:
        text = "Jobs with Meta.database use the server's own role: only triggers keep them from its tables."
        hint = "Name a role with fewer rights (FOUREYES_JOB_DATABASE_URL), or forbid such jobs."
        yield warning("job_role", text, hint)


def disk(now: datetime) -> Iterator[Finding]:
    """Is there room?"""
    folder = get_conf().data_dir
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB are free in {folder}."
    if free < LITTLE_SPACE:
        yield warning("disk", text, "Make room: a full disk stops every run.")
    else:
        yield good("disk", text)


def clock(now: datetime) -> Iterator[Finding]:
    """Do all clocks agree, and did none go back? Instants of schedules are compared with them."""
    if (skew := abs(_database_clock(now) - now)) > TOLERATED:
        text = f"The clocks of this machine and of the database differ by {skew.total_seconds():.0f} seconds."
        yield error("clock_differs", text, "Keep both in time, with NTP.")
    ahead = Worker.objects.filter(heartbeat_at__gt=now + TOLERATED).first()
    newest = Event.objects.order_by("-at").values_list("at", flat=True).first()
    if ahead is not None:
        text = f"The clock of {ahead.name} is ahead of this one, or this one went back."
        yield error("clock_ahead", text, "Keep all machines in time, with NTP.")
    elif newest is not None and newest > now + TOLERATED:
        text = f"Something is recorded for {newest:%Y-%m-%d %H:%M:%S} UTC, which is yet to come: the clock went back."
        yield error("clock_back", text, "Set the clock; until then schedules wait for that moment.")
    else:
        yield good("clock", f"It is {now:%Y-%m-%d %H:%M:%S} UTC, and nothing speaks against that.")


def zones(now: datetime) -> Iterator[Finding]:
    """Are the rules of time zones there, and the ones that stored instants were computed with?"""
    known = zone_names()
    if len(known) < 2:
        text = "There are no rules of time zones on this machine."
        yield error("no_zones", text, "Install the package tzdata of the system.")
        return
    used = ScheduledJob.objects.filter(state__in=LIVE).order_by().values_list("time_zone", flat=True).distinct()
    for zone in sorted(set(used) - known):
        text = f"Schedules use the zone {zone}, which the rules of this machine do not have."
        yield error("zone_unknown", text, "Update tzdata, or give those schedules another zone.")
    edition, stored = rules_edition(), SystemValue.objects.filter(name=ZONE_RULES).first()
    if stored is not None and stored.value != edition:
        text = f"Instants were computed with the zone rules {stored.value}, and this machine has {edition}."
        yield warning(
            "zones_changed", text, "The scheduler computes them anew; all machines should have the same rules."
        )
    else:
        yield good("zones", f"The rules of time zones are {edition}.")


def backups(now: datetime) -> Iterator[Finding]:
    """When was the last one?"""
    last = Event.objects.filter(kind=Kind.INSTALLATION_BACKED_UP).order_by("-at").values_list("at", flat=True).first()
    hint = "`foureyes backup FILE` makes one while everything runs."
    if last is None:
        yield warning("no_backup", "No backup was made yet.", hint)
    elif now - last > OLD_BACKUP:
        yield warning("old_backup", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.", hint)
    else:
        yield good("backup", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.")


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _database_clock(now: datetime) -> datetime:
    """The time on the database's machine; SQLite is on this one."""
    if connection.vendor != "postgresql":
        return now
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [found] = cursor.fetchone()
    return datetime.fromtimestamp(found.timestamp(), UTC)
