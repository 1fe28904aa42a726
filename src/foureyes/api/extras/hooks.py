"""Job hooks and webhooks: each request makes one call to an operation per object."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.extras.hook_shapes import BriefJobHook, BriefWebhook, JobHookShape, WebhookShape
from foureyes.api.wire.filters import (
    FlagFilter,
    IdFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
    WireFilter,
    WireFilterSet,
)
from foureyes.api.wire.views import Changes, Creates, Lists, RemovesEach, Retrieves, WireView
from foureyes.errors import Conflict
from foureyes.hooks.job_hooks import create_job_hook, delete_job_hook, edit_job_hook
from foureyes.hooks.webhooks import create_webhook, delete_webhook, edit_webhook
from foureyes.models import JobHook, Webhook


def by_type() -> Prefetch:
    """Types in the order of their names."""
    return Prefetch("content_types", ContentType.objects.order_by("app_label", "model"))


class WatchedTypeFilter(WireFilter):
    """Hooks that watch the type `app.model`."""

    def condition(self, value: str) -> Q:
        """By both parts of the name."""
        app_label, _, model = value.partition(".")
        return Q(content_types__app_label=app_label, content_types__model=model)


class JobHookFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "slug"))
    name = TextFilter()
    slug = TextFilter()
    content_types = WatchedTypeFilter(distinct=True)
    enabled = FlagFilter()
    job = RelatedFilter(name_path="job__slug")
    type_create = FlagFilter()
    type_update = FlagFilter()
    type_delete = FlagFilter()


class WebhookFilters(WireFilterSet):
    """As in 1.x."""

    id = IdFilter()
    q = SearchFilter(fields=("name", "payload_url"))
    name = TextFilter()
    payload_url = TextFilter()
    enabled = FlagFilter()
    content_types = WatchedTypeFilter(distinct=True)
    type_create = FlagFilter()
    type_update = FlagFilter()
    type_delete = FlagFilter()


class JobHookView(Lists, Retrieves, Creates, Changes, RemovesEach):
    """Job hooks."""

    model = JobHook
    serializer_class = JobHookShape
    brief_serializer_class = BriefJobHook
    filterset_class = JobHookFilters

    def rows(self) -> QuerySet[JobHook]:
        """By name."""
        return JobHook.objects.order_by("name", "pk").select_related("job").prefetch_related(by_type())

    def make(self, data: dict[str, Any]) -> JobHook:
        """A new hook."""
        return create_job_hook(**data, by=self.person, now=timezone.now())

    def change(self, row: JobHook, data: Any) -> JobHook:
        """What it watches and starts."""
        edit_job_hook(hook=row, changes=data, by=self.person, now=timezone.now())
        return self.rows().get(pk=row.pk)

    def remove_one(self, row: JobHook) -> None:
        """Its runs stay."""
        delete_job_hook(hook=row, by=self.person, now=timezone.now())


class WebhookView(Lists, Retrieves, Creates, Changes, RemovesEach):
    """Webhooks."""

    model = Webhook
    serializer_class: Any = WebhookShape
    brief_serializer_class = BriefWebhook
    filterset_class = WebhookFilters

    def rows(self) -> QuerySet[Webhook]:
        """By name."""
        return Webhook.objects.order_by("name", "pk").prefetch_related(by_type())

    def make(self, data: dict[str, Any]) -> Webhook:
        """A new webhook."""
        own = {name: data.pop(name) for name in ("name", "content_types", "payload_url")}
        return create_webhook(**own, values=data, by=self.person, now=timezone.now())  # type: ignore[arg-type]

    def change(self, row: Webhook, data: Any) -> Webhook:
        """What it watches, and whom it tells."""
        edit_webhook(webhook=row, changes=data, by=self.person, now=timezone.now())
        return self.rows().get(pk=row.pk)

    def remove_one(self, row: Webhook) -> None:
        """Messages that wait are given up."""
        delete_webhook(webhook=row, by=self.person, now=timezone.now())


class Notes(WireView):
    """Notes on a row, which are not kept here: always none."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An empty page."""
        self.get_object()
        return Response({"count": 0, "next": None, "previous": None, "results": []})

    @extend_schema(exclude=True)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """409."""
        self.get_object()
        raise Conflict("Notes are not kept here.", code="notes_not_kept")


class JobHookNotes(Notes):
    """On a job hook."""

    model = JobHook
    serializer_class = JobHookShape


class WebhookNotes(Notes):
    """On a webhook."""

    model = Webhook
    serializer_class = WebhookShape
