"""Absolute addresses of 1.x objects, and labels of states, as the sender of a request must see them.

Clients take addresses apart: the layout is contract, and written, not looked up.
Asking Django's resolver for every row costs more than the row itself; a page of fifty results has 200 addresses.
"""

from typing import Any

from rest_framework.request import Request

from foureyes.api.wire.clients import status_labels

PATHS = {
    "job": "extras/jobs",
    "jobresult": "extras/job-results",
    "joblogentry": "extras/job-logs",
    "scheduledjob": "extras/scheduled-jobs",
    "jobhook": "extras/job-hooks",
    "webhook": "extras/webhooks",
    "objectchange": "extras/object-changes",
    "user": "users/users",
    "group": "users/groups",
    "token": "users/tokens",
    "objectpermission": "users/permissions",
}


class Links:
    """Addresses and labels as the sender of one request must see them."""

    def __init__(self, request: Request) -> None:
        self.root = request.build_absolute_uri("/api/")
        self.status_labels = status_labels(request)

    def to(self, model_name: str, key: Any) -> str:
        """The address of one object."""
        return f"{self.root}{PATHS[model_name]}/{key}/"


def links(request: Request) -> Links:
    """The links of this request, made once."""
    made: Links | None = getattr(request, "_links", None)
    if made is None:
        made = Links(request)
        request._links = made  # type: ignore[attr-defined]  # memoised for the request
    return made
