"""Address of the overview."""

from django.urls import path

from foureyes.web.overview.views import overview

urlpatterns = [path("", overview, name="overview")]
