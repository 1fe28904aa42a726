"""Workers and queues: who is there, what they do, what waits; drain and resume."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from foureyes.models import JobResult, Worker
from foureyes.runs.load import busy_slots, queue_loads
from foureyes.runs.queries import visible_runs
from foureyes.runs.workers import drain, resume
from foureyes.users.permissions import demand_may, may, restrict
from foureyes.web.results.presenters import RunRow, run_rows
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

REMEMBERED = timedelta(days=1)
MOST_RUNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """One process with what it runs now, as far as the person may see."""

    worker: Worker
    is_alive: bool
    runs: list[RunRow]
    busy: int
    may_change: bool


@require_safe
@signed_in
def workers(request: SignedInRequest) -> HttpResponse:
    """Processes of the last day, and queues."""
    demand_may(request.user, "view", Worker)
    now = timezone.now()
    rows = list(
        restrict(Worker.objects.filter(heartbeat_at__gte=now - REMEMBERED), user=request.user, action="view").order_by(
            "kind", "name", "pk"
        )
    )
    alive = {row.pk for row in rows if row.is_alive(now)}
    busy = busy_slots()
    listening = [row for row in rows if row.pk in alive and row.kind == Worker.Kind.WORKER]
    seen = visible_runs(request.user).filter(status=JobResult.Status.RUNNING).select_related("job_model", "grant")
    running = list(run_rows(seen.newest_first()[:MOST_RUNS], deciders={}, now=now))
    return page(
        request,
        "web/administer/workers.html",
        part="web/administer/_workers.html",
        title="Workers & Queues",
        nav="workers",
        now=now,
        workers=[
            WorkerRow(
                worker=row,
                is_alive=row.pk in alive,
                runs=[one for one in running if one.run.worker_id == row.pk],
                busy=busy[row.pk],
                may_change=row.pk in alive
                and row.kind == Worker.Kind.WORKER
                and may(request.user, "change", Worker, row),
            )
            for row in rows
        ],
        queues=queue_loads(listening=listening, busy=busy),
    )


@require_POST
@signed_in
def switch(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lets a worker take no new runs, or take them again."""
    row = restrict(Worker.objects.all(), user=request.user, action="view").filter(pk=pk).first()
    if row is None:
        raise Http404
    demand_may(request.user, "change", Worker, row)
    act = drain if request.POST.get("to") == "drain" else resume
    (changed,) = act(workers=[row], by=request.user, now=timezone.now())
    said = "takes no new runs" if changed.state == Worker.State.DRAINING else "takes runs"
    messages.success(request, f"{row.name} {said}.")
    return redirect("web:workers")
