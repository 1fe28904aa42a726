"""Addresses of calendar and timeline."""

from django.urls import path, re_path

from foureyes.web.plan.calendar import day, month, week
from foureyes.web.plan.feed import feed, subscribe
from foureyes.web.plan.timeline import timeline_page

urlpatterns = [
    path("plan/calendar/", month, name="calendar"),
    path("plan/calendar/subscribe/", subscribe, name="calendar-subscribe"),
    path("plan/calendar/feed/<str:key>.ics", feed, name="calendar-feed"),
    path("plan/calendar/week/<str:text>/", week, name="calendar-week"),
    re_path(r"^plan/calendar/(?P<text>\d{4}-\d{2})/$", month, name="calendar-month"),
    re_path(r"^plan/calendar/(?P<text>\d{4}-\d{2}-\d{2})/$", day, name="calendar-day"),
    path("plan/timeline/", timeline_page, name="timeline"),
]
