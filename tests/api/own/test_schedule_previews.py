"""What schedules are going to do, and what a change would lead to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.models import Event, Job, ScheduledJob, SourceBundle
from foureyes.users.models import User

LIST = "/api/schedules/"
HERE = datetime.now(UTC).replace(microsecond=0)  # the API reads the real clock
TOMORROW = HERE + timedelta(days=1)


def wire(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


@pytest.fixture
def live(make_schedule: Any, make_job: Any, admin: User, now: datetime) -> Callable[..., ScheduledJob]:
    """A daily schedule that is due tomorrow."""
    bundle = SourceBundle.objects.create(digest="0" * 64, kind="folder", module_name="sample", created=now)
    job = make_job(bundle=bundle, variables=[{"name": "site", "type": "StringVar", "required": True}])

    def make(name: str = "nightly", **values: Any) -> ScheduledJob:
        given = {"start_time": TOMORROW, "next_run_at": TOMORROW, "decided_until": HERE, "user": admin}
        return make_schedule(name, job_model=job, **(given | {"inputs": {"site": "x"}} | values))

    return make


def test_upcoming_instants_are_told(api: APIClient, live: Any) -> None:
    row = f"{LIST}{live().pk}/upcoming/"
    assert len(api.get(row).json()["instants"]) == 10
    body = api.get(f"{row}?count=2").json()
    assert [one["utc"] for one in body["instants"]] == [wire(TOMORROW), wire(TOMORROW + timedelta(days=1))]
    for wrong in ("count=0", "count=x", "limit=3"):
        assert api.get(f"{row}?{wrong}").status_code == 400


@pytest.mark.parametrize("state", ["finished", "errored", "denied", "cancelled"])
def test_what_is_over_has_no_upcoming_instants(api: APIClient, live: Any, state: str) -> None:
    schedule = live(state=state, next_run_at=None)
    assert api.get(f"{LIST}{schedule.pk}/upcoming/").json()["instants"] == []


def test_planned_instants_of_all_schedules_are_told(api: APIClient, live: Any) -> None:
    first, _ = live("first"), live("second", next_run_at=TOMORROW + timedelta(days=4))
    period = f"{LIST}planned/?from={wire(HERE)}&to={wire(TOMORROW + timedelta(days=2))}"
    body = api.get(period).json()
    assert body["complete"] is True
    (planned,) = body["planned"]
    assert (planned["schedule"]["id"], planned["schedule"]["name"]) == (str(first.pk), "first")
    assert (planned["instants"], planned["more"]) == ([wire(TOMORROW), wire(TOMORROW + timedelta(days=1))], 0)
    assert api.get(f"{period}&name=second").json()["planned"] == []


@pytest.mark.parametrize(
    "query", ["", "from=2030-01-01T00:00:00Z", "from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z"]
)
def test_planned_instants_need_a_period(api: APIClient, live: Any, query: str) -> None:
    assert api.get(f"{LIST}planned/?{query}").status_code == 400


def test_change_is_foreseen_and_not_made(api: APIClient, live: Any) -> None:
    schedule = live()
    row = f"{LIST}{schedule.pk}/"
    later = wire(TOMORROW + timedelta(hours=1))
    body = api.post(f"{row}foresee-edit/", {"start_time": later, "reason": "not needed"}).json()
    assert (body["approval"], body["differs"], body["next_run_at"]) == ("not_needed", ["schedule"], later)
    assert api.get(row).json()["next_run_at"] == wire(TOMORROW)
    refused = api.post(f"{row}foresee-edit/", {"inputs": {"nope": 1}})
    assert (refused.status_code, refused.json()) == (400, api.patch(row, {"inputs": {"nope": 1}}).json())


def test_take_over_is_foreseen(api: APIClient, live: Any, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    schedule = live(user=alice, user_name="alice")
    Job.objects.update(gated=True, approval_required=True)
    body = api.post(f"{LIST}{schedule.pk}/foresee-take-over/").json()
    assert (body["requester"], body["approval"], body["state"]) == ("admin", "needed", "pending")
    assert ScheduledJob.objects.get().user == alice
    assert not Event.objects.filter(kind="schedule.taken_over").exists()
