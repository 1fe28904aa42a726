"""Answers with pages: whole, or as the part that htmx asks for, by the same template file either way."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from foureyes import __version__
from foureyes.approvals.news import untold
from foureyes.approvals.queries import waiting_for
from foureyes.conf import get_conf
from foureyes.users.answers import CountOf, question
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.web.shell.access import is_part
from foureyes.web.shell.ending import ending_of
from foureyes.web.shell.navigation import menu_for
from foureyes.web.shell.news import tell_news
from foureyes.web.shell.standing import questions, standing
from foureyes.web.shell.unchanged import or_unchanged
from foureyes.web.times import city, clock

THEMES = ("system", "light", "dark")
Crumb = tuple[str, str]  # text and address
Questions = Callable[[User, datetime], Mapping[str, Any]]


def page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    nav: str = "",
    crumbs: Sequence[Crumb] = (),
    part: str = "",
    status: int = 200,
    now: datetime | None = None,
    told: Mapping[str, Any] | None = None,
    **content: Any,
) -> HttpResponse:
    """The page, or its `part` where htmx asks for that. `title` is the last crumb too, after `crumbs`.

    `nav` is the key of the menu's entry. The badge and toasts come with every answer. `told` is what `tell` told, for
    pages that asked for more with it.
    """
    now = now or timezone.now()
    small = bool(part) and is_part(request)
    told = told or (tell(request.user, now=now) if request.user.is_authenticated else {"waiting": 0})
    if not small and request.method == "GET" and request.user.is_authenticated and told["news"]:
        tell_news(request, request.user, now=now)
    own = {"now": now, "title": title, "part": part, "waiting": told["waiting"]}
    own |= {"crumbs": crumbs} if small else _shell(request, nav, crumbs, told, now)
    if taken := own.keys() & content.keys():
        raise TypeError(f"{template} would hide what stands around every page: {', '.join(sorted(taken))}.")
    if small:
        return part_alone(request, "web/part.html", {**content, **own}, status=status)
    return _for_one(render(request, template, {**content, **own}, status=status))


def part_alone(request: HttpRequest, template: str, content: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A part that is filled in somewhere in a page; one that the browser has already is not sent again."""
    answer = _for_one(render(request, template, content, status=status))
    return or_unchanged(request, answer) if request.method == "GET" and status == 200 else answer


def _for_one(answer: HttpResponse) -> HttpResponse:
    patch_vary_headers(answer, ["HX-Request", "HX-Request-Type", "Cookie", "Accept-Encoding"])
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark` or `system`, as the cookie says."""
    wanted = request.COOKIES.get("theme", "")
    return wanted if wanted in THEMES else "system"


def tell(
    user: User, *, now: datetime, more: Questions | None = None, also: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What is told around a page: the number in the menu, the health, news. `more` and `also` ask in the same query.

    What `more` asks depends on who asks and on `now` alone: without `also` the query is compiled once.
    """
    rows = _told(user, more, also=also, now=now) if also else compiled(_told, more, of=user, now=now)
    return dict(rows[0])


def _told(
    user: User, more: Questions | None, *, also: Mapping[str, Any] | None = None, now: datetime
) -> QuerySet[User, dict[str, Any]]:
    known = {"waiting": CountOf(waiting_for(user)), "news": Exists(untold(user)), **questions(now=now)}
    return question(to=user, **known, **(more(user, now) if more else {}), **(also or {}))


def _shell(
    request: HttpRequest, nav: str, crumbs: Sequence[Crumb], told: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    conf = get_conf()
    shell: dict[str, Any] = {
        "nav": nav,
        "crumbs": crumbs,
        "theme": theme_of(request),
        "version": __version__,
        "environment_label": conf.environment_label,
        "demo": conf.demo,
        "clock_local": clock(timezone.localtime(now)),
        "clock_utc": clock(now.astimezone(UTC)),
        "zone_name": timezone.get_current_timezone_name(),
        "zone_city": city(timezone.get_current_timezone_name()),
        "login_url": settings.LOGIN_URL,
    }
    if request.user.is_authenticated:
        user = request.user
        shell |= {"menu": menu_for(user), "standing": standing(told, now=now), "shortcuts": _shortcuts(user)}
        shell["session"] = ending_of(request, now=now)
    return shell


def _shortcuts(user: User) -> bool:
    pages = user.config_data.get("pages") if isinstance(user.config_data, dict) else None
    return not (isinstance(pages, dict) and pages.get("shortcuts") is False)
