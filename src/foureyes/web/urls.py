"""Addresses of the pages."""

from django.urls import path
from django.views.generic import RedirectView

from foureyes.web.health import health

urlpatterns = [
    path("", RedirectView.as_view(url="/api/docs/")),
    path("health/", health, name="health"),
]
