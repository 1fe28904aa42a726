"""Are there processes that do the work, jobs that can be loaded, and schedules that go on?"""

from collections.abc import Iterator
from datetime import datetime

from foureyes.catalog.queries import broken_modules
from foureyes.checkups.finding import Finding, error, good, warning
from foureyes.conf import get_conf
from foureyes.models import Job, JobHook, JobResult, ScheduledJob, Webhook, WebhookDelivery, Worker
from foureyes.schedules.lifecycle import State
from foureyes.schedules.queries import without_active_owner

NAMED = 5


def processes(now: datetime) -> Iterator[Finding]:
    """Does somebody execute runs and keep the schedule?"""
    alive = list(Worker.objects.alive(now))
    workers = [row for row in alive if row.kind == Worker.Kind.WORKER]
    if not workers:
        hint = "Start one with `foureyes worker`, or everything with `foureyes up`."
        yield error("no_worker", "No worker is alive: nothing runs.", hint)
    elif all(row.state == Worker.State.DRAINING for row in workers):
        hint = "Let them go on with `foureyes workers resume`."
        yield warning("drained", "All workers are drained: nothing new runs.", hint)
    else:
        yield good("workers", f"Workers with {sum(row.slots for row in workers)} slots in all are alive.")
    if any(row.kind == Worker.Kind.SCHEDULER for row in alive):
        yield good("scheduler", "A scheduler is alive.")
    else:
        text = "No scheduler is alive: nothing is fired, new job files are not found, lost runs are not noticed."
        yield error("no_scheduler", text, "Start one with `foureyes scheduler`.")


def queues(now: datetime) -> Iterator[Finding]:
    """Does somebody listen on the queues that runs wait in?"""
    served = {queue for row in Worker.objects.taking_runs(now) for queue in row.queues}
    waiting = JobResult.objects.filter(status=JobResult.Status.PENDING).order_by().values_list("queue", flat=True)
    for queue in sorted(set(waiting.distinct()) - served):
        text = f"Runs wait in the queue {queue}, on which no worker listens."
        yield warning("queue_unserved", text, "Start a worker for it, or cancel them.")


def hooks(now: datetime) -> Iterator[Finding]:
    """Does somebody start hooks and send messages, and are they taken?"""
    wanted = JobHook.objects.filter(enabled=True).exists() or Webhook.objects.filter(enabled=True).exists()
    if wanted and not Worker.objects.notifies(now):
        text = "No notifier is alive: no hook is started, and no webhook sent."
        yield error("no_notifier", text, "Start one with `foureyes notifier`.")
    given_up = WebhookDelivery.objects.filter(state=WebhookDelivery.State.FAILED).count()
    if given_up:
        text = f"Messages of webhooks that were given up: {given_up}."
        hint = "`foureyes webhooks messages --failed` has the reasons; the API can send each again."
        yield warning("messages_given_up", text, hint)


def job_files(now: datetime) -> Iterator[Finding]:
    """Can the jobs be loaded?"""
    folder = get_conf().jobs_folder
    if not folder.is_dir():
        text = f"The jobs folder {folder} does not exist."
        yield warning("no_folder", text, "Make it, or name another one with --jobs.")
    broken = broken_modules()
    for module in broken:
        text = f"{module.module_name} cannot be loaded: {module.error}"
        yield warning("job_file_broken", text, "Mend the file; it is read again at once.")
    if not broken:
        count = Job.objects.filter(installed=True).count()
        yield good("jobs", f"Installed jobs: {count}. Every job file can be loaded.")


def schedules(now: datetime) -> Iterator[Finding]:
    """Which schedules cannot go on, or will not?"""
    errored = ScheduledJob.objects.filter(state=State.ERRORED).order_by("name", "id")
    if names := _named(errored):
        yield warning(
            "schedules_errored", f"Schedules that cannot go on: {names}.", "`foureyes doctor schedule` says why."
        )
    alone = without_active_owner().exclude(state=State.ERRORED)
    if names := _named(alone):
        hint = "Take them over with `foureyes schedules take-over`."
        yield warning("schedules_alone", f"Schedules whose requester is gone or inactive: {names}.", hint)


def _named(rows: object) -> str:
    found = [row.name for row in rows[: NAMED + 1]]  # type: ignore[index]  # a queryset of either kind
    return ", ".join(found[:NAMED]) + (" and more" if len(found) > NAMED else "")
