"""Signing in and out, by django-allauth. Guesses are counted as everywhere (`users.attempts`). No sign-up, no mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from foureyes.conf import get_conf
from foureyes.users import attempts
from foureyes.users.addresses import address_of
from foureyes.users.models import User
from foureyes.web.errors import TOO_MANY
from foureyes.web.shell.render import theme_of


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators, and passwords are looked at so often only."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "User name and password do not fit. Type both again."
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, **options: Any) -> None:
        """Nothing: each page shows who is signed in, and the sign-in page that nobody is."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The account of name and password. After many wrong ones TooManyAttempts, before this one is looked at."""
        given = {"name": credentials.get("username", ""), "address": address_of(request), "now": timezone.now()}
        attempts.demand_password_attempt(**given)
        user: User | None = super().authenticate(request, **credentials)
        if user is None:
            attempts.note_wrong_password(**given)
        else:
            attempts.note_sign_in(**given)
        return user


class SignIn(LoginView):
    """Name and password; goes on to where the person wanted to go."""

    template_name = "web/account/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The form; where too much was wrong, with how long to wait."""
        try:
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except attempts.TooManyAttempts as refusal:
            return self._wait(refusal)
        return answer

    def _wait(self, refusal: attempts.TooManyAttempts) -> HttpResponse:
        form = self.get_form_class()(request=self.request, initial={"login": self.request.POST.get("login", "")})
        answer: HttpResponse = self.render_to_response(
            self.get_context_data(form=form, problem=refusal.message), status=TOO_MANY
        )
        answer["Retry-After"] = str(refusal.retry_after_seconds)
        answer["Cache-Control"] = "no-store, private"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what the page around needs."""
        conf = get_conf()
        around = {"environment_label": conf.environment_label, "demo": conf.demo, "theme": theme_of(self.request)}
        found: dict[str, Any] = super().get_context_data(title="Sign in", **around, **kwargs)
        return found


class SignOut(LogoutView):
    """Ends the session; only by post."""

    http_method_names = ("post",)
