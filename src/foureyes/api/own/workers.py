"""Workers and schedulers: which there are, and letting workers take no new runs for a while."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.own.paging import page
from foureyes.api.own.views import OwnRows
from foureyes.api.wire.serializers import WireSerializer
from foureyes.api.wire.views import Lists
from foureyes.models import JobResult, Worker
from foureyes.runs.workers import drain, resume
from foureyes.users.models import User

REMEMBERED = timedelta(days=1)
Switch = Callable[..., Sequence[Worker]]


class WorkerShape(WireSerializer):
    """A process: its row, the number of its runs, and whether it was heard of lately."""

    busy = serializers.IntegerField(read_only=True)
    alive = serializers.SerializerMethodField()

    class Meta:
        model = Worker
        fields: ClassVar = [
            "id",
            "name",
            "kind",
            "queues",
            "slots",
            "busy",
            "state",
            "alive",
            "started_at",
            "heartbeat_at",
        ]
        read_only_fields = fields

    def get_alive(self, worker: Worker) -> bool:
        """Heard of lately, and not gone in good order."""
        return worker.is_alive(self.context["now"])


class WorkerView(OwnRows, Lists):
    """Processes that were heard of within a day."""

    model = Worker
    serializer_class = WorkerShape
    cursor_fields = ("pk",)

    def rows(self) -> QuerySet[Worker]:
        """The newest first, with the number of runs that they have now."""
        busy = Count("runs", filter=Q(runs__status=JobResult.Status.RUNNING))
        heard = Worker.objects.filter(heartbeat_at__gte=timezone.now() - REMEMBERED)
        return heard.annotate(busy=busy).order_by("-pk")

    def get_serializer_context(self) -> dict[str, Any]:
        """With the present instant."""
        return {**super().get_serializer_context(), "now": timezone.now()}


class WorkersInput(serializers.Serializer):
    """Which ones; none named: all."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False)


class SwitchWorkers(WorkerView):
    """Base of the two switches."""

    permission_action: ClassVar[str | None] = "change"

    def switched(self, request: Request, switch: Switch, by: User) -> Response:
        """Does it to the live workers among those that are named."""
        body = WorkersInput(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        meant = self.get_queryset().filter(kind=Worker.Kind.WORKER)
        if body.validated_data.get("ids"):
            meant = meant.filter(pk__in=body.validated_data["ids"])
        switch(workers=list(meant), by=by, now=now)
        return Response(page(self.get_serializer(meant.all(), many=True).data))


class DrainWorkers(SwitchWorkers):
    """Lets workers finish what they run and take nothing new."""

    @extend_schema(operation_id="workers_drain_create", request=WorkersInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The workers as they are then."""
        return self.switched(request, drain, self.person)


class ResumeWorkers(SwitchWorkers):
    """Lets drained workers take runs again."""

    @extend_schema(operation_id="workers_resume_create", request=WorkersInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The workers as they are then."""
        return self.switched(request, resume, self.person)
