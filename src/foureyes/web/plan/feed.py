"""The calendar as a feed for other programs. Its address is the key, so it can be replaced by another one."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from icalendar import Calendar, Event

from foureyes import __version__
from foureyes.people.preferences import change_preferences
from foureyes.schedules.forecast import forecast
from foureyes.schedules.preview import sentence_of
from foureyes.users.models import User
from foureyes.web.plan.filters import choices_for, filters_of
from foureyes.web.shell.access import SignedInRequest, signed_in, zone_of
from foureyes.web.shell.render import page

SALT = "foureyes.calendar"
DAYS = 60
MOST_OF_ONE = 100
LEAST_LENGTH = timedelta(minutes=5)  # an event without length is drawn by few programs


@require_http_methods(["GET", "POST"])
@signed_in
def subscribe(request: SignedInRequest) -> HttpResponse:
    """Shows the address, with the calendar's filters; a post replaces it, after which the old one finds nothing."""
    filters = filters_of(request.GET)
    if request.method == "POST" or not _nonce(request.user):
        pages = {"pages": {"calendar_key": secrets.token_urlsafe(9)}}
        request.user = change_preferences(user=request.user, changes=pages, now=timezone.now())
        if request.method == "POST":
            messages.success(request, "The feed has another address. The one before finds nothing any more.")
            return redirect(request.get_full_path())
    key = signing.dumps({"u": str(request.user.pk), "k": _nonce(request.user)}, salt=SALT)
    return page(
        request,
        "web/plan/subscribe.html",
        title="Subscribe",
        nav="calendar",
        crumbs=[("Plan", "/plan/calendar/")],
        address=request.build_absolute_uri(f"/plan/calendar/feed/{key}.ics{filters.query}"),
        narrowed=choices_for(request.user, filters).words(filters) if filters.any else "",
        days=DAYS,
    )


@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """What is planned in the next weeks, of the schedules that the address's owner may view and that it names."""
    user = _owner(key)
    now = timezone.now()
    with timezone.override(zone_of(user)):
        rows, until = filters_of(request.GET).schedules(), now + timedelta(days=DAYS)
        planned = forecast(user=user, since=now, until=until, rows=rows, most_of_one=MOST_OF_ONE)
        calendar = Calendar()
        calendar.add("prodid", f"-//Foureyes//{__version__}//EN")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", "Foureyes")
        for one in planned.planned:
            for at in one.instants:
                calendar.add_component(_event(request, one.schedule, at, now))
    answer = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, max-age=300"
    return answer


def _event(request: HttpRequest, schedule: Any, at: Any, now: Any) -> Event:
    job = schedule.job_model.name if schedule.job_model else schedule.job_class
    waits = " (awaiting approval)" if schedule.state == "pending" else " (paused)" if schedule.state == "paused" else ""
    event = Event()
    event.add("uid", f"{schedule.pk}-{at:%Y%m%dT%H%M%S}@foureyes")
    event.add("dtstamp", now)
    event.add("dtstart", at)
    event.add("dtend", at + LEAST_LENGTH)
    event.add("summary", f"{schedule.name}{waits}")
    event.add("description", f"{job}\n{sentence_of(schedule)}")
    event.add("url", request.build_absolute_uri(f"/jobs/scheduled/{schedule.pk}/"))
    event.add("transp", "TRANSPARENT")
    return event


def _nonce(user: User) -> str:
    pages = user.config_data.get("pages") if isinstance(user.config_data, dict) else None
    found = pages.get("calendar_key") if isinstance(pages, dict) else None
    return found if isinstance(found, str) else ""


def _owner(key: str) -> User:
    try:
        told = signing.loads(key, salt=SALT)
        user = User.objects.filter(pk=told["u"], is_active=True).first()
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise Http404 from None
    if user is None or not _nonce(user) or not secrets.compare_digest(_nonce(user), str(told.get("k", ""))):
        raise Http404
    return user
