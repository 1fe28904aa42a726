"""People: the list, and one account."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from foureyes.errors import Refusal
from foureyes.people.passwords import chosen_password
from foureyes.people.users import create_user, delete_user, edit_user
from foureyes.schedules.queries import left_by
from foureyes.triggers.zones import zone_names
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import all_or_nothing, demand_may, may, restrict
from foureyes.web.administer.forms import chosen, faults, keys, offered, related, visible_row
from foureyes.web.names import called_like
from foureyes.web.schedules.presenters import name_in_words, plan_in_words
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page

MOST = 500
MOST_LEFT = 20
TEXTS = ("username", "first_name", "last_name", "email", "time_zone")
CRUMBS = [("Users & Permissions", "/admin/users/")]


@require_safe
@signed_in
def users(request: SignedInRequest) -> HttpResponse:
    """Accounts that the person may view, by name."""
    demand_may(request.user, "view", User)
    text = request.GET.get("q", "").strip().replace("\x00", "")[:150]
    rows = restrict(called_like(text), user=request.user, action="view")
    rows = rows.prefetch_related(related("groups", Group.objects.order_by("name", "pk"), user=request.user))
    found = list(rows.order_by("username", "pk")[: MOST + 1])
    return page(
        request,
        "web/administer/users.html",
        part="web/administer/_users.html",
        title="Users & Permissions",
        nav="users",
        people=found[:MOST],
        more=len(found) > MOST,
        q=text,
        may_add=may(request.user, "add", User),
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@signed_in
def new_user(request: SignedInRequest) -> HttpResponse:
    """A form for an account; a post makes it."""
    demand_may(request.user, "add", User)
    if request.method != "POST":
        return _form(request, None)
    try:
        wanted = _sent(request, None)
        made = all_or_nothing(
            lambda: [create_user(**wanted, by=request.user, now=timezone.now())],
            user=request.user,
            action="add",
            model=User,
        )
    except Refusal as refusal:
        return _form(request, None, refusal=refusal)
    messages.success(request, f"The account {made[0]} was made.")
    return redirect("web:user", pk=made[0].pk)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@signed_in
def user(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One account with what it may; a post changes it."""
    person = visible_row(User, pk, user=request.user)
    if request.method != "POST":
        return _form(request, person)
    demand_may(request.user, "change", User, person)
    try:
        wanted = _sent(request, person)
        all_or_nothing(
            lambda: [edit_user(user=person, changes=wanted, by=request.user, now=timezone.now())],
            user=request.user,
            action="change",
            model=User,
        )
    except Refusal as refusal:
        return _form(request, person, refusal=refusal)
    messages.success(request, "Saved.")
    return redirect("web:user", pk=pk)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes an account."""
    person = visible_row(User, pk, user=request.user)
    demand_may(request.user, "delete", User, person)
    if request.method == "POST":
        delete_user(user=person, by=request.user, now=timezone.now())
        messages.success(request, f"The account {person.username} was deleted.")
        return redirect("web:users")
    left = left_by(person, user=request.user, most=MOST_LEFT + 1)
    return page(
        request,
        "web/administer/delete_user.html",
        title="Delete",
        nav="users",
        crumbs=[*CRUMBS, (person.username, f"/admin/users/{pk}/")],
        person=person,
        schedules=[(row, name_in_words(row), plan_in_words(row)) for row in left[:MOST_LEFT]],
        more=len(left) > MOST_LEFT,
    )


def _sent(request: SignedInRequest, person: User | None) -> Any:
    post = request.POST
    wanted: dict[str, Any] = {name: post.get(name, "").strip() for name in TEXTS}
    wanted |= {name: name in post for name in ("is_active", "is_superuser")}
    wanted["groups"] = chosen(
        Group.objects.all(),
        user=request.user,
        wanted=Q(pk__in=keys(post.getlist("groups"))),
        before=person.groups.all() if person else None,
    )
    if secret := post.get("password", ""):
        wanted["password"] = chosen_password(secret)
    return wanted


def _form(request: SignedInRequest, person: User | None, *, refusal: Refusal | None = None) -> HttpResponse:
    sent = typed_in(request) or None
    values: dict[str, Any] = {name: sent.get(name, "") if sent else getattr(person, name, "") for name in TEXTS}
    values["is_active"] = "is_active" in sent if sent else (person.is_active if person else True)
    values["is_superuser"] = "is_superuser" in sent if sent else (person.is_superuser if person else False)
    mine = {group.pk for group in person.groups.all()} if person else set()
    ticked = keys(sent.getlist("groups")) if sent else mine
    seen = offered(ObjectPermission.objects.all(), user=request.user)
    held = seen.filter(Q(users=person) | Q(groups__user=person)) if person else None
    may_change = may(request.user, "change" if person else "add", User, person)
    return page(
        request,
        "web/administer/user.html",
        title=person.called if person else "New account",
        nav="users",
        crumbs=CRUMBS,
        person=person,
        values=values,
        never_kept=["password"],
        groups=[
            (group, group.pk in ticked) for group in offered(Group.objects.order_by("name", "pk"), user=request.user)
        ],
        **faults(refusal),
        may_change=may_change,
        may_delete=person is not None and may(request.user, "delete", User, person),
        permissions=list(held.distinct().order_by("name", "pk").prefetch_related("object_types")) if held else [],
        zones=sorted(zone_names()),
    )
