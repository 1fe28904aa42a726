"""The colour theme, kept in a cookie so that the first byte of a page already has it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from foureyes.web.addresses import is_ours
from foureyes.web.shell.render import THEMES

YEAR = 365 * 86_400


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme and go back to the page."""
    back = request.POST.get("next", "/")
    answer = HttpResponseRedirect(back if is_ours(request, back) else "/")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        answer.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return answer
