"""Shapes of runs, their lines, changes and files, written out by hand: they are hot, and streams use them too."""

from typing import Any, ClassVar

from rest_framework import serializers

from foureyes.api.own.shapes import short_job
from foureyes.api.wire.links import Links, links
from foureyes.api.wire.serializers import instant, maybe_instant
from foureyes.models import JobLogEntry, JobResult, RunChange

CAUSES = {str(value): str(label) for value, label in JobResult.Cause.choices}


def run_shape(run: Any, to: Links) -> dict[str, Any]:
    """A run (of `with_counts`) with everything there is to tell."""
    return short_run(run, to) | {
        "soft_limit_seconds": run.soft_limit_seconds,
        "time_limit_seconds": run.time_limit_seconds,
        "source_digest": run.bundle_id,
        "environment": run.environment,
        "data": run.data,
        "inputs": (run.job_kwargs or {}).get("data"),
        "log_count": run.log_count,
        "change_count": run.change_count,
        "file_count": run.file_count,
    }


def short_run(run: JobResult, to: Links) -> dict[str, Any]:
    """What a run is and how it stands, without what went in and came out."""
    return {
        "id": str(run.pk),
        "url": f"{to.root}runs/{run.pk}/",
        "job": short_job(run.job_model, to),
        "name": run.name,
        "status": run.status,
        "cause": run.cause,
        "cause_text": CAUSES.get(run.cause, ""),
        "purpose": run.purpose,
        "commit": run.commit,
        "user": {"id": str(run.user.pk), "username": run.user.username} if run.user else None,
        "user_name": run.user_name,
        "schedule": str(run.schedule_id) if run.schedule_id else None,
        "created": instant(run.created),
        "started_at": maybe_instant(run.started_at),
        "completed": maybe_instant(run.completed),
        "duration_seconds": _duration(run),
        "queue": run.queue,
        "priority": run.priority,
        "attempt": run.attempt,
        "max_retries": run.max_retries,
        "worker": run.worker.name if run.worker else None,
        "gated": run.gated,
        "progress": progress_shape(run),
        "cancel_requested_at": maybe_instant(run.cancel_requested_at),
        "cancelled_by": run.cancelled_by_name,
    }


def _duration(run: JobResult) -> float | None:
    if run.completed is None or run.started_at is None:
        return None
    return (run.completed - run.started_at).total_seconds()


def progress_shape(run: JobResult) -> dict[str, Any] | None:
    """How far the job says it is; null before it says so."""
    return how_far(run.progress_done, run.progress_total, run.progress_text)


def how_far(done: float | None, total: float | None, text: str) -> dict[str, Any] | None:
    """Progress as it was noticed; null before there is any."""
    return None if done is None else {"done": done, "total": total, "text": text}


def line_shape(line: JobLogEntry) -> dict[str, Any]:
    """A log line."""
    return {
        "id": str(line.pk),
        "sequence": line.sequence,
        "created": instant(line.created),
        "level": line.log_level,
        "grouping": line.grouping,
        "message": line.message,
        "object": line.log_object,
        "url": line.absolute_url,
    }


def change_shape(change: RunChange) -> dict[str, Any]:
    """An effect that the job reported."""
    return {
        "id": str(change.pk),
        "sequence": change.sequence,
        "created": instant(change.created),
        "target": change.target,
        "before": change.before,
        "after": change.after,
        "summary": change.summary,
    }


class RunJobShape(serializers.Serializer):
    """The job of a run."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    url = serializers.URLField()


class RunUserShape(serializers.Serializer):
    """Who asked for a run."""

    id = serializers.UUIDField()
    username = serializers.CharField()


class ProgressShape(serializers.Serializer):
    """How far a run is."""

    done = serializers.FloatField()
    total = serializers.FloatField(allow_null=True)
    text = serializers.CharField()


class RunShape(serializers.ModelSerializer):
    """A run, as `run_shape` writes it out; the fields are its description."""

    url = serializers.URLField()
    job = RunJobShape(allow_null=True)
    user = RunUserShape(allow_null=True)
    cause_text = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    worker = serializers.CharField(allow_null=True)
    progress = ProgressShape(allow_null=True)
    cancelled_by = serializers.CharField()
    source_digest = serializers.CharField(allow_null=True)
    inputs = serializers.DictField(allow_null=True)
    change_count = serializers.IntegerField()
    file_count = serializers.IntegerField()

    class Meta:
        model = JobResult
        fields: ClassVar = [
            "id",
            "url",
            "job",
            "name",
            "status",
            "cause",
            "cause_text",
            "purpose",
            "commit",
            "user",
            "user_name",
            "schedule",
            "created",
            "started_at",
            "completed",
            "duration_seconds",
            "queue",
            "priority",
            "attempt",
            "max_retries",
            "worker",
            "gated",
            "progress",
            "cancel_requested_at",
            "cancelled_by",
            "soft_limit_seconds",
            "time_limit_seconds",
            "source_digest",
            "environment",
            "data",
            "inputs",
            "log_count",
            "change_count",
            "file_count",
        ]

    def to_representation(self, instance: JobResult) -> dict[str, Any]:
        """The written-out form."""
        return run_shape(instance, links(self.context["request"]))
