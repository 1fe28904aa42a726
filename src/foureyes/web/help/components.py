"""Every component in every state, on one page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from foureyes.web.shell.access import signed_in
from foureyes.web.shell.render import page
from foureyes.web.states import STATES


@require_safe
@signed_in
def components(request: HttpRequest) -> HttpResponse:
    """States, buttons, fields, banners, empty states."""
    return page(request, "web/help/components.html", title="Components", states=list(STATES))
