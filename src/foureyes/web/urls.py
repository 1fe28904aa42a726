"""Addresses of the pages."""

from django.urls import include, path

from foureyes.web.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("", include("foureyes.web.account.urls")),
    path("", include("foureyes.web.help.urls")),
]
