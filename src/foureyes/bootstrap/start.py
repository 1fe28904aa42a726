"""Everything between "the data folder is ours" and "the processes may start"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foureyes.bootstrap import accounts, database, folders
from foureyes.bootstrap.accounts import Account
from foureyes.catalog.discover import Discovery
from foureyes.catalog.edit import enable_job
from foureyes.conf import Conf
from foureyes.models import Job
from foureyes.users.models import User

DEMO_CREDENTIALS = "demo-credentials.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What was found or made: accounts whose secrets are known, the catalog as read, files that cannot be loaded."""

    accounts: list[Account]
    discovery: Discovery
    broken: Mapping[str, str]
    job_to_try: UUID | None  # one that can be run without inputs and without approval


def start(*, conf: Conf, environment: Mapping[str, str], meanwhile: Callable[[], object], now: datetime) -> Start:
    """Migrate, make the first accounts, read the jobs folder; in the demo also install and enable the sample jobs.

    `meanwhile` is called while processes import the job files.
    """
    database.migrate()
    database.forget_dead_processes(now=now)
    installed = conf.demo and folders.install_samples(conf)
    discovery = Discovery(folder=conf.jobs_folder)
    discovery.step(now=now)
    known = _accounts(conf, environment, now)
    discovery.step(now=now)  # what could not be started at once
    meanwhile()
    report = discovery.scan(now=now)
    if installed:
        _enable_samples(now)
    return Start(accounts=known, discovery=discovery, broken=report.broken, job_to_try=_job_to_try())


def _accounts(conf: Conf, environment: Mapping[str, str], now: datetime) -> list[Account]:
    wish = accounts.wished_administrator(environment)
    if conf.demo:
        return accounts.ensure_demo_accounts(wish=wish, file=conf.data_dir / DEMO_CREDENTIALS, now=now)
    administrator = accounts.ensure_administrator(wish=wish, now=now)
    return [administrator] if administrator else []


def _enable_samples(now: datetime) -> None:
    administrator = User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined", "pk").first()
    if administrator is None:
        return
    modules = [file.stem for file in folders.SAMPLES.glob("*.py")]
    for job in Job.objects.filter(source=Job.Source.LOCAL, module_name__in=modules, enabled=False):
        enable_job(job=job, by=administrator, now=now)


def _job_to_try() -> UUID | None:
    jobs = Job.objects.filter(enabled=True, installed=True, import_error="", gated=False, approval_required=False)
    for job in jobs.filter(is_job_hook_receiver=False, read_only=True).order_by("module_name", "job_class_name"):
        if not any(variable["required"] for variable in job.variables):  # defaults fill forms, not calls
            return job.pk
    return None
