"""What is wrong with the installation, in sentences with a hint each. Every check answers for itself."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.views import OwnView
from foureyes.catalog.notes import APPROVAL_IGNORED, receivers_that_ignore_approval
from foureyes.catalog.queries import broken_modules
from foureyes.conf import get_conf
from foureyes.models import Job, JobHook, JobResult, Webhook, WebhookDelivery, Worker
from foureyes.users.models import User

LITTLE_SPACE = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "warning", "error"]
    code: str
    text: str
    hint: str = ""


class Superuser(BasePermission):
    """Findings tell about the machine."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Only for administrators."""
        return isinstance(request.user, User) and request.user.is_superuser


class Doctor(OwnView):
    """The findings."""

    permission_classes = (Superuser,)

    @extend_schema(operation_id="doctor_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """All of them, good ones included."""
        now = timezone.now()
        return Response({"findings": [asdict(finding) for check in CHECKS for finding in check(now)]})


def database(now: datetime) -> Iterator[Finding]:
    """Is the schema the one of this version?"""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        text = f"The database lacks {len(missing)} changes of this version."
        yield Finding(level="error", code="migrations", text=text, hint="Restart with `foureyes up`, which makes them.")
    else:
        yield Finding(level="ok", code="database", text=f"The database is {connection.display_name}, up to date.")


def processes(now: datetime) -> Iterator[Finding]:
    """Does somebody execute runs and keep the schedule?"""
    alive = list(Worker.objects.alive(now))
    workers = [row for row in alive if row.kind == Worker.Kind.WORKER]
    if not workers:
        hint = "Start one with `foureyes worker`, or everything with `foureyes up`."
        yield Finding(level="error", code="no_worker", text="No worker is alive: nothing runs.", hint=hint)
    elif all(row.state == Worker.State.DRAINING for row in workers):
        hint = "Let them go on with `foureyes workers resume`."
        yield Finding(level="warning", code="drained", text="All workers are drained: nothing new runs.", hint=hint)
    else:
        slots = sum(row.slots for row in workers)
        yield Finding(level="ok", code="workers", text=f"Workers with {slots} slots in all are alive.")
    if not any(row.kind == Worker.Kind.SCHEDULER for row in alive):
        hint = "Start one with `foureyes scheduler`."
        text = "No scheduler is alive: new job files are not found, lost runs are not noticed."
        yield Finding(level="error", code="no_scheduler", text=text, hint=hint)
    else:
        yield Finding(level="ok", code="scheduler", text="A scheduler is alive.")


def hooks(now: datetime) -> Iterator[Finding]:
    """Does somebody start hooks and send messages, and are they taken?"""
    notifies = Worker.objects.alive(now).filter(kind=Worker.Kind.NOTIFIER).exists()
    if not notifies and (
        JobHook.objects.filter(enabled=True).exists() or Webhook.objects.filter(enabled=True).exists()
    ):
        text = "No notifier is alive: no hook is started, and no webhook sent."
        yield Finding(level="error", code="no_notifier", text=text, hint="Start one with `foureyes notifier`.")
    given_up = WebhookDelivery.objects.filter(state=WebhookDelivery.State.FAILED).count()
    if given_up:
        text = f"{given_up} messages of webhooks were given up."
        hint = "GET /api/webhook-deliveries/?state=failed has the reasons; each can be sent again."
        yield Finding(level="warning", code="messages_given_up", text=text, hint=hint)


def queues(now: datetime) -> Iterator[Finding]:
    """Does somebody listen on the queues that runs wait in?"""
    served = {queue for row in Worker.objects.taking_runs(now) for queue in row.queues}
    waiting = JobResult.objects.filter(status=JobResult.Status.PENDING).order_by().values_list("queue", flat=True)
    for queue in sorted(set(waiting.distinct()) - served):
        text = f"Runs wait in the queue {queue}, on which no worker listens."
        yield Finding(level="warning", code="queue_unserved", text=text, hint="Start a worker for it, or cancel them.")


def job_files(now: datetime) -> Iterator[Finding]:
    """Can the jobs be loaded?"""
    folder = get_conf().jobs_folder
    if not folder.is_dir():
        hint = "Make it, or name another one with --jobs."
        yield Finding(level="warning", code="no_folder", text=f"The jobs folder {folder} does not exist.", hint=hint)
    broken = broken_modules()
    for module in broken:
        text = f"{module.module_name} cannot be loaded: {module.error}"
        yield Finding(
            level="warning", code="job_file_broken", text=text, hint="Mend the file; it is read again at once."
        )
    if not broken:
        text = f"{Job.objects.filter(installed=True).count()} jobs are installed, and every job file can be loaded."
        yield Finding(level="ok", code="jobs", text=text)


def receivers(now: datetime) -> Iterator[Finding]:
    """Do jobs require an approval that nobody is asked for?"""
    for job in receivers_that_ignore_approval():
        hint = "Look at its hooks; what has to be approved must not be a receiver."
        yield Finding(
            level="warning", code=APPROVAL_IGNORED.code, text=f"{job.name}: {APPROVAL_IGNORED.text}", hint=hint
        )


def disk(now: datetime) -> Iterator[Finding]:
    """Is there room?"""
    folder = get_conf().data_dir
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB are free in {folder}."
    if free < LITTLE_SPACE:
        yield Finding(level="warning", code="disk", text=text, hint="Make room: a full disk stops every run.")
    else:
        yield Finding(level="ok", code="disk", text=text)


CHECKS: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
    database,
    processes,
    hooks,
    queues,
    job_files,
    receivers,
    disk,
)
