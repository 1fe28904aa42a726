"""Requests for approval on our own addresses: shapes, lists, decisions and talk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIClient

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import ApprovalRequest, Job, JobResult, RequestParty
from foureyes.models import ScheduledJob as Schedule
from foureyes.submission.submit import submit
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget

LIST = "/api/approvals/"
HERE = datetime.now(UTC).replace(microsecond=0)  # the API reads the real clock
ClientOf = Callable[..., APIClient]
Ask = Callable[..., ApprovalRequest]


def allow(user: User, model: type[Any], *actions: str) -> None:
    row = ObjectPermission.objects.create(name=f"{model.__name__} of {user}", actions=list(actions))
    row.object_types.add(ContentType.objects.get_for_model(model))
    row.users.add(user)
    forget(user)


@pytest.fixture
def job(make_job: Callable[..., Job], now: datetime) -> Job:
    bundle = store(source=of_contents(module="sample", contents={"sample.py": b"x = 1\n"}), now=now)
    site = {"name": "site", "type": "StringVar", "required": True}
    return make_job("Purge", bundle=bundle, approval_required=True, gated=True, variables=[site])


@pytest.fixture
def ask(job: Job, alice: User, bob: User) -> Ask:
    """Alice asks; bob may approve and deny."""
    allow(alice, Job, "run")
    allow(bob, Job, "view", "run", "approve")
    allow(bob, Schedule, "view", "change", "delete")

    def make(name: str = "purge", *, by: User = alice, at: datetime = HERE, **plan: Any) -> ApprovalRequest:
        schedule = {"name": name, **plan} if plan else None
        done = submit(job=job, by=by, data={"site": "x"}, files={}, schedule=schedule, reason="It is full", now=at)
        assert done.request is not None
        return done.request

    return make


@pytest.fixture
def future(ask: Ask) -> ApprovalRequest:
    return ask(interval="future", start_time=HERE + timedelta(days=1))


@pytest.fixture
def bobs(client_of: ClientOf, bob: User) -> APIClient:
    return client_of(bob)


@pytest.fixture
def alices(client_of: ClientOf, alice: User) -> APIClient:
    return client_of(alice)


def at(request: ApprovalRequest, action: str = "") -> str:
    return f"{LIST}{request.pk}/{action}/" if action else f"{LIST}{request.pk}/"


def numbers(answer: Any) -> list[int]:
    return [row["number"] for row in answer.json()["results"]]


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_list_tells_what_is_asked_for_and_by_whom(bobs: APIClient, future: ApprovalRequest) -> None:
    (row,) = bobs.get(LIST).json()["results"]
    assert (row["id"], row["number"], row["kind"], row["state"]) == (str(future.pk), future.number, "run", "open")
    assert (row["requester"], row["reason"], row["name"], row["past_due"]) == ("alice", "It is full", "purge", False)
    assert row["schedule"]["url"] == f"http://testserver/api/schedules/{future.scheduled_job_id}/"
    assert set(row) == set(bobs.get(at(future)).json()) & set(row)


def test_request_shows_everything_that_a_decision_needs(bobs: APIClient, future: ApprovalRequest) -> None:
    body = bobs.get(at(future)).json()
    assert body["content"]["inputs"] == {"site": "x"}
    assert body["differences"] == {"against": None, "inputs": [], "schedule": [], "settings": [], "source": []}
    points = {point["code"]: point for point in body["review_points"]}
    assert (points["first_run"]["severity"], points["dry_run_missing"]["section"]) == ("warning", "dry_run")
    assert (body["risk"]["level"], len(body["risk"]["rules"])) == ("high", 3)
    assert [(party["username"], party["part"]) for party in body["parties"]] == [("alice", "contributor")]
    allowed = {"allowed": True, "code": "", "detail": ""}
    assert body["mine"] == {"approve": allowed, "deny": allowed}
    assert (body["dry_runs"], body["runs"], body["grant"], body["comments"]) == ([], [], None, [])


def test_requester_sees_the_own_request_and_why_not_to_decide(alices: APIClient, future: ApprovalRequest) -> None:
    body = alices.get(at(future)).json()
    assert body["mine"]["approve"]["allowed"] is False
    assert body["differences"]["source"] is None
    assert alices.get(at(future, "source")).status_code == 404


def test_approval_from_the_next_instant_on(bobs: APIClient, ask: Ask) -> None:
    request = ask(interval="daily", start_time=HERE - timedelta(hours=49), at=HERE - timedelta(hours=50))
    assert bobs.get(at(request)).json()["passed_instants"] is True
    both = bobs.post(at(request, "approve"), {"skip_passed": True, "force": True})
    assert (both.status_code, list(both.json()["fields"])) == (400, ["skip_passed"])
    answer = bobs.post(at(request, "approve"), {"skip_passed": True, "digest": request.digest})
    assert (answer.status_code, answer.json()["state"]) == (200, "granted")
    assert Schedule.objects.get().next_run_at == HERE + timedelta(hours=23)
    assert not JobResult.objects.exists()


def test_others_do_not_see_it(client_of: ClientOf, future: ApprovalRequest, dave: User) -> None:
    client = client_of(dave)
    assert client.get(LIST).json()["results"] == []
    for action in ("approve", "withdraw", "comment", "dry-run"):
        assert refused(client.post(at(future, action), {"text": "x"})) == (404, "not_found")


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_what_is_no_request_is_not_found(bobs: APIClient, future: ApprovalRequest, key: str) -> None:
    assert refused(bobs.get(f"{LIST}{key}/")) == (404, "not_found")


def test_queue_has_what_one_may_approve_with_the_most_urgent_first(
    bobs: APIClient, alices: APIClient, ask: Ask, bob: User
) -> None:
    late = ask("late", interval="future", start_time=HERE + timedelta(days=2))
    soon = ask("soon", interval="future", start_time=HERE + timedelta(days=1))
    ask(by=bob)
    past = ask("past", at=HERE - timedelta(days=2), interval="future", start_time=HERE - timedelta(days=1))
    assert numbers(bobs.get(f"{LIST}?waits_for=me")) == [past.number, soon.number, late.number]
    assert numbers(alices.get(f"{LIST}?waits_for=me")) == []
    first = bobs.get(f"{LIST}?waits_for=me&limit=2")
    assert numbers(first) == [past.number, soon.number]
    assert numbers(bobs.get(first.json()["next"])) == [late.number]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 20])
def test_wrong_cursor_of_the_queue_is_refused(bobs: APIClient, future: ApprovalRequest, cursor: str) -> None:
    assert refused(bobs.get(f"{LIST}?waits_for=me&cursor={cursor}")) == (400, "invalid")


def test_list_without_a_queue_begins_with_the_newest(bobs: APIClient, ask: Ask) -> None:
    asked = [ask().number for _ in range(3)]
    first = bobs.get(f"{LIST}?limit=2")
    assert numbers(first) + numbers(bobs.get(first.json()["next"])) == asked[::-1]


def test_lists_are_filtered(bobs: APIClient, alices: APIClient, future: ApprovalRequest, job: Job) -> None:
    for query in ("state=open", f"job={job.slug}", "kind=run", f"schedule={future.scheduled_job_id}"):
        assert numbers(bobs.get(f"{LIST}?{query}")) == [future.number]
    for query in ("state=granted", "kind=series", "mine=true", "job=another"):
        assert numbers(bobs.get(f"{LIST}?{query}")) == []
    assert numbers(alices.get(f"{LIST}?mine=true")) == [future.number]
    assert refused(bobs.get(f"{LIST}?waits_for=carol")) == (400, "invalid")


def test_source_is_what_was_pinned(bobs: APIClient, future: ApprovalRequest, job: Job, now: datetime) -> None:
    Job.objects.update(bundle=store(source=of_contents(module="sample", contents={"sample.py": b"y"}), now=now))
    body = bobs.get(at(future, "source")).json()
    assert [(file["path"], file["text"]) for file in body["files"]] == [("sample.py", "x = 1\n")]
    assert body["digest"] == future.bundle_id


def test_deciders_are_told_by_name(bobs: APIClient, future: ApprovalRequest, admin: User) -> None:
    body = bobs.get(at(future, "deciders")).json()
    assert [person["username"] for person in body["approve"]] == ["admin", "bob"]
    assert [person["username"] for person in body["deny"]] == ["admin", "bob"]
    assert body["mine"]["approve"]["allowed"] is True


def test_approving_runs_a_wish_for_now(bobs: APIClient, ask: Ask) -> None:
    request = ask()
    answer = bobs.post(at(request, "approve"), {"digest": request.digest, "reason": "fine"})
    body = answer.json()
    assert (answer.status_code, body["state"], body["grant"]["uses_left"]) == (200, "granted", 0)
    assert [run["id"] for run in body["runs"]] == [str(JobResult.objects.get().pk)]
    decision = request.parties.get(part=RequestParty.Part.DECIDER)
    assert (decision.reason, decision.digest) == ("fine", request.digest)


def test_approving_needs_what_was_read(bobs: APIClient, future: ApprovalRequest) -> None:
    assert refused(bobs.post(at(future, "approve"), {"digest": "0" * 64})) == (409, "digest_differs")


def test_second_decision_is_a_conflict(bobs: APIClient, future: ApprovalRequest) -> None:
    bobs.post(at(future, "approve"))
    assert refused(bobs.post(at(future, "approve"))) == (409, "already_decided")


def test_own_request_is_not_approved(alices: APIClient, future: ApprovalRequest) -> None:
    assert alices.post(at(future, "approve")).status_code == 403


def test_token_that_may_not_decide_does_not(client_of: ClientOf, future: ApprovalRequest, bob: User) -> None:
    client = client_of(bob, may_decide=False)
    assert refused(client.post(at(future, "approve"))) == (403, "token_may_not_decide")
    assert refused(client.post(at(future, "deny"), {"reason": "no"})) == (403, "token_may_not_decide")


def test_past_start_needs_force(bobs: APIClient, ask: Ask) -> None:
    request = ask(at=HERE - timedelta(days=2), interval="future", start_time=HERE - timedelta(days=1))
    assert bobs.get(at(request)).json()["past_due"] is True
    assert refused(bobs.post(at(request, "approve"), {"force": False})) == (400, "past_due")
    assert bobs.post(at(request, "approve"), {"force": True}).json()["state"] == "granted"


@pytest.mark.parametrize("sent", [{}, {"reason": ""}, {"reason": "  "}])
def test_denial_needs_a_reason(bobs: APIClient, future: ApprovalRequest, sent: dict[str, str]) -> None:
    answer = bobs.post(at(future, "deny"), sent)
    assert (refused(answer), list(answer.json()["fields"])) == ((400, "invalid"), ["reason"])


def test_denial_ends_the_schedule_and_is_kept(bobs: APIClient, future: ApprovalRequest) -> None:
    assert bobs.post(at(future, "deny"), {"reason": "not now"}).json()["state"] == "denied"
    decider = bobs.get(at(future)).json()["parties"][-1]
    assert (decider["username"], decider["verdict"], decider["reason"]) == ("bob", "deny", "not now")


def test_only_who_asked_withdraws(bobs: APIClient, alices: APIClient, future: ApprovalRequest) -> None:
    assert refused(bobs.post(at(future, "withdraw"))) == (403, "not_your_request")
    assert alices.post(at(future, "withdraw"), {"reason": "a mistake"}).json()["state"] == "withdrawn"


def test_comments_are_kept_in_order(bobs: APIClient, alices: APIClient, future: ApprovalRequest) -> None:
    assert bobs.post(at(future, "comment"), {"text": "Why?"}).status_code == 201
    alices.post(at(future, "comment"), {"text": "It is full."})
    said = bobs.get(at(future)).json()["comments"]
    assert [(one["username"], one["text"]) for one in said] == [("bob", "Why?"), ("alice", "It is full.")]


def test_accepted_suggestion_is_asked_for_anew(bobs: APIClient, alices: APIClient, future: ApprovalRequest) -> None:
    later = HERE + timedelta(days=3)
    changes = {"start_time": later.isoformat(), "inputs": {"site": "y"}}
    answer = bobs.post(at(future, "suggest"), {"changes": changes, "text": "later"})
    assert answer.status_code == 201
    assert bobs.get(at(future)).json()["state"] == "open"
    accepted = alices.post(at(future, "accept"), {"comment": answer.json()["id"]})
    assert (accepted.status_code, accepted.json()["content"]["inputs"]) == (200, {"site": "y"})
    assert accepted.json()["number"] > future.number
    assert bobs.get(at(future)).json()["state"] == "superseded"


def test_only_the_requester_accepts(bobs: APIClient, future: ApprovalRequest) -> None:
    said = bobs.post(at(future, "suggest"), {"changes": {"commit": False}}).json()
    assert refused(bobs.post(at(future, "accept"), {"comment": said["id"]})) == (403, "not_your_request")


def test_suggestion_of_another_request_is_not_found(
    bobs: APIClient, alices: APIClient, ask: Ask, future: ApprovalRequest
) -> None:
    said = bobs.post(at(future, "suggest"), {"changes": {"commit": False}}).json()
    assert refused(alices.post(at(ask(), "accept"), {"comment": said["id"]})) == (404, "not_found")


@pytest.mark.parametrize("changes", [{}, {"name": "x"}, {"nosuch": 1}, {"start_time": "soon"}])
def test_wrong_suggestion_is_refused(bobs: APIClient, future: ApprovalRequest, changes: dict[str, Any]) -> None:
    assert bobs.post(at(future, "suggest"), {"changes": changes}).status_code == 400


def test_dry_run_is_noted_on_the_request(bobs: APIClient, future: ApprovalRequest) -> None:
    answer = bobs.post(at(future, "dry-run"))
    assert (answer.status_code, answer.json()["purpose"], answer.json()["commit"]) == (201, "dry_run", False)
    assert [run["id"] for run in bobs.get(at(future)).json()["dry_runs"]] == [answer.json()["id"]]


def test_many_are_denied_each_on_its_own(bobs: APIClient, ask: Ask, bob: User) -> None:
    theirs, own, missing = ask(), ask(by=bob), "00000000-0000-4000-8000-000000000000"
    ids = [str(theirs.pk), str(own.pk), missing]
    outcomes = bobs.post(f"{LIST}deny/", {"ids": ids, "reason": "a freeze"}).json()["results"]
    assert [(one["id"], one["ok"], one["code"]) for one in outcomes] == [
        (ids[0], True, ""),
        (ids[1], False, "own_request"),
        (missing, False, "not_found"),
    ]


def test_misspelled_field_is_refused(bobs: APIClient, future: ApprovalRequest) -> None:
    assert refused(bobs.post(at(future, "approve"), {"froce": True})) == (400, "invalid")
