"""Help: shortcuts, crontabs, and where the API is described."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

CRONTABS = (
    ("*/15 * * * *", "every 15 minutes"),
    ("30 2 * * *", "every day at 02:30"),
    ("0 8-17 * * 1-5", "every hour from 8 to 17 on weekdays; Friday is 5, Sunday is 0 or 7"),
    ("0 6 1 * *", "on the 1st of every month at 06:00"),
    ("0 6 L * *", "on the last day of every month at 06:00"),
    ("0 9 * * MON#1", "on the first Monday of every month at 09:00"),
    ("@daily", "every day at midnight; also @hourly, @weekly, @monthly, @yearly"),
)


@require_safe
@signed_in
def help_page(request: SignedInRequest) -> HttpResponse:
    """Everything on one page."""
    return page(request, "web/help/help.html", title="Help", crontabs=CRONTABS)
