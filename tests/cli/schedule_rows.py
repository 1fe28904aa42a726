"""What a server answers about schedules, for the tests of the commands."""

from typing import Any

from .conftest import JOB, RUN_ID

PREVIEW_PATH = "/api/schedules/preview/"
LIST_PATH = "/api/schedules/"
ID = "01a0c7a2-6f4e-7c40-b0aa-0123456789ab"
OTHER_ID = "01a0ffff-6f4e-7c40-b0aa-0123456789ab"
SCHEDULE: dict[str, Any] = {
    "id": ID,
    "url": f"http://testserver/api/schedules/{ID}/",
    "name": "nightly",
    "description": "",
    "job": {"id": JOB["id"], "name": JOB["name"], "slug": JOB["slug"], "url": "http://testserver/"},
    "job_class": "local/purge/PurgeOldFiles",
    "state": "active",
    "state_reason": "",
    "interval": "custom",
    "crontab": "30 2 * * mon-fri",
    "time_zone": "Europe/Berlin",
    "day_rule": "or",
    "gap": "after",
    "fold": "first",
    "start_time": "2026-11-23T21:00:00Z",
    "end_time": None,
    "max_runs": None,
    "jitter_seconds": 0,
    "misfire": "latest",
    "misfire_limit": None,
    "latest_start_seconds": None,
    "overlap": "allow",
    "sentence": "Every weekday at 02:30, Europe/Berlin",
    "next_run_at": "2030-01-31T01:30:00Z",
    "last_run_at": None,
    "total_run_count": 3,
    "revision": 2,
    "inputs": {"folder": "/tmp", "days": 30},
    "commit": True,
    "queue": None,
    "priority": 0,
    "user": {"id": "7b0ac7a2-0000-4000-8000-000000000001", "username": "alice"},
    "owner_active": True,
    "warning": None,
    "created": "2026-11-23T21:00:00Z",
    "date_changed": "2026-11-23T21:00:00Z",
    "approval_required": False,
}
OTHER = {**SCHEDULE, "id": OTHER_ID, "name": "weekly"}
PREVIEW: dict[str, Any] = {
    "sentence": "Every weekday at 02:30, Europe/Berlin",
    "instants": [
        {"utc": "2030-03-29T01:30:00Z", "local": "2030-03-29T02:30:00+01:00", "offset": "+01:00"},
        {"utc": "2030-04-01T00:30:00Z", "local": "2030-04-01T02:30:00+02:00", "offset": "+02:00"},
    ],
    "notes": [{"code": "clock_change", "text": "On Sun 31 Mar 2030 at 02:00 the clock is put forward to 03:00."}],
}
LINE: dict[str, Any] = {
    "id": "01a0c7a2-0000-7c40-b0aa-0123456789ab",
    "schedule": {"id": ID, "name": "nightly"},
    "job": SCHEDULE["job"],
    "planned_at": "2026-11-23T01:30:00Z",
    "last_planned_at": None,
    "count": 1,
    "fate": "fired",
    "reason": "",
    "decided_at": "2026-11-23T01:30:00.004Z",
    "run": RUN_ID,
    "run_status": "completed",
}


def listed(*rows: Any) -> dict[str, Any]:
    """A page of a list."""
    return {"next": None, "previous": None, "results": list(rows)}
