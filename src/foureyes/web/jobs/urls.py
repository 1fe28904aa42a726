"""Addresses of jobs. `approvals`, `scheduled` and `results` are never slugs of jobs (`catalog.edit`)."""

from django.urls import path

from foureyes.web.jobs.edit import edit
from foureyes.web.jobs.job import job
from foureyes.web.jobs.listing import jobs
from foureyes.web.jobs.run import dry_run_state, preview, run

urlpatterns = [
    path("jobs/", jobs, name="jobs"),
    path("jobs/<slug:slug>/", job, name="job"),
    path("jobs/<slug:slug>/edit/", edit, name="job-edit"),
    path("jobs/<slug:slug>/run/", run, name="run"),
    path("jobs/<slug:slug>/run/preview/", preview, name="run-preview"),
    path("jobs/<slug:slug>/run/dry-run/<uuid:run_id>/", dry_run_state, name="run-dry-run"),
]
