"""`foureyes run JOB`: starts a job, with an option for each of its variables.

The command for a job is made from the job's description on the server, when the command line names the job.
"""

import inspect
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from foureyes.cli import run_later
from foureyes.cli.approval_lookup import show_waiting
from foureyes.cli.client import Client, Row
from foureyes.cli.completion import PATIENCE_SECONDS
from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.follow import follow, leave
from foureyes.cli.inputs import collect
from foureyes.cli.lookup import JOBS, find_job, slugified
from foureyes.cli.places import find_place
from foureyes.cli.planned_times import seconds_of
from foureyes.cli.remote import Here, answering, remote
from foureyes.cli.screen import safe
from foureyes.cli.sending import TERMS, send
from foureyes.cli.variables import PREFIX, option_names, parameters

HELP = """Run a job.

\b
foureyes run JOB --help                              what JOB does, and its variables
foureyes run purge-old-files --folder /tmp --days 30 --dry-run
foureyes run backup --follow                         show log and progress until it ends
foureyes run import --data @values.json --file table=hosts.csv
foureyes run backup --crontab "30 2 * * *" --name nightly    store a schedule

Defaults of variables apply as in a form. Without --follow the command returns as soon as the run is accepted.
With --at, --every or --crontab it is stored for later, after a look at what that means.
A job that needs approval needs a --reason, and waits for a second person; --decide-within says how long.
"""
VALUED = {
    "--url",
    "--token",
    "--queue",
    "--reason",
    "--decide-within",
    "--data",
    "--file",
} | run_later.VALUED  # own options that take a value
LABELS = {"task_queue": "--queue", "data": "--data", **TERMS}
FLAGS = {"--json", "--dry-run", "--follow", "--commit", "--no-commit", "--yes", "--help"}
TAKEN = VALUED | FLAGS | {"--decide-before-start", "--no-tell"}


def start(
    here: Here,
    *,
    job: Row,
    specs: list[Row],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what the run would do.")] = False,
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Show log and progress until it ends.")] = False,
    queue: Annotated[str | None, typer.Option(metavar="NAME", help="Queue; default: the job's first.")] = None,
    commit: Annotated[bool | None, typer.Option(help="Keep what it does; default: as the job says.")] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; whoever has to approve it reads that.")
    ] = None,
    decide_within: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="If nobody decides so long, as 8h, it expires and never runs.")
    ] = None,
    decide_before_start: Annotated[
        bool, typer.Option("--decide-before-start", help="If nobody decides before its first run, it expires.")
    ] = False,
    no_tell: Annotated[bool, typer.Option("--no-tell", help="Do not tell me on the pages how it was decided.")] = False,
    data: Annotated[
        str | None, typer.Option(metavar="JSON", help="Variables as a JSON object, @FILE, or @- for standard input.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option(metavar="VARIABLE=PATH", help="File of a file variable; repeatable.")
    ] = None,
    **given: Any,
) -> None:
    """Start the job and say how it goes on, or store a schedule."""
    if dry_run and commit:
        raise Failure("--dry-run and --commit exclude each other.", ExitCode.USAGE)
    options = option_names(specs, TAKEN)
    later = run_later.wanted(given)
    if later and (dry_run or follow_it):
        raise Failure("--dry-run and --follow are for what runs now, not for a schedule.", ExitCode.USAGE)
    plan = run_later.plan_of(later, options) if later else None
    values = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    inputs = collect(specs, values, options, data=data, files=file or [])
    terms = _given(
        decide_within_seconds=seconds_of(decide_within, "--decide-within") if decide_within else None,
        decide_before_start=decide_before_start or None,
        tell_requester=False if no_tell else None,
    )
    if plan is not None:
        control = _given(commit=commit, queue=queue, reason=reason) | terms
        run_later.store(here, job, inputs, control | plan, given=later, options=options, yes=given["yes"])
        return
    path = f"/api/jobs/{job['id']}/{'dry-run' if dry_run else 'run'}/"
    control = _given(task_queue=queue) if dry_run else _given(commit=commit, task_queue=queue, reason=reason) | terms
    answer = send(here.client, path, inputs, control, key="data", labels={**options, **LABELS})
    _show_answer(here, answer, follow_it=follow_it)


def _given(**control: Any) -> Row:
    return {name: value for name, value in control.items() if value is not None}


def _show_answer(here: Here, answer: Row, *, follow_it: bool) -> None:
    run = answer.get("job_result", answer)  # of a dry run the answer is the run itself
    if run is None:
        show_waiting(here, answer["schedule"]["id"], answer)
    elif follow_it:
        here.screen.say(f"Run {run['id']}")
        follow(here, run["id"])
    elif here.screen.as_json:
        here.screen.json(answer)
    else:
        here.screen.say(f"Run {run['id']} of {safe(run['name'])} waits for a worker.")
        leave(here, run["id"])


def command_for(client: Client, job: Row) -> Any:
    """The command that runs this job: the options of `start`, and one for each variable."""
    specs = list(client.get(f"/api/jobs/{job['id']}/variables/"))
    own = [p for p in inspect.signature(start).parameters.values() if p.name not in {"job", "specs", "given"}]
    variables = parameters(specs, option_names(specs, TAKEN))
    signature = inspect.Signature([*own, *run_later.parameters(), *variables])

    def run_this(here: Here, /, **options: Any) -> None:
        start(here, job=job, specs=specs, **options)

    run_this.__signature__ = signature  # type: ignore[attr-defined]  # read by `remote`
    about = client.get(f"{JOBS}{job['id']}/")["description"].strip()
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name=slugified(job["name"]), help=f"{safe(job['name'])}\n\n\b\n{safe(about)}")(remote(run_this))
    return typer.main.get_command(single)


class JobsAsCommands(TyperGroup):
    """A group whose commands are the jobs on the server. Contexts are Typer's own and therefore `Any` here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "rich_markup_mode": None})  # authors' texts are no markup

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The command's own options may stand before the job's name, too: they are moved behind it."""
        ahead = _options_ahead(args)
        if 0 < ahead < len(args):
            args = [args[ahead], *args[:ahead], *args[ahead + 1 :]]
        elif ahead and args != ["--help"]:
            ctx.fail("Missing the name of the job.")
        return list(super().parse_args(ctx, args))

    def list_commands(self, ctx: Any) -> list[str]:
        """The jobs that can be run, as they are named in a shell; none when the server is away."""
        return list(self._summaries())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help and completion show of a job, without asking the server for its variables."""
        summary = self._summaries().get(cmd_name, "")
        single = typer.Typer(add_completion=False)
        single.command(name=cmd_name, help=summary)(lambda: None)
        return typer.main.get_command(single)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the job that the first argument names, and the arguments left for it."""
        name, *rest = args
        with answering():
            place = find_place(url=_value_of("--url", rest), token=_value_of("--token", rest))
            client = Client(place)
            return name, command_for(client, find_job(client, name)), rest

    def _summaries(self) -> dict[str, str]:
        """Runnable jobs with the first line of their descriptions, asked for once."""
        if not hasattr(self, "_known"):
            try:
                client = Client(find_place(), read_seconds=PATIENCE_SECONDS)
                rows = list(client.rows(JOBS, enabled="true", installed="true", hidden="false"))
            except Failure:
                rows = []
            self._known = {slugified(job["name"]): safe(job["description"]).strip().split("\n")[0] for job in rows}
        return self._known


def _options_ahead(args: list[str]) -> int:
    """How many arguments before the job's name are options of the command, with their values."""
    position = 0
    while position < len(args) and args[position].startswith("-"):
        position += 2 if args[position] in VALUED else 1
    return min(position, len(args))


def _value_of(option: str, args: list[str]) -> str | None:
    """The value of an option of ours, read before the options of the job are known."""
    value = None
    for position, arg in enumerate(args):
        if arg == option and position + 1 < len(args):
            value = args[position + 1]
        elif arg.startswith(f"{option}="):
            value = arg.partition("=")[2]
    return value


app = typer.Typer(cls=JobsAsCommands, no_args_is_help=True, subcommand_metavar="JOB [OPTIONS]", help=HELP)
