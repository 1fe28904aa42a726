"""Our own addresses, directly below `/api/`."""

from typing import Any

from django.urls import path

from foureyes.api.own.approval_actions import (
    Accept,
    Approve,
    Comment,
    Deny,
    DenyMany,
    Revoke,
    Suggest,
    Withdraw,
)
from foureyes.api.own.approval_actions import DryRun as DryRunOfRequest
from foureyes.api.own.approvals import Deciders, RequestSource, RequestView
from foureyes.api.own.doctor import Doctor, DoctorOfJob, DoctorOfRequest, DoctorOfSchedule
from foureyes.api.own.facts import EventView
from foureyes.api.own.jobs import DryRun, FullVariables, JobSource, OwnJob, RunJob
from foureyes.api.own.occurrences import OccurrenceView
from foureyes.api.own.plans import PreviewPlan
from foureyes.api.own.rights import Can, WhoAmI
from foureyes.api.own.runs import CancelRun, RunChanges, RunFile, RunFiles, RunLines, RunView
from foureyes.api.own.schedule_actions import Bulk, Cancel, Clone, Pause, Resume, RunNow, SkipNext, TakeOver
from foureyes.api.own.schedule_previews import Forecasts, ForeseeEdit, ForeseeTakeOver, Upcoming
from foureyes.api.own.schedules import ScheduleView
from foureyes.api.own.streams import RunEvents
from foureyes.api.own.webhooks import DeliveryView, FullWebhookView, SendAgain
from foureyes.api.own.workers import DrainWorkers, ResumeWorkers, WorkerView

GET: dict[str, Any] = {"get": "get"}
POST: dict[str, Any] = {"post": "post"}
ROW: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("runs/", RunView.as_view({"get": "list"}, detail=False), name="runs"),
    path("runs/<str:id>/", RunView.as_view({"get": "retrieve"}, detail=True), name="run"),
    path("runs/<str:id>/cancel/", CancelRun.as_view(POST), name="run-cancel"),
    path("runs/<str:id>/events/", RunEvents.as_view(GET), name="run-events"),
    path("runs/<str:id>/logs/", RunLines.as_view(GET), name="run-logs"),
    path("runs/<str:id>/changes/", RunChanges.as_view(GET), name="run-changes"),
    path("runs/<str:id>/files/", RunFiles.as_view(GET), name="run-files"),
    path("runs/<str:id>/files/<str:name>/", RunFile.as_view(GET), name="run-file"),
    path("jobs/<str:id>/", OwnJob.as_view(GET), name="job"),
    path("jobs/<str:id>/run/", RunJob.as_view(POST), name="job-run"),
    path("jobs/<str:id>/dry-run/", DryRun.as_view(POST), name="job-dry-run"),
    path("jobs/<str:id>/source/", JobSource.as_view(GET), name="job-source"),
    path("jobs/<str:id>/variables/", FullVariables.as_view(GET), name="job-variables"),
    path("schedules/", ScheduleView.as_view({"get": "list", "post": "create"}, detail=False), name="schedules"),
    path("schedules/preview/", PreviewPlan.as_view(), name="schedules-preview"),
    path("schedules/bulk/", Bulk.as_view(POST), name="schedules-bulk"),
    path("schedules/planned/", Forecasts.as_view(GET), name="schedules-planned"),
    path("schedules/<str:id>/", ScheduleView.as_view(ROW, detail=True), name="schedule"),
    path("schedules/<str:id>/pause/", Pause.as_view(POST), name="schedule-pause"),
    path("schedules/<str:id>/resume/", Resume.as_view(POST), name="schedule-resume"),
    path("schedules/<str:id>/skip-next/", SkipNext.as_view(POST), name="schedule-skip-next"),
    path("schedules/<str:id>/clone/", Clone.as_view(POST), name="schedule-clone"),
    path("schedules/<str:id>/run-now/", RunNow.as_view(POST), name="schedule-run-now"),
    path("schedules/<str:id>/cancel/", Cancel.as_view(POST), name="schedule-cancel"),
    path("schedules/<str:id>/take-over/", TakeOver.as_view(POST), name="schedule-take-over"),
    path("schedules/<str:id>/upcoming/", Upcoming.as_view(GET), name="schedule-upcoming"),
    path("schedules/<str:id>/foresee-edit/", ForeseeEdit.as_view(POST), name="schedule-foresee-edit"),
    path("schedules/<str:id>/foresee-take-over/", ForeseeTakeOver.as_view(POST), name="schedule-foresee-take-over"),
    path("occurrences/", OccurrenceView.as_view({"get": "list"}, detail=False), name="occurrences"),
    path("approvals/", RequestView.as_view({"get": "list"}, detail=False), name="approvals"),
    path("approvals/deny/", DenyMany.as_view(POST), name="approvals-deny"),
    path("approvals/<str:id>/", RequestView.as_view({"get": "retrieve"}, detail=True), name="approval"),
    path("approvals/<str:id>/source/", RequestSource.as_view(GET), name="approval-source"),
    path("approvals/<str:id>/deciders/", Deciders.as_view(GET), name="approval-deciders"),
    path("approvals/<str:id>/approve/", Approve.as_view(POST), name="approval-approve"),
    path("approvals/<str:id>/deny/", Deny.as_view(POST), name="approval-deny"),
    path("approvals/<str:id>/revoke/", Revoke.as_view(POST), name="approval-revoke"),
    path("approvals/<str:id>/withdraw/", Withdraw.as_view(POST), name="approval-withdraw"),
    path("approvals/<str:id>/comment/", Comment.as_view(POST), name="approval-comment"),
    path("approvals/<str:id>/suggest/", Suggest.as_view(POST), name="approval-suggest"),
    path("approvals/<str:id>/accept/", Accept.as_view(POST), name="approval-accept"),
    path("approvals/<str:id>/dry-run/", DryRunOfRequest.as_view(POST), name="approval-dry-run"),
    path("webhooks/", FullWebhookView.as_view({"get": "list", "post": "create"}, detail=False), name="own-webhooks"),
    path("webhooks/<str:id>/", FullWebhookView.as_view(ROW, detail=True), name="own-webhook"),
    path("webhook-deliveries/", DeliveryView.as_view({"get": "list"}, detail=False), name="deliveries"),
    path("webhook-deliveries/<str:id>/", DeliveryView.as_view({"get": "retrieve"}, detail=True), name="delivery"),
    path("webhook-deliveries/<str:id>/send-again/", SendAgain.as_view(POST), name="delivery-send-again"),
    path("workers/", WorkerView.as_view({"get": "list"}, detail=False), name="workers"),
    path("workers/drain/", DrainWorkers.as_view(POST), name="workers-drain"),
    path("workers/resume/", ResumeWorkers.as_view(POST), name="workers-resume"),
    path("can/", Can.as_view(), name="can"),
    path("whoami/", WhoAmI.as_view(), name="whoami"),
    path("events/", EventView.as_view({"get": "list"}, detail=False), name="events"),
    path("events/<str:id>/", EventView.as_view({"get": "retrieve"}, detail=True), name="event"),
    path("doctor/", Doctor.as_view(), name="doctor"),
    path("doctor/jobs/<str:id>/", DoctorOfJob.as_view(GET), name="doctor-job"),
    path("doctor/schedules/<str:id>/", DoctorOfSchedule.as_view(GET), name="doctor-schedule"),
    path("doctor/requests/<str:id>/", DoctorOfRequest.as_view(GET), name="doctor-request"),
]
