"""Signing in and out, by django-allauth, whose limits against guessing hold. There is no sign-up and no mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView, LogoutView
from django.http import HttpRequest

from foureyes.conf import get_conf
from foureyes.web.shell.render import theme_of


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SignIn(LoginView):
    """Name and password; goes on to where the person wanted to go."""

    template_name = "web/account/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what the page around needs."""
        conf = get_conf()
        around = {"environment_label": conf.environment_label, "demo": conf.demo, "theme": theme_of(self.request)}
        found: dict[str, Any] = super().get_context_data(title="Sign in", **around, **kwargs)
        return found


class SignOut(LogoutView):
    """Ends the session; only by post."""

    http_method_names = ("post",)
