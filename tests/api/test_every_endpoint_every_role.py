"""Every address of the API, with every method and as everybody: who gets in, and that a refusal changes nothing.

A new address or method fails the first test until it has a line in `TABLE`. Each line names the permission that the
call needs; the statuses of the eight roles follow from it, see `expected`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import URLPattern, get_resolver
from tests.api.world import FILE, NO_ID, RECEIVER, ROLES, World, build_world, undone

from foureyes.models import (
    ApprovalRequest,
    Event,
    Job,
    JobHook,
    JobLogEntry,
    JobResult,
    ObjectChange,
    ScheduledJob,
    Webhook,
    WebhookDelivery,
    Worker,
)
from foureyes.users.models import ObjectPermission, Token, User

SAFE = ("GET", "HEAD", "OPTIONS")
PASSWORD = "quiet-lantern-4711"

Body = Callable[[World, str], Any]


@dataclass(frozen=True)
class Call:
    """What a method needs, and what it answers to whoever has that."""

    needs: str  # a permission's action, `superuser`, `account`, or `nothing`
    status: int = 200
    constrained: int | None = None  # to whom the row is hidden, or who may not leave such a row; None: as `status`
    nobody: int | None = None  # where an account without permissions is not simply refused
    body: Body = lambda world, role: None


@dataclass(frozen=True)
class Route:
    """One address: the model whose row it names, its methods, and what OPTIONS answers to an account."""

    model: type[Model] | None
    calls: dict[str, Call]
    options: int = 200


def expected(call: Call, role: str, method: str) -> int:
    """The one rule behind the table."""
    if role == "inactive":
        return 403
    if call.needs == "nothing":
        return call.status
    if role == "anonymous" or (role == "read_only" and method not in SAFE):
        return 403
    if role == "nobody" and call.nobody is not None:
        return call.nobody
    if call.needs == "superuser":
        return call.status if role in ("superuser", "read_only") else 403
    if role == "nobody":
        return call.status if call.needs == "account" else 403
    if role == "viewer":
        return call.status if call.needs in ("account", "view") else 403
    if role == "constrained" and call.constrained is not None:
        return call.constrained
    return call.status


def sent(**values: Any) -> Body:
    """The same body for everybody."""
    return lambda world, role: values


def one_of(model: type[Model], **values: Any) -> Body:
    """A list with one object that names the row."""
    return lambda world, role: [{"id": world.id(model, role), **values}]


def new_plan(world: World, role: str) -> Any:
    """A schedule of the job."""
    return {"job": world.id(Job, role), "name": "new", "interval": "hourly"}


def bulk(world: World, role: str) -> Any:
    """One schedule; what is refused for it is told in the answer."""
    return {"action": "cancel", "ids": [world.id(ScheduledJob, role)]}


def deny_many(world: World, role: str) -> Any:
    """One request; what is refused for it is told in the answer."""
    return {"ids": [world.id(ApprovalRequest, role)], "reason": "no"}


def part_of_request(needs: str) -> Route:
    """Something of a request, read only."""
    return Route(ApprovalRequest, {"GET": Call(needs, constrained=404, nobody=404)})


def act_on_request(needs: str, status: int = 200, body: Body = lambda world, role: None) -> Route:
    """Something done to a request: who does not see it finds none."""
    return Route(ApprovalRequest, {"POST": Call(needs, status, constrained=404, nobody=404, body=body)})


def crud(model: type[Model], *, new: dict[str, Any], change: dict[str, Any]) -> tuple[Route, Route]:
    """List and row of a model that has everything. Bulk requests ignore ids that are hidden."""
    rows = Route(
        model,
        {
            "GET": Call("view"),
            "POST": Call("add", 201, constrained=403, body=sent(**new)),
            "PUT": Call("change", body=one_of(model, **(new | change))),
            "PATCH": Call("change", body=one_of(model, **change)),
            "DELETE": Call("delete", 204, body=one_of(model)),
        },
    )
    return rows, row(model, put=new | change, patch=change)


def notes_on(model: type[Model]) -> Route:
    """Notes are not kept."""
    return Route(model, {"GET": Call("view", constrained=404), "POST": Call("add", 409, constrained=404)})


def row(model: type[Model], *, put: dict[str, Any], patch: dict[str, Any]) -> Route:
    """A row that can be seen, changed and deleted."""
    return Route(
        model,
        {
            "GET": Call("view", constrained=404),
            "PUT": Call("change", constrained=404, body=sent(**put)),
            "PATCH": Call("change", constrained=404, body=sent(**patch)),
            "DELETE": Call("delete", 204, constrained=404),
        },
    )


def look(model: type[Model]) -> tuple[Route, Route]:
    """List and row of a model that is read only."""
    return Route(model, {"GET": Call("view")}), part(model)


def part(model: type[Model]) -> Route:
    """Something below the address of a row, read only."""
    return Route(model, {"GET": Call("view", constrained=404)})


JOB = {"grouping": "Tools", "name": "Target"}
TYPES = {"name": "new", "object_types": ["extras.job"], "actions": ["view"]}
users, one_user = crud(User, new={"username": "new", "password": PASSWORD}, change={"first_name": "N"})
groups, one_group = crud(Group, new={"name": "new"}, change={"name": "renamed"})
permissions, one_permission = crud(ObjectPermission, new=TYPES, change={"description": "changed"})
tokens, one_token = crud(Token, new={"description": "new"}, change={"description": "changed"})
lines, one_line = look(JobLogEntry)
schedules, one_schedule = look(ScheduledJob)
runs, one_run = look(JobResult)
events, one_event = look(Event)
changes, one_change = look(ObjectChange)
deliveries, one_delivery = look(WebhookDelivery)
HOOK = {"name": "new", "content_types": ["users.user"], "type_create": True}
WEBHOOK = {**HOOK, "payload_url": "https://example.org/new"}
hooks, one_hook = crud(JobHook, new={**HOOK, "job": RECEIVER}, change={"enabled": False})
webhooks, one_webhook = crud(Webhook, new=WEBHOOK, change={"type_delete": True})
PERIOD = {"from": "2027-01-01T00:00:00Z", "to": "2027-02-01T00:00:00Z"}
switch_workers = Route(Worker, {"POST": Call("change", body=sent())})
change_schedule = Route(ScheduledJob, {"POST": Call("change", constrained=404)})
change_paused = Route(ScheduledJob, {"POST": Call("change", 409, constrained=404)})  # it is not paused
run_schedule = Route(ScheduledJob, {"POST": Call("run", 201, constrained=404)})
open_to_all = Route(None, {"GET": Call("nothing")})

TABLE: dict[str, Route] = {
    "": open_to_all,
    "status/": Route(None, {"GET": Call("account")}),
    "extras/": open_to_all,
    "extras/jobs/": Route(
        Job,
        {
            "GET": Call("view"),
            "PUT": Call("change", body=one_of(Job, **JOB)),
            "PATCH": Call("change", body=one_of(Job, hidden=True, hidden_override=True)),
            "DELETE": Call("delete", 204, body=one_of(Job)),
        },
    ),
    "extras/jobs/<id>/": row(Job, put=JOB, patch={"enabled": False}),
    "extras/jobs/<id>/variables/": part(Job),
    "extras/jobs/<id>/notes/": notes_on(Job),
    "extras/jobs/<id>/run/": Route(Job, {"POST": Call("run", 201, constrained=404, body=sent(data={}))}, options=405),
    "extras/jobs/<class_path>/": part(Job),
    "extras/jobs/<class_path>/run/": Route(
        Job, {"POST": Call("run", 200, constrained=404, body=sent(data={}))}, options=405
    ),
    "extras/job-results/": Route(
        JobResult, {"GET": Call("view"), "DELETE": Call("delete", 204, body=one_of(JobResult))}
    ),
    "extras/job-results/<id>/": Route(
        JobResult, {"GET": Call("view", constrained=404), "DELETE": Call("delete", 204, constrained=404)}
    ),
    "extras/job-results/<id>/logs/": part(JobResult),
    "extras/job-logs/": lines,
    "extras/job-logs/<id>/": one_line,
    "extras/scheduled-jobs/": schedules,
    "extras/scheduled-jobs/<id>/": one_schedule,
    # On a schedule that needs no approval: to approve it changes nothing, and to deny it ends it.
    "extras/scheduled-jobs/<id>/approve/": Route(ScheduledJob, {"POST": Call("change", constrained=404)}, options=405),
    "extras/scheduled-jobs/<id>/deny/": Route(ScheduledJob, {"POST": Call("delete", constrained=404)}, options=405),
    "extras/scheduled-jobs/<id>/dry-run/": Route(ScheduledJob, {"POST": Call("run", constrained=404)}, options=405),
    "extras/job-hooks/": hooks,
    "extras/job-hooks/<id>/": one_hook,
    "extras/job-hooks/<id>/notes/": notes_on(JobHook),
    "extras/webhooks/": webhooks,
    "extras/webhooks/<id>/": one_webhook,
    "extras/webhooks/<id>/notes/": notes_on(Webhook),
    "extras/object-changes/": changes,
    "extras/object-changes/<id>/": one_change,
    "users/": open_to_all,
    "users/config/": Route(None, {"GET": Call("account"), "PATCH": Call("account", body=sent(size=1))}),
    "users/users/": users,
    "users/users/<id>/": one_user,
    "users/groups/": groups,
    "users/groups/<id>/": one_group,
    "users/permissions/": permissions,
    "users/permissions/<id>/": one_permission,
    "users/tokens/": tokens,
    "users/tokens/<id>/": one_token,
    "runs/": runs,
    "runs/<id>/": one_run,
    # Whoever asked for a run may end it without a permission; to others without one it does not exist.
    "runs/<id>/cancel/": Route(JobResult, {"POST": Call("change", constrained=404, nobody=404)}),
    "runs/<id>/logs/": part(JobResult),
    "runs/<id>/changes/": part(JobResult),
    "runs/<id>/events/": part(JobResult),
    "runs/<id>/files/": part(JobResult),
    "runs/<id>/files/<name>/": part(JobResult),
    "jobs/<id>/": part(Job),
    "jobs/<id>/run/": Route(Job, {"POST": Call("run", 201, constrained=404, body=sent(data={}))}),
    "jobs/<id>/dry-run/": Route(Job, {"POST": Call("run", 201, constrained=404, body=sent(data={}))}),
    "jobs/<id>/source/": part(Job),
    "jobs/<id>/variables/": part(Job),
    # Whoever may run a job may plan it, and run now what a schedule of it runs: neither needs a right on schedules.
    "schedules/": Route(ScheduledJob, {"GET": Call("view"), "POST": Call("run", 201, constrained=400, body=new_plan)}),
    "schedules/<id>/": Route(
        ScheduledJob,
        {
            "GET": Call("view", constrained=404),
            "PATCH": Call("change", constrained=404, body=sent(description="changed")),
            "DELETE": Call("delete", 204, constrained=404),
        },
    ),
    "schedules/planned/": Route(ScheduledJob, {"GET": Call("view", body=sent(**PERIOD))}),
    "schedules/<id>/upcoming/": part(ScheduledJob),
    "schedules/<id>/foresee-edit/": change_schedule,
    "schedules/<id>/foresee-take-over/": change_schedule,
    "schedules/<id>/pause/": change_schedule,
    "schedules/<id>/resume/": change_paused,
    "schedules/<id>/skip-next/": change_schedule,
    "schedules/<id>/cancel/": change_schedule,
    "schedules/<id>/take-over/": change_schedule,
    "schedules/<id>/clone/": run_schedule,
    "schedules/<id>/run-now/": run_schedule,
    "schedules/bulk/": Route(ScheduledJob, {"POST": Call("view", body=bulk)}),
    "schedules/preview/": Route(None, {"POST": Call("account", body=sent(interval="hourly"))}),
    "occurrences/": Route(ScheduledJob, {"GET": Call("view")}),
    # To who may not see a request there is none; who sees it may say something about it. It is open, and the target's.
    "approvals/": Route(None, {"GET": Call("account")}),
    "approvals/deny/": Route(None, {"POST": Call("account", body=deny_many)}),
    "approvals/<id>/": part_of_request("view"),
    "approvals/<id>/source/": part_of_request("view"),
    "approvals/<id>/deciders/": part_of_request("view"),
    "approvals/<id>/approve/": act_on_request("approve"),
    "approvals/<id>/deny/": act_on_request("approve", body=sent(reason="no")),
    "approvals/<id>/revoke/": act_on_request("approve", 409, body=sent(reason="no")),
    "approvals/<id>/withdraw/": act_on_request("never", 403),
    "approvals/<id>/comment/": act_on_request("view", 201, body=sent(text="why?")),
    "approvals/<id>/suggest/": act_on_request("approve", 201, body=sent(changes={"commit": False})),
    "approvals/<id>/accept/": act_on_request("view", 404, body=sent(comment=NO_ID)),
    "approvals/<id>/dry-run/": act_on_request("run", 201),
    "webhooks/": Route(Webhook, {"GET": Call("view"), "POST": Call("add", 201, constrained=403, body=sent(**WEBHOOK))}),
    "webhooks/<id>/": Route(
        Webhook,
        {
            "GET": Call("view", constrained=404),
            "PATCH": Call("change", constrained=404, body=sent(enabled=False)),
            "DELETE": Call("delete", 204, constrained=404),
        },
    ),
    "webhook-deliveries/": deliveries,
    "webhook-deliveries/<id>/": one_delivery,
    "webhook-deliveries/<id>/send-again/": Route(WebhookDelivery, {"POST": Call("change", constrained=404)}),
    "workers/": Route(Worker, {"GET": Call("view")}),
    "workers/drain/": switch_workers,
    "workers/resume/": switch_workers,
    "can/": Route(None, {"GET": Call("account", body=sent(action="run", object_type="extras.job"))}),
    "whoami/": Route(None, {"GET": Call("account")}),
    "events/": events,
    "events/<id>/": one_event,
    "doctor/": Route(None, {"GET": Call("superuser")}),
    "doctor/jobs/<id>/": Route(Job, {"GET": Call("view", constrained=404)}),
    "doctor/schedules/<id>/": Route(ScheduledJob, {"GET": Call("view", constrained=404)}),
    "doctor/requests/<id>/": part_of_request("view"),
    "docs/": open_to_all,
    "redoc/": open_to_all,
    "swagger/": open_to_all,
    "swagger.json": open_to_all,
    "swagger.yaml": open_to_all,
}


def served() -> dict[str, set[str]]:
    """The methods of every address below `/api/`, as the resolver has them."""
    return {
        re.sub(r"\(\?P(<\w+>)[^)]*\)|<\w+:(\w+)>|[\^$]", _plain, pattern.removeprefix("api/")): methods
        for pattern, methods in _walk(get_resolver().url_patterns, "")
        if pattern.startswith("api/")
    }


def _plain(match: re.Match[str]) -> str:
    return match[1] or (f"<{match[2]}>" if match[2] else "")


def _walk(patterns: Any, prefix: str) -> Iterator[tuple[str, set[str]]]:
    for each in patterns:
        address = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            view = getattr(each.callback, "cls", None) or getattr(each.callback, "view_class", None)
            methods = getattr(each.callback, "actions", None) or [
                name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)
            ]
            yield address, {name.upper() for name in methods} - {"HEAD"}
        else:
            yield from _walk(each.url_patterns, address)


def test_every_address_and_method_is_in_the_table() -> None:
    assert served() == {address: set(route.calls) for address, route in TABLE.items()}


@pytest.mark.parametrize(
    ("address", "method"), [(address, method) for address, route in TABLE.items() for method in route.calls]
)
def test_who_gets_in(world: World, address: str, method: str) -> None:
    route = TABLE[address]
    call = route.calls[method]
    answers = {role: ask(world, route, address, method, role, body=call.body) for role in ROLES}
    assert answers == {role: expected(call, role, method) for role in ROLES}


@pytest.mark.parametrize("address", TABLE)
def test_what_is_not_served_is_refused_as_such(world: World, address: str) -> None:
    route = TABLE[address]
    missing = [name for name in ("GET", "POST", "PUT", "PATCH", "DELETE") if name not in route.calls]
    answers = {method: ask(world, route, address, method, "superuser") for method in missing}
    assert answers == dict.fromkeys(missing, 405)


@pytest.mark.parametrize("address", TABLE)
def test_options_need_an_account_and_no_permission(world: World, address: str) -> None:
    route = TABLE[address]
    needs = {call.needs for call in route.calls.values()}
    call = Call(needs.pop() if needs <= {"nothing", "superuser"} else "account", route.options)
    answers = {role: ask(world, route, address, "OPTIONS", role) for role in ROLES}
    assert answers == {role: expected(call, role, "OPTIONS") for role in ROLES}


def ask(world: World, route: Route, address: str, method: str, role: str, body: Body | None = None) -> int:
    """The status of one call, which is undone. A refusal must have changed nothing, and must not show a hidden row."""
    path = "/api/" + address.replace("<class_path>", "local/tools/Target").replace("<name>", FILE)
    if route.model:
        path = path.replace("<id>", world.id(route.model, role))
    with undone():
        facts = Event.objects.count()
        data = body(world, role) if body else None
        answer = getattr(world.client(role), method.lower())(path, data)
        if answer.status_code >= 400:
            assert Event.objects.count() == facts, f"{role} was refused, but something happened"
        if role == "constrained" and route.model and method != "OPTIONS":
            shown = answer.content.decode()
            assert f"/{world.id(route.model, role)}/" not in shown, "a hidden row was shown"
            assert "Target" not in shown, "a hidden row was shown"
        status: int = answer.status_code
    return status


@pytest.fixture
def world(db: None, now: datetime) -> World:
    return build_world(now)
