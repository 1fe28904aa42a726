"""What the run form shows: everything that its templates need, in one place."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.safestring import SafeString

from foureyes.approvals.dry_run import demand_known_source
from foureyes.catalog.choices import variables_with_choices
from foureyes.catalog.effective import allowed_queues
from foureyes.catalog.inputs import label_of
from foureyes.catalog.refusals import refusal_to_run, refusal_to_schedule
from foureyes.errors import Refusal
from foureyes.models import Job, JobResult, Worker
from foureyes.runs.of_jobs import recent_runs_of
from foureyes.runs.queries import log_lines
from foureyes.runs.usual import usual_of_each
from foureyes.sentences import said_by
from foureyes.submission.check import Faults
from foureyes.unseen import find_unseen
from foureyes.users.models import User
from foureyes.users.permissions import groups_that_may, may
from foureyes.web.jobs import when
from foureyes.web.jobs.asked import Asked
from foureyes.web.jobs.fields import InputField, fields_of
from foureyes.web.jobs.lookup import address, crumbs_of
from foureyes.web.jobs.steps import button_words, ends_undecided, outlook
from foureyes.web.names import listed
from foureyes.web.shell.access import SignedInRequest, is_part
from foureyes.web.shell.render import page
from foureyes.web.source_text import spelled
from foureyes.web.states import state_of_run

TAIL = 20  # lines of a dry run
SETTINGS = {  # of faults: the id of the field, and its label
    "interval": ("id__schedule_interval", "Type"),
    "name": ("id__schedule_name", "Schedule name"),
    "crontab": ("id__schedule_crontab", "Crontab"),
    "start_time": ("id__schedule_start_time", "Starting date and time"),
    "end_time": ("id__end", "End"),
    "time_zone": ("id__time_zone", "Time zone"),
    "task_queue": ("id__task_queue", "Queue"),
    "reason": ("id__reason", "Reason"),
    "decide_within_seconds": ("id__undecided", "If nobody decides"),
    "decide_before_start": ("id__undecided", "If nobody decides"),
    "max_runs": ("id__max_runs", "Most runs"),
    "jitter_seconds": ("id__jitter", "Spread"),
    "latest_start_seconds": ("id__latest_start", "Latest start"),
    "misfire": ("id__misfire", "Missed runs"),
    "overlap": ("id__overlap", "Overlap"),
}
SENSITIVE = "This job has sensitive variables, so it can only run once immediately. Its inputs are not stored."


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form as it is to be shown."""

    asked: Asked
    faults: Faults = field(default_factory=Faults)
    status: int = 200
    banner: str = ""
    lost: frozenset[str] = frozenset()  # variables whose values a form cannot be given again
    edited: bool = False  # comes back with what was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One line of the summary."""

    label: str
    text: str
    target: str = ""


def run_page(request: SignedInRequest, job: Job, form: Form, *, now: datetime) -> HttpResponse:
    """The page, or the parts that change with the form."""
    user, asked = request.user, form.asked
    may_run = may(user, "run", Job, job)
    refusal, later = refusal_to_run(job), refusal_to_schedule(job)
    specs = job.variables if refusal else variables_with_choices(job=job, now=now)
    fields = fields_of(specs, raws=asked.raws, errors=form.faults.inputs, user=user, sought=asked.sought)
    recent = recent_runs_of([job], user=user).get(job.pk, [])
    usual = usual_of_each(recent, user=user).get((job.pk, JobResult.Purpose.RUN))
    plan = when.plan_shown(asked, usual=usual, one_at_a_time=job.concurrency_limit == 1, now=now)
    answer = page(
        request,
        "web/jobs/run.html",
        part="web/jobs/_live.html",
        title="Run",
        nav="jobs",
        crumbs=crumbs_of(job),
        status=form.status,
        now=now,
        form=form,
        asked=asked,
        fields=fields,
        differing=sum(one.differs for one in fields),
        files=[one for one in fields if one.kind in ("file", "secret") and one.name in form.lost],
        never_kept=never_kept(job),
        errors=form.faults.settings,
        problems=_problems(job, form.faults),
        kinds=when.kinds(later),
        presets=when.PRESETS,
        zones=when.zones(),
        misfires=when.MISFIRES,
        overlaps=when.OVERLAPS,
        crontab_parts=when.crontab_parts(asked.texts["_schedule_crontab"]),
        plan=plan,
        stale=is_part(request) and asked.source != (job.bundle_id or ""),
        outlook=outlook(job, asked, plan, user=user),
        button=button_words(job),
        ends_undecided=ends_undecided(),
        undecided_errors=[
            text
            for name in ("decide_within_seconds", "decide_before_start")
            for text in form.faults.settings.get(name, ())
        ],
        unseen=_unseen(fields),
        queues=_queues(job, now),
        may_run=may_run,
        groups="" if may_run else listed(groups_that_may("run", job), "and"),
        blocked=refusal is not None or not may_run,
        banner=_banner(refusal, later),
        stopped=refusal is not None,
        no_dry_run=_no_dry_run(job, user),
        last_run=next((one for one in reversed(recent) if one.purpose == JobResult.Purpose.RUN), None),
        key=asked.key or secrets.token_urlsafe(16),
        try_key=secrets.token_urlsafe(8),
        **tried_shown(job, own_dry_run(job, asked.tried, user)),
    )
    if job.has_sensitive_variables:
        answer["Cache-Control"] = "no-store, private"
    return answer


def never_kept(job: Job) -> list[str]:
    """The inputs that must not be stored, not even for a while."""
    return [spec["name"] for spec in job.variables if job.has_sensitive_variables or spec.get("sensitive")]


def own_dry_run(job: Job, run_id: UUID | None, user: User) -> JobResult | None:
    """The dry run of this id, if this person tried this job with it."""
    if run_id is None:
        return None
    rows = JobResult.objects.shown().filter(job_model=job, user=user, purpose=JobResult.Purpose.DRY_RUN)
    return rows.filter(pk=run_id).first()


def tried_shown(job: Job, tried: JobResult | None) -> Mapping[str, Any]:
    """What the panel of a dry run shows."""
    if tried is None:
        return {"job": job, "tried": None}
    return {
        "job": job,
        "tried": tried,
        "tried_state": state_of_run(tried),
        "tried_lines": log_lines(run_id=tried.pk, after=tried.log_count - TAIL - 1, limit=TAIL),
        "tried_url": address("result", tried.pk),
    }


def _banner(refusal: Refusal | None, later: Refusal | None) -> str:
    """Why the job cannot run, or not be scheduled."""
    if refusal is not None:
        return said_by(refusal)
    if later is not None:
        return SENSITIVE if later.code == "job_sensitive" else later.message
    return ""


def _unseen(fields: list[InputField]) -> list[tuple[str, SafeString]]:
    """Inputs with characters that nobody sees, written out (gate G22)."""
    texts = [(one.label, "\n".join(one.raw) if isinstance(one.raw, list) else str(one.raw)) for one in fields]
    return [(label, spelled(text)) for label, text in texts if any(find_unseen(text))]


def _no_dry_run(job: Job, user: User) -> str:
    try:
        demand_known_source(job=job, by=user)
    except Refusal as refusal:
        return refusal.message
    return ""


def _problems(job: Job, faults: Faults) -> list[Problem]:
    labels = {spec["name"]: label_of(spec) for spec in job.variables}
    found = [
        Problem(label=labels.get(name, name), text=texts[0], target=f"id_{name}" if name in labels else "")
        for name, texts in faults.inputs.items()
    ]
    for name, texts in faults.settings.items():
        target, label = SETTINGS.get(name, ("", name))
        target = "" if name == "task_queue" and len(allowed_queues(job)) == 1 else target  # there is no such field
        found.append(Problem(label=label, text=texts[0], target=target))
    return found + [Problem(label="", text=text) for text in faults.others]


def _queues(job: Job, now: datetime) -> list[tuple[str, str]]:
    """The queues that may be chosen, each with how many workers take runs from it."""
    listening = [set(queues) for queues in Worker.objects.taking_runs(now).values_list("queues", flat=True)]
    found = []
    for queue in allowed_queues(job):
        count = sum(queue in queues for queues in listening)
        found.append((queue, f"{queue} ({count or 'no'} worker{'s' if count > 1 else ''})"))
    return found
