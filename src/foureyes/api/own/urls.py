"""Our own addresses, directly below `/api/`."""

from typing import Any

from django.urls import path

from foureyes.api.own.doctor import Doctor
from foureyes.api.own.facts import EventView
from foureyes.api.own.jobs import DryRun, FullVariables, JobSource
from foureyes.api.own.rights import Can, WhoAmI
from foureyes.api.own.runs import CancelRun, RunChanges, RunFile, RunFiles, RunLines, RunView
from foureyes.api.own.streams import RunEvents
from foureyes.api.own.workers import DrainWorkers, ResumeWorkers, WorkerView

GET: dict[str, Any] = {"get": "get"}
POST: dict[str, Any] = {"post": "post"}

urlpatterns = [
    path("runs/", RunView.as_view({"get": "list"}, detail=False), name="runs"),
    path("runs/<str:id>/", RunView.as_view({"get": "retrieve"}, detail=True), name="run"),
    path("runs/<str:id>/cancel/", CancelRun.as_view(POST), name="run-cancel"),
    path("runs/<str:id>/events/", RunEvents.as_view(GET), name="run-events"),
    path("runs/<str:id>/logs/", RunLines.as_view(GET), name="run-logs"),
    path("runs/<str:id>/changes/", RunChanges.as_view(GET), name="run-changes"),
    path("runs/<str:id>/files/", RunFiles.as_view(GET), name="run-files"),
    path("runs/<str:id>/files/<str:name>/", RunFile.as_view(GET), name="run-file"),
    path("jobs/<str:id>/dry-run/", DryRun.as_view(POST), name="job-dry-run"),
    path("jobs/<str:id>/source/", JobSource.as_view(GET), name="job-source"),
    path("jobs/<str:id>/variables/", FullVariables.as_view(GET), name="job-variables"),
    path("workers/", WorkerView.as_view({"get": "list"}, detail=False), name="workers"),
    path("workers/drain/", DrainWorkers.as_view(POST), name="workers-drain"),
    path("workers/resume/", ResumeWorkers.as_view(POST), name="workers-resume"),
    path("can/", Can.as_view(), name="can"),
    path("whoami/", WhoAmI.as_view(), name="whoami"),
    path("events/", EventView.as_view({"get": "list"}, detail=False), name="events"),
    path("events/<str:id>/", EventView.as_view({"get": "retrieve"}, detail=True), name="event"),
    path("doctor/", Doctor.as_view(), name="doctor"),
]
