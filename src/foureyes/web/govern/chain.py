"""Whether the chain of events holds: one piece of it per page, so that no page keeps anybody waiting."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.events.verify import verify
from foureyes.models import Event
from foureyes.users.permissions import demand_may
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

PIECE = 10_000
LONGEST = 18  # digits of a number that every database can compare


@require_safe
@signed_in
def chain(request: SignedInRequest) -> HttpResponse:
    """Looks at the events after number `after`, with the result and the time."""
    demand_may(request.user, "view", Event)
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else 0
    return page(
        request,
        "web/govern/chain.html",
        title="Verify chain",
        nav="audit",
        crumbs=[("Audit Log", "/govern/audit/")],
        now=timezone.now(),
        verified=verify(after=after, limit=PIECE),
        piece=PIECE,
    )
