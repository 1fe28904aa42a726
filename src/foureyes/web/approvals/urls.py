"""Addresses of requests for approval."""

from django.urls import path

from foureyes.web.approvals.bulk import approve_selected, deny_selected
from foureyes.web.approvals.decisions import accept, deny_one, dry_run, say, take_back, withdraw_one
from foureyes.web.approvals.late import approve_view
from foureyes.web.approvals.pages import queue, review, source
from foureyes.web.approvals.suggestion import suggest_view

urlpatterns = [
    path("jobs/approvals/", queue, name="approvals"),
    path("jobs/approvals/deny/", deny_selected, name="approvals-deny"),
    path("jobs/approvals/approve/", approve_selected, name="approvals-approve"),
    path("jobs/approvals/<uuid:pk>/", review, name="request"),
    path("jobs/approvals/<uuid:pk>/source/", source, name="request-source"),
    path("jobs/approvals/<uuid:pk>/approve/", approve_view, name="request-approve"),
    path("jobs/approvals/<uuid:pk>/deny/", deny_one, name="request-deny"),
    path("jobs/approvals/<uuid:pk>/dry-run/", dry_run, name="request-dry-run"),
    path("jobs/approvals/<uuid:pk>/comment/", say, name="request-comment"),
    path("jobs/approvals/<uuid:pk>/withdraw/", withdraw_one, name="request-withdraw"),
    path("jobs/approvals/<uuid:pk>/take-back/", take_back, name="request-take-back"),
    path("jobs/approvals/<uuid:pk>/suggest/", suggest_view, name="request-suggest"),
    path("jobs/approvals/<uuid:pk>/accept/", accept, name="request-accept"),
]
