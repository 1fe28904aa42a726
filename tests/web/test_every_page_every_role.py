"""Every page, with every method and as everybody: who gets in, that a refusal changes nothing, and what stays hidden.

A new page fails the first test until it has a line in `TABLE`. Each line names the permission that the call needs; the
answers to the seven roles follow from it, see `expected`. The rows and the people are those of the API's table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.api.world import FILE, ROLES, World, build_world, undone

from foureyes.models import ApprovalRequest, Event, Job, JobResult, ScheduledJob, Worker
from foureyes.users.models import ObjectPermission, Token, User

PEOPLE = tuple(role for role in ROLES if role != "read_only")  # pages know no tokens
SIGN_IN, DONE = "sign in", "done"  # redirects: to the sign-in page, and to the page that shows what was done
PASSWORD = "quiet-lantern-4711"

Answer = int | str
Body = Callable[[World, str], Any]


@dataclass(frozen=True)
class Call:
    """What a method needs, and what it answers to whoever has that."""

    needs: str = "account"  # a permission's action, `superuser`, `account`, or `nothing`
    status: Answer = 200
    constrained: Answer | None = None  # who has the permission, but not for such a row; None: as `status`
    nobody: Answer = 403  # to an account without any permission
    viewer: Answer = 403  # to whoever sees the row and has not what the call needs
    body: Body = lambda world, role: {}


@dataclass(frozen=True)
class Page:
    """One page: the model whose row its address names, and its methods."""

    model: type[Model] | None
    calls: dict[str, Call]


def expected(call: Call, role: str) -> Answer:
    """The one rule behind the table."""
    if call.needs == "nothing":
        return call.status
    if role in ("anonymous", "inactive"):
        return SIGN_IN
    if role == "superuser" or call.needs == "account":
        return call.status
    if call.needs == "superuser":
        return 403
    if role == "nobody":
        return call.nobody
    if role == "constrained" and call.constrained is not None:
        return call.constrained
    if role == "viewer":
        return call.status if call.needs == "view" else call.viewer
    return call.status


def sent(**values: Any) -> Body:
    """The same form for everybody."""
    return lambda world, role: values


def of_row(model: type[Model], **calls: Call) -> Page:
    """A page of one row: to whom it is hidden there is nothing at this address."""
    return Page(model, {method: replace(call, constrained=404, nobody=404) for method, call in calls.items()})


def read_only(needs: str, *, nobody: Answer = 403) -> Page:
    """A page without a row of its own."""
    return Page(None, {"GET": Call(needs, nobody=nobody)})


def digest(world: World, role: str) -> Any:
    """What the person read, with a reason."""
    asked = world.target[ApprovalRequest]
    assert isinstance(asked, ApprovalRequest)
    return {"digest": asked.digest, "comment": "seen"}


def ticked(world: World, role: str) -> Any:
    """One schedule; what is refused for it is told on the next page."""
    return {"action": "pause", "id": world.id(ScheduledJob, role)}


def selected(world: World, role: str) -> Any:
    """One request; what is refused for it is told on the next page."""
    return {"ids": world.id(ApprovalRequest, role), "comment": "no"}


def permission(world: World, role: str) -> Any:
    """One for jobs."""
    of_jobs = ContentType.objects.get_for_model(Job).pk
    return {"name": "new", "actions": "view", "enabled": "on", "object_types": of_jobs}


def starred(world: World, role: str) -> Any:
    """One job, which is passed over where it is hidden."""
    return {"star": world.id(Job, role)}


def run_form(world: World, role: str) -> Any:
    """The form as it was shown for this source."""
    job = world.target[Job]
    assert isinstance(job, Job)
    return {"_source": job.bundle_id, "_schedule_interval": "immediately", "_commit": "true", "_key": "k"}


NEW_USER = {"username": "new", "password": PASSWORD, "is_active": "on"}
TOKEN = {"description": "new", "days": "30"}
FOR_ALL = read_only("account")
FEED = Page(None, {"GET": Call("nothing", 404)})  # the key is nobody's
schedule_action = of_row(ScheduledJob, POST=Call("change", DONE))

TABLE: dict[str, Page] = {
    "account_login": Page(None, {}),  # told by tests/web/test_sign_in.py
    "account_logout": Page(None, {}),
    "health": Page(None, {"GET": Call("nothing")}),
    "badge": Page(None, {"GET": Call(status=DONE)}),  # the rest of it: tests/web/test_unchanged.py
    "session": Page(None, {"GET": Call(status=DONE)}),  # the rest of it: tests/web/test_session.py
    "theme": Page(None, {"POST": Call("nothing", DONE)}),
    "overview": FOR_ALL,
    "search": FOR_ALL,
    "help": FOR_ALL,
    "components": FOR_ALL,
    "account": Page(None, {"GET": Call(), "POST": Call(status=DONE)}),
    "password": Page(None, {"POST": Call(status=422)}),
    "tokens": Page(None, {"GET": Call(), "POST": Call(body=sent(**TOKEN))}),
    "token-revoke": Page(Token, {"GET": Call(), "POST": Call(status=DONE)}),
    "view-save": Page(None, {"POST": Call(status=DONE, body=sent(list="results", name="new", query="state=lost"))}),
    "view-remove": Page(Token, {"POST": Call(status=DONE, body=sent(list="results"))}),  # the id of no view
    "users": read_only("view"),
    "user-new": Page(None, {"GET": Call("add"), "POST": Call("add", DONE, constrained=403, body=sent(**NEW_USER))}),
    "user": of_row(User, GET=Call("view"), POST=Call("change", DONE, body=sent(username="Target", is_active="on"))),
    "user-delete": of_row(User, GET=Call("delete"), POST=Call("delete", DONE)),
    "groups": Page(None, {"GET": Call("view"), "POST": Call("add", DONE, constrained=403, body=sent(name="new"))}),
    "group": of_row(Group, GET=Call("view"), POST=Call("change", DONE, body=sent(name="renamed"))),
    "permissions": read_only("view"),
    "permission-new": Page(None, {"GET": Call("add"), "POST": Call("add", DONE, constrained=403, body=permission)}),
    "permission": of_row(ObjectPermission, GET=Call("view"), POST=Call("change", DONE, body=permission)),
    "can": read_only("view"),
    "workers": read_only("view"),
    "worker-switch": of_row(Worker, POST=Call("change", DONE, body=sent(to="drain"))),
    "settings": read_only("superuser"),
    "audit": read_only("view"),
    "audit-verify": read_only("view"),
    "audit-export": read_only("view"),
    "jobs": Page(None, {"GET": Call(), "POST": Call(status=DONE, body=starred)}),
    "job": of_row(Job, GET=Call("view")),
    "job-edit": of_row(Job, GET=Call("change"), POST=Call("change", DONE, body=sent(enabled="on"))),
    "run": of_row(Job, GET=Call("view"), POST=Call("run", DONE, body=run_form)),
    "run-preview": of_row(Job, POST=Call("view", body=run_form)),
    "run-dry-run": of_row(Job, GET=Call("view", 404, viewer=404)),  # the run is somebody else's
    "results": FOR_ALL,
    "results-export": FOR_ALL,
    # Whose runs these are is asked for each: tests/web/test_stop_all.py
    "results-stop": Page(None, {"GET": Call(status=DONE), "POST": Call(status=DONE)}),
    "result": of_row(JobResult, GET=Call("view")),
    "result-stop": of_row(JobResult, GET=Call("view"), POST=Call("change", DONE)),
    "result-delete": of_row(JobResult, GET=Call("delete"), POST=Call("delete", DONE)),
    "result-lines": of_row(JobResult, GET=Call("view")),
    "result-log": of_row(JobResult, GET=Call("view")),
    "result-file": of_row(JobResult, GET=Call("view")),
    "schedules": FOR_ALL,
    "schedules-bulk": Page(None, {"POST": Call(status=DONE, body=ticked)}),
    "schedule": of_row(ScheduledJob, GET=Call("view")),
    "schedule-ledger": of_row(ScheduledJob, GET=Call("view")),
    "schedule-edit": of_row(
        ScheduledJob, GET=Call("change"), POST=Call("change", 422, body=sent(_schedule_interval="never"))
    ),
    "schedule-pause": schedule_action,
    "schedule-resume": of_row(ScheduledJob, POST=Call("change", 409)),  # it is not paused
    "schedule-skip": schedule_action,
    "schedule-run": of_row(ScheduledJob, GET=Call("view"), POST=Call("run", DONE)),
    "schedule-clone": of_row(ScheduledJob, GET=Call("view"), POST=Call("run", DONE)),
    "schedule-delete": of_row(ScheduledJob, GET=Call("delete"), POST=Call("delete", DONE)),
    "schedule-assume": of_row(ScheduledJob, GET=Call("change"), POST=Call("change", DONE)),
    "approvals": FOR_ALL,
    "approvals-deny": Page(None, {"GET": Call(status=DONE), "POST": Call(status=DONE, body=selected)}),
    "approvals-approve": Page(None, {"GET": Call(status=DONE), "POST": Call(status=DONE, body=selected)}),
    "request": of_row(ApprovalRequest, GET=Call("view")),
    "request-source": of_row(ApprovalRequest, GET=Call("view")),
    "request-approve": of_row(ApprovalRequest, GET=Call("view", DONE), POST=Call("approve", DONE, body=digest)),
    "request-deny": of_row(ApprovalRequest, POST=Call("approve", DONE, body=digest)),
    "request-dry-run": of_row(ApprovalRequest, POST=Call("run", DONE)),
    "request-comment": of_row(ApprovalRequest, POST=Call("view", DONE, body=digest)),
    "request-withdraw": of_row(ApprovalRequest, POST=Call("never", 403, body=digest)),
    "request-take-back": of_row(ApprovalRequest, POST=Call("delete", 409, body=digest)),
    # Who may not decide is led back to the request, which says so.
    "request-suggest": of_row(
        ApprovalRequest, GET=Call("approve", viewer=DONE), POST=Call("approve", 422, viewer=DONE, body=digest)
    ),
    "request-accept": of_row(ApprovalRequest, POST=Call("view", 409)),
    "calendar": FOR_ALL,
    "calendar-week": FOR_ALL,
    "calendar-month": FOR_ALL,
    "calendar-day": FOR_ALL,
    "calendar-subscribe": Page(None, {"GET": Call(), "POST": Call(status=DONE)}),
    "calendar-feed": FEED,
    "timeline": FOR_ALL,
}


def pages(resolver: URLResolver) -> Iterator[URLPattern]:
    """All but what is below `/api/`."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        elif str(entry.pattern) != "api/":
            yield from pages(entry)


def named(name: str) -> URLPattern:
    return next(one for one in pages(get_resolver()) if one.name == name)


def test_every_page_is_in_the_table() -> None:
    served = [page.name for page in pages(get_resolver())]
    assert sorted(map(str, served)) == sorted(TABLE)


@pytest.mark.parametrize("role", PEOPLE)
def test_who_gets_in(world: World, role: str) -> None:
    calls = [(name, method, call) for name, page in TABLE.items() for method, call in page.calls.items()]
    answers = {(name, method): ask(world, name, method, role, body=call.body) for name, method, call in calls}
    assert answers == {(name, method): expected(call, role) for name, method, call in calls}


def test_what_is_not_served_is_refused_as_such(world: World) -> None:
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE")
    missing = [
        (name, method) for name, page in TABLE.items() if page.calls for method in methods if method not in page.calls
    ]
    answers = {(name, method): ask(world, name, method, "superuser") for name, method in missing}
    to_its_page = {(name, method) for name, method in missing if method == "GET"}
    assert answers == {one: DONE if one in to_its_page else 405 for one in missing}


def test_what_is_only_posted_to_lies_below_a_page(world: World) -> None:
    client, lost = Client(), []
    client.force_login(User.objects.get(username="superuser"))
    for name in [name for name, page in TABLE.items() if set(page.calls) == {"POST"}]:
        answer = client.get(address(world, name, "superuser"), follow=True)
        if answer.status_code != 200:
            lost.append(name)
    assert lost == []


def ask(world: World, name: str, method: str, role: str, body: Body = lambda world, role: {}) -> Answer:
    """The answer to one call, which is undone. A refusal changed nothing, and nothing hidden is shown."""
    client = Client()
    if role != "anonymous":
        client.force_login(User.objects.get(username=role))
    with undone():
        facts = Event.objects.count()
        answer = getattr(client, method.lower())(address(world, name, role), body(world, role))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code >= 400:
            assert Event.objects.count() == facts, f"{role} was refused {name}, but something happened"
        if role in ("anonymous", "nobody", "constrained", "inactive"):
            assert b"Target" not in content, f"a hidden row was shown to {role} by {name}"
    if answer.status_code in (302, 303):
        return SIGN_IN if answer["Location"].startswith("/account/sign-in/") else DONE
    status: int = answer.status_code
    return status


def address(world: World, name: str, role: str) -> str:
    """The page's, of the target."""
    keys = {}
    for key in named(name).pattern.regex.groupindex:
        keys[key] = _value(world, name, key, role)
    view = name if name.startswith("account_") else f"web:{name}"
    return reverse(view, kwargs=keys)


def _value(world: World, name: str, key: str, role: str) -> Any:
    target = world.target
    if key == "slug":
        return target[Job].slug  # type: ignore[attr-defined]
    if key == "pk":
        model = TABLE[name].model
        assert model is not None
        return world.id(model, role)
    return {
        "run_id": target[JobResult].pk,
        "name": FILE,
        "form": "csv",
        "key": "no-key",
        "text": "2026-11" if name == "calendar-month" else "2026-11-24",
    }[key]


@pytest.fixture
def world(db: None, now: datetime) -> World:
    return build_world(now)
