"""Where requests go."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("foureyes.api.urls")),
    path("", include("foureyes.web.urls")),
]
handler404 = "foureyes.web.errors.not_found"
handler500 = "foureyes.web.errors.crashed"
