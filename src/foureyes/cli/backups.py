"""`backup`, `restore` and `restored`: they work on the data folder of this machine, not over HTTP."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foureyes.cli.local import Data, demand_installation, load_django, refusing, settings
from foureyes.conf import get_conf

if TYPE_CHECKING:
    from foureyes.backups.backup import BackedUp
    from foureyes.backups.restore import Draft
    from foureyes.backups.restored import Restored

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", dir_okay=False)]
Replace = Annotated[bool, typer.Option("--replace", help="Put aside what is in the data folder. Nothing is deleted.")]


def backup(file: BackupFile, data: Data = None) -> None:
    """Write a backup of the installation to a file, while it runs.

    The file holds the signing key: keep it as closed as the data folder. With PostgreSQL the rows are not in it; run
    pg_dump first, and this right after it.

    \b
    foureyes backup /srv/backups/foureyes-monday.tar
    """
    with refusing():
        conf = settings(data_dir=data)
        demand_installation(conf)
        from foureyes.bootstrap import folders

        folders.use(conf)
        load_django(conf)
        from foureyes.backups.backup import back_up

        _tell_backup(back_up(conf=conf, to=file.expanduser().absolute(), now=datetime.now(UTC)), file)


def restore(file: BackupFile, data: Data = None, replace: Replace = False) -> None:
    """Put a backup into a data folder in which nothing runs.

    What was approved and not used when the backup was made is void, because it may have been used since; it is asked
    for again. Runs that had not ended are ended, planned instants that have passed are skipped, everybody is signed
    out. Accounts, tokens and rights are those of the backup.

    \b
    foureyes restore /srv/backups/foureyes-monday.tar --data /srv/foureyes
    """
    with refusing():
        conf = settings(data_dir=data)
        from foureyes.bootstrap import folders

        folders.prepare(conf)
        folders.use_alone(conf)
        from foureyes.backups.restore import demand_room, drafted, put_in_place

        demand_room(conf=conf, replace=replace)
        now = datetime.now(UTC)
        with drafted(file=file, conf=conf) as draft:
            outcome = _void_in(draft, now) if draft.has_database else None
            aside = put_in_place(draft=draft, conf=conf, now=now)
    typer.echo(f"The backup of {draft.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC is restored to {conf.data_dir}.")
    if aside:
        typer.echo(f"What was there is in {aside}.")
    if outcome:
        _tell_restored(outcome)
    else:
        typer.echo(
            "Its rows are in PostgreSQL: restore them with pg_restore, then run `foureyes restored`, then start."
        )


def restored(data: Data = None) -> None:
    """Void what a restored PostgreSQL database says is approved. Run it after pg_restore and before anything starts."""
    with refusing():
        conf = settings(data_dir=data)
        from foureyes.bootstrap import folders

        folders.prepare(conf)
        folders.use_alone(conf)
        load_django(conf)
        from foureyes.backups.restored import after_restore, demand_nobody_works
        from foureyes.bootstrap import database

        database.migrate()
        now = datetime.now(UTC)
        demand_nobody_works(now)
        _tell_restored(after_restore(made_at=None, now=now))


def _void_in(draft: "Draft", now: datetime) -> "Restored":
    """Bring the rows of a draft up to date and make void what is void, before they are where something could run."""
    os.environ["FOUREYES_DATA_DIR"] = str(draft.folder)
    get_conf.cache_clear()
    load_django(get_conf())
    from django.db import connection

    from foureyes.backups.restore import demand_known_schema
    from foureyes.backups.restored import after_restore
    from foureyes.bootstrap import database

    demand_known_schema(draft.manifest)
    database.migrate()
    outcome = after_restore(made_at=draft.manifest.made_at, now=now)
    connection.close()
    return outcome


def _tell_backup(done: "BackedUp", file: Path) -> None:
    rows = "The rows" if done.database == "sqlite" else "No rows: take those of PostgreSQL with pg_dump. The key"
    typer.echo(f"{rows}, {done.contents} files of runs and {done.job_files} job files are in {file}.")
    if done.jobs_elsewhere:
        typer.echo(f"The job files in {done.jobs_elsewhere} are not in it.")
    for sha256 in done.missing:
        typer.secho(f"Warning: the content {sha256} is gone or damaged.", fg="yellow", err=True)


def _tell_restored(outcome: "Restored") -> None:
    for grant in outcome.voided:
        typer.echo(f"The approval of request {grant.request} is void ({grant.what}); it is asked for again.")
    if not outcome.voided:
        typer.echo("No approval had to be made void.")
    typer.echo(f"Ended runs: {outcome.ended_runs}. Schedules with instants that were skipped: {outcome.skipped}.")
    typer.echo("Accounts, tokens and rights are those of the backup: take back what was taken back since.")
