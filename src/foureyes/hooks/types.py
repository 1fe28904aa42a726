"""Which types of objects can be watched."""

from django.contrib.contenttypes.models import ContentType

from foureyes.sandbox.changes import is_of_other_app

OURS = frozenset(
    {
        "extras.job",
        "extras.scheduledjob",
        "extras.jobresult",
        "extras.jobhook",
        "extras.webhook",
        "users.user",
        "users.objectpermission",
        "auth.group",
    }
)
# What 1.x sends webhooks for, of the types that exist here; the others have them on our own addresses only.
WIRE_WEBHOOKS = OURS - {"extras.scheduledjob", "extras.jobresult", "extras.jobhook"}


def is_watchable(content_type: ContentType) -> bool:
    """Are changes of such objects recorded?"""
    name = f"{content_type.app_label}.{content_type.model}"
    model = content_type.model_class()
    return name in OURS or (model is not None and is_of_other_app(model))
