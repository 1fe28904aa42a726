"""Which types of objects can be watched."""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

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
# Apps of the framework and of signing in: nothing that jobs or others outside should hear of.
UNWATCHED_APPS = frozenset(
    {
        "account",
        "admin",
        "auth",
        "authtoken",
        "contenttypes",
        "extras",
        "mfa",
        "sessions",
        "sites",
        "socialaccount",
        "users",
        "usersessions",
    }
)
# What 1.x sends webhooks for, of the types that exist here; the others have them on our own addresses only.
WIRE_WEBHOOKS = OURS - {"extras.scheduledjob", "extras.jobresult", "extras.jobhook"}


def is_watchable(content_type: ContentType) -> bool:
    """Are changes of such objects recorded?"""
    name = f"{content_type.app_label}.{content_type.model}"
    return name in OURS or (content_type.app_label not in UNWATCHED_APPS and content_type.model_class() is not None)


def is_of_other_app(model: type[Model]) -> bool:
    """Is it a model of an app that is not ours and not the framework's?"""
    options = model._meta
    return options.app_label not in UNWATCHED_APPS and not options.auto_created and options.managed


def watchable() -> list[str]:
    """All types that can be watched, by name."""
    others = {model._meta.label_lower for model in apps.get_models() if is_of_other_app(model)}
    return sorted(OURS | others)
