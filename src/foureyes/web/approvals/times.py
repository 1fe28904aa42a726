"""Times that a person types on these pages, in the viewer's zone."""

from datetime import datetime

from django.utils import timezone

from foureyes.errors import Invalid


def for_field(at: datetime) -> str:
    """An instant as a native field holds it."""
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def demanded_time(text: str, *, name: str, now: datetime) -> datetime:
    """The instant of a field. Refuses, at the field of that name, what is none and what has passed."""
    try:
        at = timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError:
        raise Invalid(fields={name: ["Give a date and a time."]}, code="no_instant") from None
    if at <= now:
        raise Invalid(fields={name: ["This time has passed too. Give one that lies ahead."]}, code="past_time")
    return at
