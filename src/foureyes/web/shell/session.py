"""The end of a session is told on every page two minutes before, with a button that puts it off.

A page asks when that time has come: the server knows what has prolonged the session since, in whatever tab. Asking
prolongs nothing, and neither does anything else that pages do by themselves.
"""

import json

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.web.shell.access import SignedInRequest, is_part, signed_in
from foureyes.web.shell.ending import ending_of

STAYS = {"toast": {"text": "You stay signed in.", "level": "success"}}


@require_safe
@signed_in
def session(request: SignedInRequest) -> HttpResponse:
    """The part of a page that tells the end. With `stay` a person puts it off, as looking at any page does."""
    if not is_part(request):
        return redirect("web:account")
    if "stay" in request.GET:
        request.session.prolong()
    answer = render(request, "web/_session.html", {"session": ending_of(request, now=timezone.now())})
    if "stay" in request.GET:
        answer["HX-Trigger"] = json.dumps(STAYS)
    return answer
