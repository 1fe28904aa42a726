"""What a server answers about requests for approval, for the tests of the commands."""

from typing import Any

from .conftest import JOB, RUN, RUN_ID
from .schedule_rows import ID as SCHEDULE_ID

LIST_PATH = "/api/approvals/"
ID = "01b0c7a2-6f4e-7c40-b0aa-0123456789ab"
ONE = f"{LIST_PATH}{ID}/"
COMMENT_ID = "01c0c7a2-6f4e-7c40-b0aa-0123456789ab"
DIGEST = "cd" * 32
REQUEST: dict[str, Any] = {
    "id": ID,
    "url": f"http://testserver{ONE}",
    "number": 12,
    "kind": "series",
    "state": "open",
    "name": "nightly",
    "job": {"id": JOB["id"], "name": JOB["name"], "slug": JOB["slug"], "url": "http://testserver/"},
    "class_path": "local/purge/PurgeOldFiles",
    "schedule": {"id": SCHEDULE_ID, "url": f"http://testserver/api/schedules/{SCHEDULE_ID}/"},
    "requester": "alice",
    "reason": "the disk is full",
    "when": "Every weekday at 02:30, Europe/Berlin",
    "start_time": "2030-01-31T01:30:00Z",
    "past_due": False,
    "passed_instants": False,
    "risk": {"level": "high", "rules": [{"code": "gated", "weight": 1, "text": "The job needs a second person."}]},
    "digest": DIGEST,
    "created": "2026-11-23T21:00:00Z",
    "expires_at": "2026-12-23T21:00:00Z",
    "decided_at": None,
}
ALICE: dict[str, Any] = {
    "id": "7b0ac7a2-0000-4000-8000-000000000001",
    "username": "alice",
    "part": "contributor",
    "roles": ["requester", "run_as"],
    "verdict": "",
    "reason": "",
    "digest": "",
    "token_hint": "",
    "address": "",
    "client": "",
    "at": "2026-11-23T21:00:00Z",
}
SUGGESTION: dict[str, Any] = {
    "id": COMMENT_ID,
    "username": "carol",
    "text": "keep a month",
    "suggestion": {"inputs": {"folder": "/srv", "days": 30}},
    "at": "2026-11-23T21:30:00Z",
}
YES = {"allowed": True, "code": "", "detail": ""}
OWN = {"allowed": False, "code": "own_request", "detail": "You cannot approve your own job request!"}
DRY_RUN = {**RUN, "purpose": "dry_run", "commit": False, "schedule": None}
FULL: dict[str, Any] = {
    **REQUEST,
    "description": "",
    "content": {
        "inputs": {"folder": "/srv", "days": 7, "site": 3, "note": ""},
        "objects": {"site": [{"model": "dcim.site", "pk": 3, "display": "Berlin", "url": None, "fields": {}}]},
        "commit": True,
        "queue": "default",
        "schedule": {"interval": "custom", "time_zone": "Europe/Berlin"},
    },
    "environment": "ef" * 32,
    "rule": {"deciders": 1},
    "source": {"digest": "ab" * 32, "url": f"http://testserver{ONE}source/"},
    "parties": [ALICE],
    "comments": [{**SUGGESTION, "text": "Is the backup\u001b[2J done?", "suggestion": None}, SUGGESTION],
    "differences": {
        "against": 9,
        "inputs": [
            {"name": "folder", "before": "/tmp", "after": "/srv"},
            {"name": "deep", "before": True, "after": None},
        ],
        "schedule": [{"name": "crontab", "before": "0 3 * * *", "after": "30 2 * * mon-fri"}],
        "settings": [{"name": "queue", "before": "night", "after": "default"}],
        "source": [
            {"path": "purge.py", "kind": "changed", "diff": "--- a/purge.py\n+++ b/purge.py\n-old\n+new\u001b[2J\u202e"}
        ],
    },
    "review_points": [
        {
            "code": "source_changed",
            "text": "The source has changed since request 9.",
            "severity": "warning",
            "section": "source",
        }
    ],
    "dry_runs": [DRY_RUN],
    "runs": [],
    "grant": None,
    "mine": {"approve": YES, "deny": YES},
}
DECIDERS = {
    "approve": [{"id": "1", "username": "bob"}, {"id": "2", "username": "carol"}],
    "deny": [],
    "mine": {"approve": OWN, "deny": YES},
}
CHANGES = [{"target": "/srv/old.log", "before": 1, "after": None, "summary": "remove it"}]
BOB = {**ALICE, "username": "bob", "part": "decider", "roles": [], "verdict": "approve", "reason": "fine"}
GRANTED: dict[str, Any] = {
    **FULL,
    "state": "granted",
    "decided_at": "2026-11-23T22:00:00Z",
    "parties": [ALICE, BOB],
    "grant": {
        "id": "1",
        "scope": "run",
        "granted_at": "2026-11-23T22:00:00Z",
        "expires_at": None,
        "uses_left": 0,
        "voided_at": None,
        "void_reason": "",
    },
    "runs": [{"id": RUN_ID, "status": "pending"}],
}
