"""Addresses of schedules."""

from django.urls import path

from foureyes.web.schedules.actions import clone, pause, resume, run_now, skip_next
from foureyes.web.schedules.bulk import bulk
from foureyes.web.schedules.confirm import assume, delete
from foureyes.web.schedules.edit import edit
from foureyes.web.schedules.lists import schedules
from foureyes.web.schedules.schedule import ledger, schedule

urlpatterns = [
    path("jobs/scheduled/", schedules, name="schedules"),
    path("jobs/scheduled/selected/", bulk, name="schedules-bulk"),
    path("jobs/scheduled/<uuid:pk>/", schedule, name="schedule"),
    path("jobs/scheduled/<uuid:pk>/edit/", edit, name="schedule-edit"),
    path("jobs/scheduled/<uuid:pk>/ledger/", ledger, name="schedule-ledger"),
    path("jobs/scheduled/<uuid:pk>/pause/", pause, name="schedule-pause"),
    path("jobs/scheduled/<uuid:pk>/resume/", resume, name="schedule-resume"),
    path("jobs/scheduled/<uuid:pk>/skip-next/", skip_next, name="schedule-skip"),
    path("jobs/scheduled/<uuid:pk>/run-now/", run_now, name="schedule-run"),
    path("jobs/scheduled/<uuid:pk>/clone/", clone, name="schedule-clone"),
    path("jobs/scheduled/<uuid:pk>/delete/", delete, name="schedule-delete"),
    path("jobs/scheduled/<uuid:pk>/assume-ownership/", assume, name="schedule-assume"),
]
