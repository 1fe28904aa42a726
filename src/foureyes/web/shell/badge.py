"""The number in the menu: every page asks for it again, so that a request is noticed wherever somebody is."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from foureyes.approvals.queries import waiting_for
from foureyes.web.shell.access import SignedInRequest, is_part, signed_in
from foureyes.web.shell.render import part_alone


@require_safe
@signed_in
def badge(request: SignedInRequest) -> HttpResponse:
    """How many requests wait for the person; a person who comes here sees them."""
    if not is_part(request):
        return redirect("web:approvals")
    return part_alone(request, "web/_badges.html", {"waiting": waiting_for(request.user).count(), "part": True})
