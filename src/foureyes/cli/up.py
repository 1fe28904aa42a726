"""Commands that run the server on this machine: all of it, or one role alone.

Options are settings (see `foureyes.conf`); an option wins over the environment, the environment over the file.
"""

import os
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foureyes import __version__
from foureyes.cli.local import Data, load_django, refusing, settings
from foureyes.conf import Conf, own_data_dir
from foureyes.errors import Conflict

if TYPE_CHECKING:
    import socket

    from foureyes.bootstrap.start import Start

Jobs = Annotated[Path | None, typer.Option("--jobs", metavar="DIR", help="Folder with the job files.")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Jobs that run at the same time.")]
Queues = Annotated[list[str] | None, typer.Option("--queue", metavar="NAME", help="Queue to work on; repeatable.")]
Demo = Annotated[bool, typer.Option("--demo", help="With sample jobs and a second account. Not for real work.")]
ReadyFile = Annotated[
    Path | None, typer.Option("--ready-file", metavar="FILE", help="Write address and accounts here when all works.")
]


def up(
    jobs: Jobs = None,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    demo: Demo = False,
    ready_file: ReadyFile = None,
) -> None:
    """Start web server, scheduler, worker and notifier, and keep them running until Ctrl-C.

    The first start makes an administrator and prints the password and an API token, once. Unattended:
    FOUREYES_SUPERUSER_NAME, FOUREYES_SUPERUSER_PASSWORD, FOUREYES_SUPERUSER_API_TOKEN and FOUREYES_SUPERUSER_EMAIL.
    """
    with refusing():
        conf = settings(jobs_dir=jobs, data_dir=data, host=host, port=port, workers=workers, demo=demo or None)
        _up(conf, ready_file)


def web(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Run the web server alone."""
    with refusing():
        conf = settings(data_dir=data, host=host, port=port)
        _join(conf)
        from foureyes.processes.installation import Address
        from foureyes.processes.web import serve

        listener = _listen(conf)
        typer.echo(f"Foureyes {__version__} answers at {Address.of(listener).url}")
        serve(listener=listener, application=_application())


def worker(data: Data = None, jobs: Jobs = None, workers: Workers = None, queue: Queues = None) -> None:
    """Run a worker alone: it executes runs of its queues."""
    with refusing():
        _join(settings(data_dir=data, jobs_dir=jobs, workers=workers, queues=queue))
        from foureyes.processes.worker import work

        work()


def scheduler(data: Data = None, jobs: Jobs = None) -> None:
    """Run the scheduler alone: it watches the jobs folder and looks after lost runs."""
    with refusing():
        _join(settings(data_dir=data, jobs_dir=jobs))
        from foureyes.processes.scheduler import schedule

        schedule()


def notifier(data: Data = None) -> None:
    """Run the notifier alone: it starts hooks and delivers webhooks."""
    with refusing():
        _join(settings(data_dir=data))
        from foureyes.processes.notifier import notify

        notify()


def migrate(data: Data = None) -> None:
    """Bring the database up to date. `up` does it by itself."""
    with refusing():
        _join(settings(data_dir=data))
        from foureyes.bootstrap import database

        database.migrate()
        typer.echo("The database is up to date.")


def _join(conf: Conf) -> None:
    """Become one of the processes that work with the data folder."""
    from foureyes.bootstrap import folders

    folders.prepare(conf)
    folders.use(conf)
    load_django(conf)


def _up(conf: Conf, ready_file: Path | None) -> None:
    from foureyes.bootstrap import folders

    folders.prepare(conf)
    folders.hold(conf)
    folders.use(conf)
    listener = _listen(conf)
    if ready_file:
        ready_file.unlink(missing_ok=True)  # of an earlier start: who waits for it waits for this one
    load_django(conf)
    from foureyes.bootstrap.start import start
    from foureyes.processes.installation import Address, supervise
    from foureyes.processes.supervisor import NotReadyError

    started = start(conf=conf, environment=os.environ, meanwhile=_application, now=datetime.now(UTC))
    _forget_secrets()
    server_file, address = conf.run_folder / "server.json", Address.of(listener)

    def announce() -> None:
        from foureyes.bootstrap.accounts import secrets_of

        folders.write_private(server_file, {"url": address.url})
        if ready_file:
            folders.write_private(ready_file, {"url": address.url, "users": secrets_of(started.accounts)})
        _show(conf, started, address.url)

    try:
        supervise(roles=_roles(listener, started), address=address, announce=announce)
    except NotReadyError as error:
        _show_accounts(started)  # made already, and never shown again
        typer.secho(f"Error: {error}", fg="red", err=True)
        raise typer.Exit(1) from None
    finally:
        server_file.unlink(missing_ok=True)


def _roles(listener: "socket.socket", started: "Start") -> dict[str, Any]:
    """What each child does. All code is loaded before the fork, so that the children share its memory."""
    from foureyes.processes.notifier import notify
    from foureyes.processes.scheduler import schedule
    from foureyes.processes.web import serve
    from foureyes.processes.worker import work

    application = _application()
    return {
        "worker": work,
        "web": lambda: serve(listener=listener, application=application),
        "scheduler": lambda: schedule(discovery=started.discovery),
        "notifier": notify,
    }


def _application() -> Any:
    """The ASGI application with all its views loaded."""
    from django.urls import get_resolver

    from foureyes.asgi import application

    _ = get_resolver().url_patterns
    return application


def _listen(conf: Conf) -> "socket.socket":
    from foureyes.processes.web import listen

    try:
        return listen(host=conf.host, port=conf.port)
    except OSError as error:
        raise Conflict(
            f"Cannot listen on port {conf.port} of {conf.host}: {error.strerror or error}."
            " Name another one with --port; 0 takes a free one.",
            code="port_not_free",
        ) from error


def _forget_secrets() -> None:
    """The administrator's secrets were needed once; no child should find them in its environment."""
    for name in ("PASSWORD", "API_TOKEN"):
        os.environ.pop(f"FOUREYES_SUPERUSER_{name}", None)


def _show(conf: Conf, started: "Start", url: str) -> None:
    """What a person needs now."""
    print(f"\nFoureyes {__version__} is ready: {url}")
    if conf.demo:
        print("Demo: whoever reads this has both accounts, so nothing here is really seen by two people.")
    _show_accounts(started)
    print(f"\nJobs  {conf.jobs_folder}\nData  {conf.data_dir}")
    for name, error in started.broken.items():
        print(f"\nThe job file {name} cannot be loaded: {error}")
    if started.accounts:
        print(f"\nTry it:\n  {_line_to_try(started, url)}")
    if conf.data_dir != own_data_dir():
        print(f"\nFor the command line:\n  export FOUREYES_DATA_DIR={shlex.quote(str(conf.data_dir))}")
    print("\nCtrl-C stops everything.", flush=True)


def _show_accounts(started: "Start") -> None:
    for account in started.accounts:
        called = f", {account.full_name} on pages" if account.full_name else ""
        print(f"\n  user {account.name}{called}\n    password   {account.password}\n    API token  {account.token}")
    sys.stdout.flush()


def _line_to_try(started: "Start", url: str) -> str:
    token = started.accounts[0].token
    if started.job_to_try is None:
        return f'curl -H "Authorization: Token {token}" "{url}/api/extras/jobs/"'
    address = f"{url}/api/extras/jobs/{started.job_to_try}/run/"
    return f'curl -X POST -H "Authorization: Token {token}" "{address}"'
