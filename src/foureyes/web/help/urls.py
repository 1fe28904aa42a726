"""Addresses of help."""

from django.urls import path

from foureyes.web.help.components import components

urlpatterns = [path("help/components/", components, name="components")]
