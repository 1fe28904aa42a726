"""Addresses of the pages, under the namespace `web`."""

from django.urls import include, path

from foureyes.web.health import health

app_name = "web"
urlpatterns = [
    path("health/", health, name="health"),
    path("", include("foureyes.web.overview.urls")),
    path("", include("foureyes.web.account.urls")),
    path("", include("foureyes.web.approvals.urls")),
    path("", include("foureyes.web.administer.urls")),
    path("", include("foureyes.web.govern.urls")),
    path("", include("foureyes.web.help.urls")),
    path("", include("foureyes.web.plan.urls")),
    path("", include("foureyes.web.results.urls")),
    path("", include("foureyes.web.search.urls")),
    path("", include("foureyes.web.schedules.urls")),
    path("", include("foureyes.web.jobs.urls")),  # the last: its slugs would take the names of other pages
]
