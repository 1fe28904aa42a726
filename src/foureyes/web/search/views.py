"""The search page, and as a part of it the results of the palette."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from foureyes.web.search.find import find
from foureyes.web.shell.access import SignedInRequest, is_part, signed_in
from foureyes.web.shell.render import page

LONGEST = 100
IN_PALETTE, ON_PAGE = 8, 24


@require_safe
@signed_in
def search(request: SignedInRequest) -> HttpResponse:
    """What fits `q`; without it the most likely commands."""
    text = request.GET.get("q", "").replace("\x00", "")[:LONGEST]
    most = IN_PALETTE if is_part(request) else ON_PAGE
    found = find(user=request.user, text=text, most=most)
    return page(
        request,
        "web/search/search.html",
        part="web/search/_found.html",
        title="Search",
        q=text,
        found=found,
    )
