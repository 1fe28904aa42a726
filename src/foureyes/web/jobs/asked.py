"""What the run form asks for, read from what a browser sent. What cannot be read is told at its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from foureyes.approvals.terms import Terms
from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import InputFile, Job, JobResult, ScheduledJob
from foureyes.runs.files import draft_input
from foureyes.triggers.zones import zone_named
from foureyes.users.models import User
from foureyes.web.ids import id_of
from foureyes.web.jobs.fields import Raw, default_raw, raw_of, raws_sent, sought_in, value_of
from foureyes.web.typed_times import NO_TIME, typed_instant

Interval = ScheduledJob.Interval
NUMBERS = {"_max_runs": "max_runs", "_jitter": "jitter_seconds", "_latest_start": "latest_start_seconds"}
POLICIES = {"_misfire": "misfire", "_overlap": "overlap"}
WALLS = {"_schedule_start_time": "start_time", "_end": "end_time"}
TEXTS = (
    "_schedule_name",
    "_schedule_interval",
    "_schedule_start_time",
    "_schedule_crontab",
    "_end",
    "_time_zone",
    "_misfire",
    "_overlap",
    "_max_runs",
    "_jitter",
    "_latest_start",
    "_task_queue",
    "_reason",
    "_undecided",
)
UNTIL_START = "start"  # the choice of `_undecided` that is no number of seconds
SHOWS_ONLY = ("_preview", "_preset", "_reset", "_find")  # buttons that send nothing
NO_START = "Say when the first run is."
NO_NUMBER = "Give a whole number, or leave it empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One form as it stands: texts as typed, and what they mean."""

    raws: Mapping[str, Raw]
    texts: Mapping[str, str]
    commit: bool
    tells: bool = True
    files: Mapping[str, InputFile] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)  # by setting
    file_errors: Mapping[str, list[str]] = field(default_factory=dict)  # by variable
    schedule: Mapping[str, Any]
    key: str = ""
    source: str = ""
    tried: UUID | None = None
    sought: Mapping[str, str] = field(default_factory=dict)  # among the rows of a variable

    @property
    def interval(self) -> str:
        """The chosen type."""
        return str(self.schedule["interval"])

    @property
    def later(self) -> bool:
        """Is it for another time than now?"""
        return self.interval != Interval.IMMEDIATELY

    @property
    def queue(self) -> str | None:
        """The queue, if one was chosen."""
        return self.texts["_task_queue"] or None

    @property
    def reason(self) -> str:
        """For the approvers."""
        return self.texts["_reason"]

    @property
    def terms(self) -> Terms:
        """How long a request waits for a decision, and whether the person is told; what is no choice is none."""
        chosen = self.texts["_undecided"]
        return Terms(
            decide_within_seconds=int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None,
            decide_before_start=chosen == UNTIL_START,
            tell_requester=self.tells,
        )

    def data(self, job: Job) -> dict[str, Any]:
        """The inputs for the checks; files come apart."""
        return {
            spec["name"]: value_of(spec, self.raws[spec["name"]]) for spec in job.variables if spec["type"] != "FileVar"
        }


def blank(
    job: Job,
    *,
    filled: Mapping[str, Any] | None = None,
    like: ScheduledJob | None = None,
    start: datetime | None = None,
) -> Asked:
    """The form at first: defaults, or the values of an earlier run, or those of a schedule with its times.

    With a `start` it is for once, at that time.
    """
    filled = filled or {}
    raws = {
        spec["name"]: raw_of(spec, filled[spec["name"]]) if spec["name"] in filled else default_raw(spec)
        for spec in job.variables
    }
    texts = dict.fromkeys(TEXTS, "") | {
        "_schedule_interval": Interval.IMMEDIATELY.value,
        "_time_zone": timezone.get_current_timezone_name(),
        "_misfire": ScheduledJob.Misfire.LATEST.value,
        "_overlap": ScheduledJob.Overlap.ALLOW.value,
    }
    if like is not None:
        texts |= _texts_of(like)
    if start is not None:
        wall = timezone.localtime(start).replace(tzinfo=None)
        texts |= {"_schedule_interval": Interval.FUTURE.value, "_schedule_start_time": wall.isoformat("T", "minutes")}
    schedule, _ = _schedule(texts)
    return Asked(raws=raws, texts=texts, commit=like.commit if like else job.commit_default, schedule=schedule)


def values_of_run(run: JobResult) -> dict[str, Any]:
    """The inputs of a run, as far as they were kept."""
    kept = run.job_kwargs.get("data") if isinstance(run.job_kwargs, dict) else None
    return dict(kept) if isinstance(kept, dict) else {}


def read(sent: QueryDict, uploads: Mapping[str, Any], job: Job, *, by: User, now: datetime) -> Asked:
    """The form that was sent, or is shown again by one of the buttons of `SHOWS_ONLY`."""
    raws = raws_sent(job.variables, sent)
    texts = dict(blank(job).texts) | {name: sent.get(name, "").strip() for name in TEXTS if name in sent}
    texts["_reason"] = sent.get("_reason", "")
    if preset := sent.get("_preset"):
        texts["_schedule_crontab"] = preset
    files, file_errors = _files(uploads, job, by, now)
    schedule, errors = _schedule(texts)
    return Asked(
        raws=raws,
        texts=texts,
        commit=sent.get("_commit", "") == "true",
        tells=sent.get("_tells", "") == "true",
        files=files,
        errors=errors,
        file_errors=file_errors,
        schedule=schedule,
        key=sent.get("_key", "")[:100],
        source=sent.get("_source", ""),
        tried=id_of(sent.get("_tried", "")),
        sought=sought_in(sent),
    )


def _files(
    uploads: Mapping[str, Any], job: Job, by: User, now: datetime
) -> tuple[dict[str, InputFile], dict[str, list[str]]]:
    drafts, errors = {}, {}
    for spec in job.variables:
        upload = uploads.get(spec["name"]) if spec["type"] == "FileVar" else None
        if upload is None:
            continue
        try:
            drafts[spec["name"]] = draft_input(name=upload.name or "file", chunks=upload.chunks(), user=by, now=now)
        except Invalid as refusal:
            errors[spec["name"]] = [refusal.message]
    return drafts, errors


def _schedule(texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The fields of a plan, as far as they can be read, and what cannot."""
    interval = texts["_schedule_interval"]
    if interval not in Interval.values:
        return {"interval": Interval.IMMEDIATELY.value}, {"interval": ["Choose one of the six types."]}
    if interval == Interval.IMMEDIATELY:
        return {"interval": interval}, {}
    found: dict[str, Any] = {
        "interval": interval,
        "name": texts["_schedule_name"],
        "time_zone": texts["_time_zone"] or "UTC",
        "day_rule": get_conf().cron_day_rule,
        **{name: texts[part] for part, name in POLICIES.items()},
    }
    errors: dict[str, list[str]] = {}
    if interval == Interval.CUSTOM:
        found["crontab"] = texts["_schedule_crontab"]
    zone = _zone(found["time_zone"], errors)
    for part, name in WALLS.items():
        if not texts[part] or (interval == Interval.FUTURE and name == "end_time"):
            continue
        try:
            found[name] = typed_instant(texts[part], zone=zone)
        except ValueError:
            errors[name] = [NO_TIME]
    if interval != Interval.CUSTOM and "start_time" not in found and "start_time" not in errors:
        errors["start_time"] = [NO_START]
    for part, name in NUMBERS.items():
        if texts[part]:
            try:
                found[name] = int(texts[part])
            except ValueError:
                errors[name] = [NO_NUMBER]
    return found, errors


def _zone(name: str, errors: dict[str, list[str]]) -> ZoneInfo:
    try:
        return zone_named(name)
    except Invalid as refusal:
        errors.update(refusal.fields)
        return ZoneInfo("UTC")


def _texts_of(schedule: ScheduledJob) -> dict[str, str]:
    """The settings of a schedule without its times, which are probably over."""
    return {
        "_schedule_interval": schedule.interval,
        "_schedule_name": schedule.name,
        "_schedule_crontab": schedule.crontab,
        "_time_zone": schedule.time_zone,
        "_misfire": schedule.misfire,
        "_overlap": schedule.overlap,
        "_task_queue": schedule.queue or "",
    }
