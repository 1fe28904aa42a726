"""Addresses of a person's own pages."""

from django.urls import path

from foureyes.web.account.sign_in import SignIn, SignOut
from foureyes.web.account.theme import choose_theme

urlpatterns = [
    path("account/sign-in/", SignIn.as_view(), name="account_login"),
    path("account/sign-out/", SignOut.as_view(), name="account_logout"),
    path("account/theme/", choose_theme, name="theme"),
]
