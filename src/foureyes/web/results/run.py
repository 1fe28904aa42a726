"""The page of one run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.conf import get_conf
from foureyes.models import Job, JobLogEntry, JobResult, OutputFile, RequestParty, RunChange
from foureyes.runs.cancel import refusal_to_cancel
from foureyes.runs.queries import log_lines_before, visible_runs
from foureyes.runs.usual import history_of, steps_begun
from foureyes.runs.waiting import why_it_waits
from foureyes.users.models import User
from foureyes.users.permissions import may
from foureyes.web.inputs import shown_inputs
from foureyes.web.names import Names, parts_of
from foureyes.web.results.after import after_of, behind
from foureyes.web.results.presenters import (
    job_name_of,
    length_of,
    levels_of,
    message_lines,
    number_of,
    progress_of,
    shown_lines,
    step_name,
    steps_of,
)
from foureyes.web.results.previous import previous_of
from foureyes.web.results.returned import returned_of
from foureyes.web.shell.access import SignedInRequest, is_part, signed_in
from foureyes.web.shell.render import page
from foureyes.web.states import state_of_run

LAST_LINES = 500
MOST_PRINTED = 10_000  # lines: about 200 sheets
FIRST_CHANGES = 200
WITH = ("job_model", "user", "schedule", "worker", "grant__request", "bundle")


@require_safe
@signed_in
def run(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Progress, log, steps, who asked and who approved, inputs, changes, files, result."""
    found, now = visible_run(request.user, pk), timezone.now()
    if request.GET.get("part") == "after" and is_part(request):
        return _after(request, found, now)
    before = line_before(request.GET.get("before", ""), found)
    prints_all = request.GET.get("print") == "all"
    log = log_lines_before(run_id=found.pk, before=before, limit=MOST_PRINTED if prints_all else LAST_LINES)
    lines = shown_lines(log, steps=step_lines(found))
    content = standing_content(found, by=request.user, now=now)
    return page(
        request,
        "web/results/run.html",
        part="web/results/_standing.html",
        title=f"Run {number_of(found)}",
        nav="results",
        crumbs=[("Jobs", "/jobs/"), ("Job Results", "/jobs/results/")],
        now=now,
        **content,
        pieces=[lines[at : at + LAST_LINES] for at in range(0, len(lines), LAST_LINES)],
        prints_all=prints_all,
        most_printed=MOST_PRINTED,
        first_line=log[0].sequence + 1 if log else 1,
        last_line=log[-1].sequence + 1 if log else 0,
        log_is_complete=len(log) == found.log_count,
        is_at_end=before >= found.log_count,
        inputs=_inputs(found),
    )


def _after(request: SignedInRequest, run: JobResult, now: datetime) -> HttpResponse:
    """What started because of it, for a page that was open when it ended."""
    part, title = "web/results/_after.html", f"Run {number_of(run)}"
    after = after_of(run, user=request.user, now=now)
    return page(request, "web/results/run.html", part=part, title=title, nav="results", now=now, run=run, after=after)


def visible_run(user: User, pk: UUID) -> JobResult:
    """The run if the person may view it; else there is nothing at this address."""
    found = visible_runs(user).select_related(*WITH).defer("sealed_inputs").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def line_before(text: str, run: JobResult) -> int:
    """Up to which line the log is asked for: its end, unless a number says otherwise."""
    wanted = int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 10 else run.log_count
    return min(max(wanted, 1), run.log_count) if run.log_count else 0


def step_lines(run: JobResult) -> dict[int, str]:
    """The names of the steps by the sequence number of the line that opens each, if there is more than one."""
    begun = steps_begun(run)
    return {step.line: step_name(step.name) for step in begun} if len(begun) > 1 else {}


def standing_content(run: JobResult, *, by: User, now: datetime) -> dict[str, Any]:
    """All that changes while a run goes on, but for its log."""
    history = history_of(run, user=by)
    files = list(OutputFile.objects.filter(job_result=run).order_by("name"))
    refusal = refusal_to_cancel(run=run, by=by)
    changes = list(RunChange.objects.filter(job_result=run).order_by("sequence")[: FIRST_CHANGES + 1])
    state, parties = state_of_run(run), _parties(run)
    names = Names(ids=[run.user_id, *(one.person_id for one in parties)], usernames=[run.cancelled_by_name])
    kill_after = timedelta(seconds=get_conf().cancel_grace_seconds)
    return {
        "run": run,
        "state": state,
        "number": number_of(run),
        "job_name": job_name_of(run),
        "is_dry": run.purpose == JobResult.Purpose.DRY_RUN,
        "is_hook": run.purpose == JobResult.Purpose.HOOK,
        "is_live": run.completed is None,
        "length": length_of(run, now=now),
        "usual": history.usual,
        "progress": progress_of(run, history=history, now=now),
        "waits": why_it_waits(run, now=now) if state == "queued" else None,
        "previous": previous_of(run, user=by, now=now),
        "last_heard": _last_heard(run) if state == "lost" else None,
        "names": names,
        "stopped_by": names.named(run.cancelled_by_name),
        "kill_after": kill_after,
        "is_to_be_killed": state == "stopping" and now >= (run.cancel_requested_at or now) + kill_after,
        "may_run": _may_run(by, run),
        "may_stop": refusal is None and run.cancel_requested_at is None,
        "stop_refusal": refusal.message if refusal and refusal.kind == "not_allowed" else "",
        "cause": run.get_cause_display() if run.cause else "",
        "levels": _levels(run),
        "first_failure": _first_failure(run),
        "last_error": _last_error(run) if state in ("failed", "lost") else None,
        "steps": steps_of(run, history, now=now),
        "parties": parts_of(parties, names, why=run.grant.request.reason if run.grant else ""),
        "changes": changes[:FIRST_CHANGES],
        "more_changes": len(changes) > FIRST_CHANGES,
        "files": files,
        "after": after_of(run, user=by, now=now),
        "behind": behind(run, user=by, now=now),
        "returned": returned_of(run, files={file.name for file in files}),
    }


@dataclass(frozen=True, slots=True)
class LevelCount:
    """One level of the log: its class in the page, its word, and how many lines it has."""

    css: str
    word: str
    count: int


def _levels(run: JobResult) -> list[LevelCount]:
    counts, level = levels_of(run), JobLogEntry.Level
    info = sum(counts.get(key, 0) for key in (level.DEFAULT, level.INFO, level.SUCCESS))
    return [
        LevelCount("i", "Info", info),
        LevelCount("w", "Warning", counts.get(level.WARNING, 0)),
        LevelCount("e", "Error", counts.get(level.FAILURE, 0)),
    ]


def _first_failure(run: JobResult) -> int | None:
    sequence = (run.log_summary or {}).get("first_failure")
    return None if sequence is None else sequence + 1


def _last_error(run: JobResult) -> dict[str, Any] | None:
    if _first_failure(run) is None:
        return None
    near = JobLogEntry.objects.filter(job_result=run, log_level=JobLogEntry.Level.FAILURE)
    line = near.filter(sequence__gte=run.log_count - LAST_LINES).order_by("-sequence").first()
    if line is None:
        return None
    return {"number": line.sequence + 1, "text": message_lines(line.message)[-1]}


def _last_heard(run: JobResult) -> datetime | None:
    """When its worker gave the last sign; none that came back afterwards tells of that."""
    worker = run.worker
    return worker.heartbeat_at if worker and run.completed and worker.heartbeat_at <= run.completed else None


def _parties(run: JobResult) -> list[RequestParty]:
    if run.grant is None:
        return []
    return list(RequestParty.objects.filter(request=run.grant.request_id).order_by("at", "pk"))


def _inputs(run: JobResult) -> list[Any] | None:
    if run.job_kwargs is None:
        return None
    variables = run.job_model.variables if run.job_model else []
    return shown_inputs(variables=variables, values=run.job_kwargs.get("data") or {})


def _may_run(user: User, run: JobResult) -> bool:
    job = run.job_model
    return job is not None and may(user, "run", Job, job)
