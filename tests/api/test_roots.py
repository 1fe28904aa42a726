from collections.abc import Callable

from django.test import Client
from rest_framework.test import APIClient

from foureyes.models import Worker
from foureyes.users.models import User


def test_root_leads_to_the_parts(db: None) -> None:
    body = APIClient().get("/api/").json()
    assert body == {part: f"http://testserver/api/{part}/" for part in ("extras", "status", "users")}


def test_extras_root_names_only_what_exists(db: None) -> None:
    for address in APIClient().get("/api/extras/").json().values():
        assert APIClient().get(address).status_code == 403


def test_status_counts_workers_that_take_runs(api: APIClient, worker: Worker) -> None:
    body = api.get("/api/status/").json()
    assert body["celery-workers-running"] == 1
    assert body["demo"] is False
    for state in ("draining", "stopped"):
        Worker.objects.update(state=state)
        assert api.get("/api/status/").json()["celery-workers-running"] == 0


def test_unknown_address_below_api_is_json(client_of: Callable[..., APIClient], dave: User) -> None:
    answer = client_of(dave).get("/api/nosuch/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_health_needs_no_account(client: Client, worker: Worker) -> None:
    answer = client.get("/health/?format=json")
    assert answer.json() == {"database": "ok", "workers": 1, "scheduler": "missing"}


def test_first_page_asks_who_is_there(client: Client) -> None:
    assert client.get("/")["Location"] == "/account/sign-in/?next=/"
