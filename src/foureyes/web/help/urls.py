"""Addresses of help."""

from django.urls import path

from foureyes.web.help.components import components
from foureyes.web.help.pages import help_page

urlpatterns = [
    path("help/", help_page, name="help"),
    path("help/components/", components, name="components"),
]
