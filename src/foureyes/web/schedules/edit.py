"""Changing a schedule: only what was changed is sent on, and the page says before if approval is needed again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.catalog.choices import variables_with_choices
from foureyes.catalog.effective import allowed_queues
from foureyes.errors import Invalid, Refusal
from foureyes.models import Job, ScheduledJob
from foureyes.schedules.allowed import Action, demand_allowed
from foureyes.schedules.refusals import job_of
from foureyes.sentences import faults_of, said_by
from foureyes.submission.edit import edit_schedule
from foureyes.submission.foresee import Approval, Foreseen, foresee_edit
from foureyes.web.approvals.inputs import ABOUT, Line, changed_lines
from foureyes.web.errors import status_of
from foureyes.web.jobs import when
from foureyes.web.jobs.asked import SHOWS_ONLY, Asked, blank, read
from foureyes.web.jobs.fields import fields_of
from foureyes.web.jobs.run_page import SETTINGS, never_kept
from foureyes.web.names import Names
from foureyes.web.schedules.presenters import plain_name
from foureyes.web.schedules.schedule import CRUMBS, visible_schedule
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page
from foureyes.web.typed_times import for_field

TYPES = [kind for kind in ScheduledJob.Interval.values if kind != ScheduledJob.Interval.IMMEDIATELY]
PARTS: Mapping[str, str] = {  # settings of a schedule by the parts of the form that say them
    "_schedule_name": "name",
    "_schedule_interval": "interval",
    "_schedule_crontab": "crontab",
    "_schedule_start_time": "start_time",
    "_end": "end_time",
    "_time_zone": "time_zone",
    "_misfire": "misfire",
    "_overlap": "overlap",
    "_max_runs": "max_runs",
    "_jitter": "jitter_seconds",
    "_latest_start": "latest_start_seconds",
}
EMPTY: Mapping[str, Any] = {"end_time": None, "max_runs": None, "latest_start_seconds": None, "jitter_seconds": 0}
ASKS = (Approval.NEEDED, Approval.ASKED_AGAIN)


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The schedule as a form; a post tells what would follow, or saves."""
    schedule, now = visible_schedule(request.user, pk), timezone.now()
    demand_allowed(Action.EDIT, schedule=schedule, by=request.user, now=now)
    job = job_of(schedule)
    stands = standing(schedule, job)
    if request.method != "POST":
        draft = typed_in(request)
        asked = read(draft, {}, job, by=request.user, now=now) if draft else stands
        return _page(request, schedule, job, asked, now=now, edited=bool(draft))
    asked = read(request.POST, request.FILES, job, by=request.user, now=now)
    if any(name in request.POST for name in SHOWS_ONLY if name != "_preview"):
        return _page(request, schedule, job, asked, now=now)
    if asked.errors or asked.file_errors:
        faults = Invalid(fields={**asked.errors, **asked.file_errors})
        return _page(request, schedule, job, asked, now=now, refusal=faults)
    changes = _changes(schedule, job, stands, asked, description=request.POST.get("_description", ""))
    try:
        foreseen = foresee_edit(schedule=schedule, changes=changes, by=request.user, now=now)
        if "_preview" in request.POST or (foreseen.approval in ASKS and "_confirmed" not in request.POST):
            return _page(request, schedule, job, asked, now=now, foreseen=foreseen, changes=changes)
        reason = asked.reason if foreseen.approval in ASKS else None
        done = edit_schedule(schedule=schedule, changes=changes, by=request.user, reason=reason, now=now)
    except Refusal as refusal:
        return _page(request, schedule, job, asked, now=now, refusal=refusal)
    messages.success(request, "Saved. It waits for approval." if done.request else "Saved.")
    return redirect("web:schedule", pk=pk)


def standing(schedule: ScheduledJob, job: Job) -> Asked:
    """The form as the schedule stands now, with its times on the clock of its zone."""
    asked = blank(job, filled=schedule.inputs, like=schedule)
    zone = ZoneInfo(schedule.time_zone)
    texts = {
        **asked.texts,
        "_schedule_start_time": for_field(schedule.start_time, zone=zone),
        "_end": for_field(schedule.end_time, zone=zone) if schedule.end_time else "",
        "_max_runs": str(schedule.max_runs or ""),
        "_jitter": str(schedule.jitter_seconds or ""),
        "_latest_start": str(schedule.latest_start_seconds or ""),
    }
    return replace(asked, texts=texts, commit=schedule.commit)


def _changes(schedule: ScheduledJob, job: Job, stands: Asked, asked: Asked, *, description: str) -> dict[str, Any]:
    """What differs from the form as it was shown: seconds and whatever the form cannot say stay as they are (P52)."""
    zone_changed = asked.texts["_time_zone"] != stands.texts["_time_zone"]
    found: dict[str, Any] = {}
    for part, name in PARTS.items():
        moved = zone_changed and name in ("start_time", "end_time") and asked.texts[part]
        if asked.texts[part] != stands.texts[part] or moved:
            found[name] = asked.schedule.get(name, EMPTY.get(name, asked.texts[part]))
    if asked.queue != schedule.queue and (asked.queue or schedule.queue):
        found["queue"] = asked.queue
    if asked.commit != schedule.commit:
        found["commit"] = asked.commit
    if description.strip() != schedule.description:
        found["description"] = description.strip()
    if asked.data(job) != stands.data(job):
        files = {spec["name"] for spec in job.variables if spec["type"] == "FileVar"}
        kept = {name: value for name, value in schedule.inputs.items() if name in files}
        found["inputs"] = {**kept, **asked.data(job)}
    return found


def _lines(
    schedule: ScheduledJob, job: Job, foreseen: Foreseen | None, changes: Mapping[str, Any], now: datetime
) -> list[Line]:
    """What would be another value, from what to what."""
    if foreseen is None or foreseen.before is None:
        return []
    about = {name: getattr(schedule, name) for name in ABOUT}
    after = {**foreseen.after, **about, **{name: changes[name] for name in ABOUT if name in changes}}
    names = Names(ids=[UUID(one) for side in (foreseen.before, after) if (one := side.get("run_as"))])
    return changed_lines(
        _with_person(after, names), _with_person({**foreseen.before, **about}, names), variables=job.variables, now=now
    )


def _with_person(content: Mapping[str, Any], names: Names) -> dict[str, Any]:
    key = content.get("run_as")
    return {**content, "run_as": names.of(UUID(key), key) if key else None}


def _page(
    request: SignedInRequest,
    schedule: ScheduledJob,
    job: Job,
    asked: Asked,
    *,
    now: datetime,
    foreseen: Foreseen | None = None,
    changes: Mapping[str, Any] | None = None,
    refusal: Refusal | None = None,
    edited: bool = True,
) -> HttpResponse:
    errors = faults_of(refusal)
    inputs = {spec["name"] for spec in job.variables}
    return page(
        request,
        "web/schedules/edit.html",
        part="web/jobs/_preview.html",
        title="Edit",
        nav="scheduled",
        crumbs=[*CRUMBS, (plain_name(schedule), f"/jobs/scheduled/{schedule.pk}/")],
        status=status_of(refusal),
        now=now,
        schedule=schedule,
        job=job,
        asked=asked,
        description=typed_in(request).get("_description", schedule.description),
        edited=edited,
        never_kept=never_kept(job),
        fields=fields_of(
            variables_with_choices(job=job, now=now),
            raws=asked.raws,
            errors={name: texts for name, texts in errors.items() if name in inputs},
            user=request.user,
            sought=asked.sought,
        ),
        errors=errors,
        problems=[(SETTINGS.get(name, (f"id_{name}", name)), texts[0]) for name, texts in errors.items()],
        problem=said_by(refusal) if refusal and not errors else "",
        kinds=[kind for kind in when.kinds(None) if kind.value in TYPES],
        presets=when.PRESETS,
        zones=when.zones() if schedule.time_zone in when.zones() else [schedule.time_zone, *when.zones()],
        misfires=when.MISFIRES,
        overlaps=when.OVERLAPS,
        crontab_parts=when.crontab_parts(asked.texts["_schedule_crontab"]),
        queues=[(queue, queue) for queue in allowed_queues(job)],
        plan=None,
        foreseen=foreseen,
        lines=_lines(schedule, job, foreseen, changes or {}, now),
        notes=when.notes_on_typed(asked) if foreseen else [],
        asks=foreseen is not None and foreseen.approval in ASKS,
        blocked=False,
    )
