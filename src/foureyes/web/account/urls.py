"""Addresses of a person's own pages."""

from django.urls import path

from foureyes.web.account.profile import account, password
from foureyes.web.account.theme import choose_theme
from foureyes.web.account.tokens import revoke, tokens
from foureyes.web.shell.badge import badge
from foureyes.web.shell.saved import remove, save
from foureyes.web.shell.session import session

urlpatterns = [
    path("account/", account, name="account"),
    path("account/badge/", badge, name="badge"),
    path("account/password/", password, name="password"),
    path("account/session/", session, name="session"),
    path("account/theme/", choose_theme, name="theme"),
    path("account/views/", save, name="view-save"),
    path("account/views/<uuid:pk>/delete/", remove, name="view-remove"),
    path("account/tokens/", tokens, name="tokens"),
    path("account/tokens/<uuid:pk>/revoke/", revoke, name="token-revoke"),
]
