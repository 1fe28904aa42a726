"""Whether the installation works, for monitors and load balancers. Needs no account and tells no names."""

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.models import Worker


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers, with the number of live workers and whether a scheduler is there; else 503."""
    now = timezone.now()
    try:
        kinds = list(Worker.objects.alive(now).values_list("kind", flat=True))
    except DatabaseError:
        return JsonResponse({"database": "unreachable"}, status=503)
    return JsonResponse(
        {
            "database": "ok",
            "workers": kinds.count(Worker.Kind.WORKER),
            "scheduler": "ok" if Worker.Kind.SCHEDULER in kinds else "missing",
        }
    )
