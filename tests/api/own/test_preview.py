"""What a plan would do, before it is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.users.models import User

PREVIEW = "/api/schedules/preview/"


def test_everybody_sees_the_sentence_the_instants_and_the_notes(client_of: Any, dave: User) -> None:
    plan = {"interval": "custom", "crontab": "30 2 * * 1-5", "time_zone": "Europe/Berlin", "count": 3}
    body = client_of(dave).post(PREVIEW, plan).json()
    assert body["sentence"] == "Every weekday at 02:30, Europe/Berlin"
    assert len(body["instants"]) == 3
    first = body["instants"][0]
    utc, local = datetime.fromisoformat(first["utc"]), datetime.fromisoformat(first["local"])
    assert (first["utc"][-1], utc, f"{local:%H:%M}", local.isoformat()[-6:]) == ("Z", local, "02:30", first["offset"])


def test_ten_instants_are_shown_unless_asked_otherwise(api: APIClient) -> None:
    start = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert len(api.post(PREVIEW, {"interval": "hourly", "start_time": start}).json()["instants"]) == 10
    assert api.post(PREVIEW, {"interval": "hourly", "count": 0}).json()["instants"] == []


def test_notes_have_codes(api: APIClient) -> None:
    notes = api.post(PREVIEW, {"interval": "custom", "crontab": "0 0 13 * 5"}).json()["notes"]
    assert "day_rule" in {note["code"] for note in notes}


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({}, "interval"),
        ({"interval": "future"}, "start_time"),
        ({"interval": "custom", "crontab": "0 0 31 2 *"}, "crontab"),
        ({"interval": "daily", "start_time": "2020-01-01T00:00:00Z"}, "start_time"),
        ({"interval": "daily", "count": 201}, "count"),
        ({"interval": "daily", "name": "n"}, "name"),
    ],
)
def test_plan_that_cannot_be_stored_is_refused(api: APIClient, plan: dict[str, Any], field: str) -> None:
    answer = api.post(PREVIEW, plan)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
