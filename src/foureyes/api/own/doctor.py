"""What is wrong with the installation, and why a job, a schedule or a request does not run."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.approvals import Requests
from foureyes.api.own.views import OwnRows, OwnView
from foureyes.checkups.finding import Finding
from foureyes.checkups.installation import look_at_installation
from foureyes.checkups.job import look_at_job
from foureyes.checkups.request import look_at_request
from foureyes.checkups.schedule import look_at_schedule
from foureyes.models import Job, ScheduledJob
from foureyes.schedules.queries import visible
from foureyes.users.models import User


class FindingShape(serializers.Serializer):
    """One thing that was looked at."""

    level = serializers.ChoiceField(choices=["ok", "warning", "error"])
    code = serializers.CharField()
    text = serializers.CharField()
    hint = serializers.CharField()


class Findings(serializers.Serializer):
    """Everything that was looked at."""

    findings = FindingShape(many=True)


class Superuser(BasePermission):
    """Findings tell about the machine."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Only for administrators."""
        return isinstance(request.user, User) and request.user.is_superuser


class Doctor(OwnView):
    """The installation."""

    permission_classes = (Superuser,)

    @extend_schema(operation_id="doctor_retrieve", responses=Findings)
    def get(self, request: Request) -> Response:
        """All findings, good ones included."""
        return _answer(look_at_installation(now=timezone.now()))


class DoctorOfJob(OwnRows):
    """Why a job does not run."""

    model = Job
    serializer_class = Findings
    permission_action: ClassVar[str | None] = "view"

    def rows(self) -> QuerySet[Job]:
        """Any job."""
        return Job.objects.select_related("bundle").defer("bundle__archive")

    @extend_schema(operation_id="doctor_jobs_retrieve", responses=Findings, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All findings; an `error` keeps it from running."""
        return _answer(look_at_job(job=self.get_object(), by=self.person, now=timezone.now()))


class DoctorOfSchedule(OwnRows):
    """Why a schedule does not run."""

    model = ScheduledJob
    serializer_class = Findings
    permission_action: ClassVar[str | None] = "view"

    def rows(self) -> QuerySet[ScheduledJob]:
        """Those that are there; deleted ones are not."""
        return visible(self.person).select_related("job_model", "user")

    @extend_schema(operation_id="doctor_schedules_retrieve", responses=Findings, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All findings; an `error` keeps it from running."""
        return _answer(look_at_schedule(schedule=self.get_object(), now=timezone.now()))


class DoctorOfRequest(Requests):
    """Why what a request asks for does not run."""

    @extend_schema(operation_id="doctor_requests_retrieve", responses=Findings, filters=False)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All findings; an `error` keeps it from running."""
        return _answer(look_at_request(request=self.get_object(), by=self.person, now=timezone.now()))


def _answer(findings: Iterable[Finding]) -> Response:
    return Response({"findings": [asdict(finding) for finding in findings]})
