"""Groups: their names and members."""

from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.errors import Invalid
from foureyes.people.groups import create_group, delete_group, rename_group
from foureyes.sentences import first_fault
from foureyes.users.permissions import all_or_nothing, demand_may, may, restrict
from foureyes.web.administer.forms import offered, visible_row
from foureyes.web.administer.people import CRUMBS
from foureyes.web.names import Names
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page

MOST = 500


@require_http_methods(["GET", "POST"])
@signed_in
def groups(request: SignedInRequest) -> HttpResponse:
    """The list; a post makes a group."""
    demand_may(request.user, "view", Group)
    if request.method != "POST":
        return _page(request)
    demand_may(request.user, "add", Group)
    name, now = request.POST.get("name", "").strip(), timezone.now()
    try:
        all_or_nothing(
            lambda: [create_group(name=name, by=request.user, now=now)], user=request.user, action="add", model=Group
        )
    except Invalid as refusal:
        return _page(request, error=first_fault(refusal))
    messages.success(request, f"The group {name} was made.")
    return redirect("web:groups")


@require_http_methods(["GET", "POST"])
@signed_in
def group(request: SignedInRequest, pk: int) -> HttpResponse:
    """One group with its members; a post renames or, with `delete`, deletes it."""
    row = visible_row(Group, pk, user=request.user)
    error = ""
    if request.method == "POST" and "delete" in request.POST:
        demand_may(request.user, "delete", Group, row)
        delete_group(group=row, by=request.user, now=timezone.now())
        messages.success(request, f"The group {row.name} was deleted.")
        return redirect("web:groups")
    if request.method == "POST":
        demand_may(request.user, "change", Group, row)
        try:
            name = request.POST.get("name", "").strip()
            all_or_nothing(
                lambda: [rename_group(group=row, name=name, by=request.user, now=timezone.now())],
                user=request.user,
                action="change",
                model=Group,
            )
            messages.success(request, "Saved.")
            return redirect("web:group", pk=pk)
        except Invalid as refusal:
            error = first_fault(refusal)
    members = list(offered(row.user_set.all(), user=request.user).order_by("username", "pk")[: MOST + 1])
    return page(
        request,
        "web/administer/group.html",
        title=row.name,
        nav="users",
        crumbs=[*CRUMBS, ("Groups", "/admin/groups/")],
        status=422 if error else 200,
        group=row,
        error=error,
        name=typed_in(request).get("name", row.name),
        members=members[:MOST],
        names=Names(ids=[person.pk for person in members[:MOST]]),
        more=len(members) > MOST,
        permissions=list(
            offered(row.object_permissions.all(), user=request.user)
            .order_by("name", "pk")
            .prefetch_related("object_types")
        ),
        may_change=may(request.user, "change", Group, row),
        may_delete=may(request.user, "delete", Group, row),
    )


def _page(request: SignedInRequest, *, error: str = "") -> HttpResponse:
    rows = restrict(Group.objects.all(), user=request.user, action="view").annotate(
        members=Count("user", distinct=True)
    )
    found = list(rows.order_by("name", "pk")[: MOST + 1])
    return page(
        request,
        "web/administer/groups.html",
        title="Groups",
        nav="users",
        crumbs=CRUMBS,
        status=422 if error else 200,
        groups=found[:MOST],
        more=len(found) > MOST,
        error=error,
        name=typed_in(request).get("name", ""),
        may_add=may(request.user, "add", Group),
    )
