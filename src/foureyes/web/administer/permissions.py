"""Object permissions: what they open, to whom, and the question whether somebody can do something."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_safe

from foureyes.errors import Invalid, Refusal
from foureyes.models import Job, ScheduledJob
from foureyes.people.permissions import create_permission, delete_permission, edit_permission
from foureyes.submission.once import Submitted
from foureyes.users.models import ACTIONS, ObjectPermission, User
from foureyes.users.permissions import OUR_APPS, all_or_nothing, demand_may, explain, may, restrict
from foureyes.web.administer.forms import chosen, faults, keys, offered, related, visible_row
from foureyes.web.administer.people import CRUMBS
from foureyes.web.names import Names
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.shell.render import page

MOST = 500
LIST = [*CRUMBS, ("Permissions", "/admin/permissions/")]


@require_safe
@signed_in
def permissions(request: SignedInRequest) -> HttpResponse:
    """The list."""
    demand_may(request.user, "view", ObjectPermission)
    rows = restrict(ObjectPermission.objects.all(), user=request.user, action="view")
    holders = [
        related("users", User.objects.order_by("username", "pk"), user=request.user),
        related("groups", Group.objects.order_by("name", "pk"), user=request.user),
    ]
    found = list(rows.prefetch_related("object_types", *holders).order_by("name", "pk")[: MOST + 1])
    return page(
        request,
        "web/administer/permissions.html",
        title="Permissions",
        nav="users",
        crumbs=CRUMBS,
        permissions=found[:MOST],
        names=Names(ids=[person.pk for one in found for person in one.users.all()]),
        more=len(found) > MOST,
        may_add=may(request.user, "add", ObjectPermission),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new_permission(request: SignedInRequest) -> HttpResponse:
    """A form; a post makes the permission."""
    demand_may(request.user, "add", ObjectPermission)
    if request.method != "POST":
        return _form(request, None)
    now = timezone.now()

    def make() -> Submitted:
        wanted = _sent(request, None)
        all_or_nothing(
            lambda: [create_permission(**wanted, by=request.user, now=now)],
            user=request.user,
            action="add",
            model=ObjectPermission,
        )
        return Submitted()

    try:
        done = once_for(request, make, now=now)
    except Refusal as refusal:
        return _form(request, None, refusal=refusal)
    name = request.POST.get("name", "").strip()
    messages.success(request, AGAIN if done.again else f"The permission “{name}” was made.")
    return redirect("web:permissions")


@require_http_methods(["GET", "POST"])
@signed_in
def permission(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One permission; a post changes it or, with `delete`, deletes it."""
    row = visible_row(ObjectPermission, pk, user=request.user)
    if request.method != "POST":
        return _form(request, row)
    if "delete" in request.POST:
        demand_may(request.user, "delete", ObjectPermission, row)
        delete_permission(permission=row, by=request.user, now=timezone.now())
        messages.success(request, f"The permission “{row}” was deleted.")
        return redirect("web:permissions")
    demand_may(request.user, "change", ObjectPermission, row)
    try:
        wanted = _sent(request, row)
        all_or_nothing(
            lambda: [edit_permission(permission=row, changes=wanted, by=request.user, now=timezone.now())],
            user=request.user,
            action="change",
            model=ObjectPermission,
        )
    except Refusal as refusal:
        return _form(request, row, refusal=refusal)
    messages.success(request, "Saved.")
    return redirect("web:permission", pk=pk)


@require_safe
@signed_in
def can(request: SignedInRequest) -> HttpResponse:
    """May this person do that to this job? With the rule that decides."""
    demand_may(request.user, "view", ObjectPermission)
    people = restrict(User.objects.all(), user=request.user, action="view").order_by("username", "pk")
    jobs = restrict(Job.objects.all(), user=request.user, action="view").order_by("name", "pk")
    person = people.filter(username=request.GET.get("user", "").replace("\x00", "")).first()
    job = jobs.filter(slug=request.GET.get("job", "").replace("\x00", "")).first()
    action = request.GET.get("action", "")
    shown, answers = list(people[:MOST]), []
    names = Names(ids=[one.pk for one in shown])
    if person is not None and action in ACTIONS:
        called = names.of(person.pk, person.called)
        answers.append(explain(person, action, job or Job, called=called))
        if action == "approve":
            answers += [explain(person, extra, ScheduledJob, called=called) for extra in ("change", "delete")]
    return page(
        request,
        "web/administer/can.html",
        part="web/administer/_can.html",
        title="Can they?",
        nav="users",
        crumbs=CRUMBS,
        people=shown,
        names=names,
        jobs=list(jobs.values_list("slug", "name")[:MOST]),
        actions=ACTIONS,
        person=person,
        job=job,
        action=action,
        answers=answers,
    )


def _sent(request: SignedInRequest, row: ObjectPermission | None) -> Any:
    post, user = request.POST, request.user
    text = post.get("constraints", "").strip()
    try:
        constraints = json.loads(text) if text else None
    except ValueError:
        raise Invalid(fields={"constraints": ['This is not JSON. An example: {"grouping": "Network"}']}) from None
    actions = [action for action in post.getlist("actions") if action]
    names = {name for text in post.getlist("users") if (name := text.strip())}
    if unknown := sorted(
        names - set(_offered_people(user).filter(username__in=names).values_list("username", flat=True))
    ):
        raise Invalid(fields={"users": [f"No account that you may view is called “{unknown[0]}”."]})
    return {
        "name": post.get("name", "").strip(),
        "description": post.get("description", "").strip(),
        "enabled": "enabled" in post,
        "actions": actions,
        "constraints": constraints,
        "object_types": list(ContentType.objects.filter(pk__in=keys(post.getlist("object_types")))),
        "groups": chosen(
            Group.objects.all(),
            user=user,
            wanted=Q(pk__in=keys(post.getlist("groups"))),
            before=row.groups.all() if row else None,
        ),
        "users": chosen(
            User.objects.all(),
            user=user,
            wanted=Q(username__in=names),
            before=row.users.all() if row else None,
        ),
    }


def _form(request: SignedInRequest, row: ObjectPermission | None, *, refusal: Refusal | None = None) -> HttpResponse:
    sent = typed_in(request) or None
    if sent is not None:
        ticked = {name: set(sent.getlist(name)) for name in ("actions", "object_types", "groups", "users")}
        values = {name: sent.get(name, "") for name in ("name", "description", "constraints")}
        enabled = "enabled" in sent
    elif row is not None:
        ticked = {
            "actions": set(row.actions),
            "object_types": {str(one.pk) for one in row.object_types.all()},
            "groups": {str(one.pk) for one in row.groups.all()},
            "users": {one.username for one in row.users.all()},
        }
        limits = json.dumps(row.constraints, indent=2, ensure_ascii=False) if row.constraints is not None else ""
        values = {"name": row.name, "description": row.description, "constraints": limits}
        enabled = row.enabled
    else:
        ticked = {name: set() for name in ("actions", "object_types", "groups", "users")}
        values, enabled = {"name": "", "description": "", "constraints": ""}, True
    own = [action for action in sorted(ticked["actions"]) if action not in ACTIONS]
    types = ContentType.objects.filter(Q(app_label__in=OUR_APPS) | Q(pk__in=keys(ticked["object_types"])))
    people, more = _people(request.user, ticked["users"])
    return page(
        request,
        "web/administer/permission.html",
        title=row.name if row else "New permission",
        nav="users",
        crumbs=LIST,
        permission=row,
        values=values,
        enabled=enabled,
        actions=[(action, action in ticked["actions"]) for action in (*ACTIONS, *own)],
        types=sorted(
            (capfirst(one.name), f"{one.app_label}.{one.model}", one.pk, str(one.pk) in ticked["object_types"])
            for one in types
        ),
        groups=[
            (one, str(one.pk) in ticked["groups"])
            for one in offered(Group.objects.order_by("name", "pk"), user=request.user)
        ],
        people=[(one, one.username in ticked["users"]) for one in people],
        names=Names(ids=[one.pk for one in people]),
        more=more,
        **faults(refusal),
        may_change=may(request.user, "change" if row else "add", ObjectPermission, row),
        may_delete=row is not None and may(request.user, "delete", ObjectPermission, row),
    )


def _offered_people(user: User) -> QuerySet[User]:
    return offered(User.objects.order_by("username", "pk"), user=user)


def _people(user: User, ticked: set[str]) -> tuple[list[User], bool]:
    """The first people and all who are ticked, because a form takes away what it does not show; are there more?"""
    rows = _offered_people(user)
    first = list(rows[: MOST + 1])
    chosen_beyond = rows.filter(username__in=ticked).exclude(pk__in=[one.pk for one in first[:MOST]])
    return [*first[:MOST], *chosen_beyond], len(first) > MOST
