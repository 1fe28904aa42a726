"""Stopping and deleting runs: a page that says what happens, and the act."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.errors import NotAllowed
from foureyes.models import JobResult
from foureyes.runs.cancel import cancel, refusal_to_cancel
from foureyes.runs.delete import delete_runs
from foureyes.users.permissions import may
from foureyes.web.results.presenters import job_name_of, number_of
from foureyes.web.results.run import visible_run
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page


@require_http_methods(["GET", "POST"])
@signed_in
def stop(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Asks, then cancels the run."""
    run = visible_run(request.user, pk)
    if request.method == "POST":
        run = cancel(run=run, by=request.user, now=timezone.now())
        ended = run.completed is not None
        messages.success(request, "The run will not start." if ended else "The run was asked to stop.")
        return redirect("web:result", pk=pk)
    refusal = refusal_to_cancel(run=run, by=request.user)
    return _confirm(request, run, "web/results/stop.html", "Stop the run", refusal=refusal.message if refusal else "")


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes the run, or hides that of a gated job, which is evidence."""
    run = visible_run(request.user, pk)
    if not may(request.user, "delete", JobResult, run):
        raise NotAllowed("You may not delete this run. That takes the permission to delete job results.")
    if request.method == "POST":
        delete_runs(runs=[run], by=request.user, now=timezone.now())
        messages.success(request, f"Run {number_of(run)} of {job_name_of(run)} was deleted.")
        return redirect("web:results")
    return _confirm(request, run, "web/results/delete.html", "Delete the run", refusal="")


def _confirm(request: SignedInRequest, run: JobResult, template: str, title: str, *, refusal: str) -> HttpResponse:
    return page(
        request,
        template,
        title=title,
        nav="results",
        crumbs=[
            ("Jobs", "/jobs/"),
            ("Job Results", "/jobs/results/"),
            (f"Run {number_of(run)}", f"/jobs/results/{run.pk}/"),
        ],
        run=run,
        number=number_of(run),
        job_name=job_name_of(run),
        refusal=refusal,
    )
