"""Addresses of a person's own pages."""

from django.urls import path

from foureyes.web.account.theme import choose_theme

urlpatterns = [
    path("account/theme/", choose_theme, name="theme"),
]
