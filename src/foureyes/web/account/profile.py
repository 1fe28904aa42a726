"""A person's own page: name, time zone, keyboard, password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.people.preferences import change_preferences
from foureyes.people.users import UserChanges, change_own_password, edit_user
from foureyes.sentences import faults_of
from foureyes.triggers.zones import zone_names
from foureyes.users.addresses import address_of
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import draft_of
from foureyes.web.shell.render import THEMES, page

FIELDS = ("first_name", "last_name", "email", "time_zone")
LABELS = {"first_name": "First name", "last_name": "Last name", "email": "E-mail address", "time_zone": "Time zone"}


@require_http_methods(["GET", "POST"])
@signed_in
def account(request: SignedInRequest) -> HttpResponse:
    """The profile; a post changes it."""
    if request.method != "POST":
        return _page(request)
    sent = {name: request.POST.get(name, "").strip() for name in FIELDS}
    changes: UserChanges = sent  # type: ignore[assignment]  # the four texts among its keys
    try:
        edit_user(user=request.user, changes=changes, by=request.user, now=timezone.now())
    except Invalid as refusal:
        return _page(request, sent=request.POST, errors=faults_of(refusal))
    letters = {"pages": {"shortcuts": "shortcuts" in request.POST}}
    change_preferences(user=request.user, changes=letters, now=timezone.now())
    messages.success(request, "Saved.")
    return redirect("web:account")


@sensitive_post_parameters()
@require_POST
@signed_in
def password(request: SignedInRequest) -> HttpResponse:
    """Changes the password; other sessions of the person end, this one goes on."""
    current, wanted = request.POST.get("current", ""), request.POST.get("password", "")
    if wanted != request.POST.get("again", ""):
        return _page(request, errors={"again": ["The two are not the same."]})
    try:
        user = change_own_password(
            user=request.user, current=current, wanted=wanted, address=address_of(request), now=timezone.now()
        )
    except Invalid as refusal:
        return _page(request, errors=faults_of(refusal))
    update_session_auth_hash(request, user)
    messages.success(request, "Your password was changed. Other sessions of yours have ended.")
    return redirect("web:account")


def _page(
    request: SignedInRequest, *, sent: QueryDict | None = None, errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    """With the profile as it is, or as it was sent and not taken."""
    user, errors, draft = request.user, errors or {}, draft_of(request)
    shown = sent or (draft.sent if draft else None)
    return page(
        request,
        "web/account/account.html",
        title="Account",
        status=422 if errors else 200,
        values={name: getattr(user, name) if shown is None else shown.get(name, "") for name in FIELDS},
        errors={name: texts[0] for name, texts in errors.items()},
        zones=sorted(zone_names()),
        default_zone=get_conf().time_zone,
        themes=THEMES,
        letters=None if shown is None else "shortcuts" in shown,
        groups=[group.name for group in user.groups.order_by("name", "pk")],
    )
