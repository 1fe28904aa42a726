"""API tokens: one's own, and for administrators all of them. A key is shown once, by the answer that made it."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.errors import Invalid
from foureyes.people.tokens import create_token, delete_token
from foureyes.sentences import faults_of
from foureyes.submission.once import Submitted
from foureyes.users.models import Token, User
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.shell.render import page

LIFETIMES = {"30": "30 days", "90": "90 days", "365": "1 year"}  # days
MOST = 500


@require_http_methods(["GET", "POST"])
@signed_in
def tokens(request: SignedInRequest) -> HttpResponse:
    """The list and the form; a post makes a token and shows its key, this once."""
    if request.method != "POST":
        return _page(request)
    now, days = timezone.now(), request.POST.get("days", "")
    description = request.POST.get("description", "").strip()
    errors = {}
    if not description:
        errors["description"] = "Say what it is for."
    if days not in LIFETIMES:
        errors["days"] = "Choose how long it holds."
    if errors:
        return _page(request, errors=errors)
    keys: list[str] = []

    def issue() -> Submitted:
        issued = create_token(
            user=request.user,
            description=description,
            expires=now + timedelta(days=int(days)),
            write_enabled="write_enabled" in request.POST,
            may_decide="may_decide" in request.POST,
            by=request.user,
            now=now,
        )
        keys.append(issued.key)
        return Submitted()

    try:
        if once_for(request, issue, now=now).again:
            messages.warning(request, f"{AGAIN} If you did not see the token's key, revoke it and make another.")
            return redirect("web:tokens")
    except Invalid as refusal:
        return _page(request, errors={name: texts[0] for name, texts in faults_of(refusal).items()})
    answer = _page(request, key=keys[0])
    answer["Cache-Control"] = "no-store, private"
    return answer


@require_http_methods(["GET", "POST"])
@signed_in
def revoke(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes a token; whoever uses it is refused from then on."""
    token = _rows(request.user).filter(pk=pk).first()
    if token is None:
        raise Http404
    if request.method == "POST":
        delete_token(token=token, by=request.user, now=timezone.now())
        messages.success(request, f"The token …{token.hint} was revoked.")
        return redirect("web:tokens")
    crumbs = [("API Tokens", "/account/tokens/")]
    return page(request, "web/account/revoke.html", title="Revoke", nav="tokens", crumbs=crumbs, token=token)


def _rows(user: User) -> QuerySet[Token]:
    rows = Token.objects.select_related("user")
    return rows if user.is_superuser else rows.filter(user=user)


def _page(request: SignedInRequest, *, key: str = "", errors: dict[str, str] | None = None) -> HttpResponse:
    everybody = request.user.is_superuser and "all" in request.GET
    rows = _rows(request.user) if everybody else Token.objects.select_related("user").filter(user=request.user)
    return page(
        request,
        "web/account/tokens.html",
        title="API Tokens",
        nav="tokens",
        status=422 if errors else 200,
        tokens=list(rows.order_by("-created", "pk")[:MOST]),
        everybody=everybody,
        key=key,
        errors=errors or {},
        typed=QueryDict() if key else typed_in(request),
        lifetimes=LIFETIMES.items(),
    )
