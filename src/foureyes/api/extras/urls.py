"""Addresses below `/api/extras/`."""

from django.urls import path, re_path

from foureyes.api.extras.approvals import Approve, Deny, DryRun
from foureyes.api.extras.changes import ChangeView
from foureyes.api.extras.hooks import JobHookNotes, JobHookView, WebhookNotes, WebhookView
from foureyes.api.extras.jobs import JobNotes, JobVariables, JobView
from foureyes.api.extras.legacy import ClassDetail
from foureyes.api.extras.results import LineView, ResultLog, ResultView
from foureyes.api.extras.run import RunClass, RunJob
from foureyes.api.extras.schedules import ScheduleView
from foureyes.api.roots import ExtrasRoot
from foureyes.api.wire.routes import routes

CLASS_PATH = r"jobs/(?P<class_path>[^/]+/[^/]+/[^/]+)"

urlpatterns = [
    path("", ExtrasRoot.as_view(), name="extras-root"),
    path("jobs/<str:id>/variables/", JobVariables.as_view({"get": "get"}), name="jobs-variables"),
    path("jobs/<str:id>/notes/", JobNotes.as_view({"get": "get", "post": "post"}), name="jobs-notes"),
    path("jobs/<str:id>/run/", RunJob.as_view({"post": "post"}), name="jobs-run"),
    re_path(rf"^{CLASS_PATH}/run/$", RunClass.as_view({"post": "post"}), name="jobs-class-run"),
    re_path(rf"^{CLASS_PATH}/$", ClassDetail.as_view({"get": "get"}), name="jobs-class"),
    path("job-results/<str:id>/logs/", ResultLog.as_view({"get": "get"}), name="job-results-logs"),
    path("scheduled-jobs/<str:id>/approve/", Approve.as_view({"post": "post"}), name="scheduled-jobs-approve"),
    path("scheduled-jobs/<str:id>/deny/", Deny.as_view({"post": "post"}), name="scheduled-jobs-deny"),
    path("scheduled-jobs/<str:id>/dry-run/", DryRun.as_view({"post": "post"}), name="scheduled-jobs-dry-run"),
    path("job-hooks/<str:id>/notes/", JobHookNotes.as_view({"get": "get", "post": "post"}), name="job-hooks-notes"),
    path("webhooks/<str:id>/notes/", WebhookNotes.as_view({"get": "get", "post": "post"}), name="webhooks-notes"),
    *routes("jobs", JobView),
    *routes("job-results", ResultView),
    *routes("job-logs", LineView),
    *routes("scheduled-jobs", ScheduleView),
    *routes("job-hooks", JobHookView),
    *routes("webhooks", WebhookView),
    *routes("object-changes", ChangeView),
]
