"""What templates may use beside Django's own: states, icons, people, times. Loaded everywhere."""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django import template
from django.contrib.contenttypes.models import ContentType
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from foureyes.models import JobResult, ScheduledJob
from foureyes.users.models import User
from foureyes.users.permissions import many_of
from foureyes.web import markdown, source_text, times
from foureyes.web.names import Names
from foureyes.web.shell import drafts
from foureyes.web.shell import once as sending
from foureyes.web.states import STATES

register = template.Library()
_ANY = UUID(int=0)
RISKS = {"high": ("bad", "shield-alert"), "medium": ("wait", "")}
TINTS = "abcd"  # of avatars, by name


@register.simple_tag
@lru_cache(1000)  # a page has hundreds, of a few kinds
def icon(name: str, css: str = "") -> SafeString:
    """A Lucide icon of the sprite; it says nothing by itself, so words stand beside it."""
    sprite = static("foureyes/icons.svg")
    return format_html('<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', css, sprite, name)


@register.simple_tag
@lru_cache(1000)
def state(key: str, css: str = "", detail: str = "") -> SafeString:
    """A state as icon, word and tint; `detail` follows the word."""
    look = STATES[key]
    text = f"{look.word} {detail}" if detail else look.word
    return format_html('<span class="st {} {}">{}{}</span>', look.tint, css, icon(look.icon), text)


@register.simple_tag
@lru_cache(10)
def risk(level: str) -> SafeString:
    """How risky a request is."""
    tint, mark = RISKS.get(level, ("idle", ""))
    before = icon(mark) if mark else ""
    return format_html('<span class="tag tint {}">{}{} risk</span>', tint, before, level.capitalize())


@register.filter
def state_word(key: str) -> str:
    """The word of a state alone."""
    return STATES[key].word


@register.filter
def many(types: Iterable[ContentType]) -> str:
    """What types of objects are called, in words: "jobs, job log entries"."""
    return ", ".join(sorted(many_of(one.name) for one in types))


@register.filter
def tint(key: str) -> str:
    """The tint of a state alone."""
    return STATES[key].tint


@register.filter
def state_icon(key: str) -> str:
    """The icon of a state alone."""
    return STATES[key].icon


@register.filter
def address(key: UUID | str, name: str) -> str:
    """The address of one object's page by its key or slug, as `url` gives it in ten times the time: for long lists."""
    before, after = _around_key(name)
    return f"{before}{key}{after}"


@lru_cache(100)
def _around_key(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[_ANY]).partition(str(_ANY))
    return before, after


@register.filter
def readable(value: Any) -> str:
    """A JSON value as indented text; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


@register.filter
def sought(text: str, wanted: str) -> SafeString:
    """The text with every place marked where the wanted one is."""
    parts = re.split(f"({re.escape(wanted)})", text, flags=re.IGNORECASE) if wanted else [text]
    shown = (format_html("<mark>{}</mark>" if place % 2 else "{}", part) for place, part in enumerate(parts))
    return mark_safe("".join(shown))  # noqa: S308 - every part is escaped


@register.simple_tag
@lru_cache(1000)
def avatar(name: str) -> SafeString:
    """Two letters of a name in one of four tints; the name itself stands beside it."""
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word]
    letters = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"
    tint = TINTS[sha256(name.encode("utf-8", "surrogatepass")).digest()[0] % len(TINTS)]
    return format_html('<span class="av {}" aria-hidden="true">{}</span>', tint, letters)


@register.filter
def full_name(user: User | None) -> str:
    """A person's name, with the user name where there is no other."""
    return user.called if user else "nobody"


@register.filter
def one_line(text: str) -> SafeString:
    """A name that anything may stand in, with what nobody sees and the ends of lines marked."""
    return source_text.one_line(text)


@register.filter
def spelled(text: str) -> SafeString:
    """What a person or a job wrote, with what nobody sees marked."""
    return source_text.spelled(text)


@register.filter
def asker(row: JobResult | ScheduledJob, names: Names) -> str:
    """Whose a run or a schedule is."""
    return names.of(row.user_id, row.user_name)


@register.filter
def named(person: User, names: Names) -> str:
    """A person's name where others are beside it."""
    return names.of(person.pk, person.username)


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], at: datetime | None, place: str = "") -> SafeString:
    """An instant in the viewer's zone, the rest in its title, which is what paper shows.

    `inside` a sentence "today" has a small letter; with `zone` its city follows.
    """
    if at is None:
        return mark_safe("–")
    shown = times.shown(at, now=context["now"])
    text = times.inside(shown.local) if place == "inside" else shown.local
    text = f"{text} {shown.zone}" if place == "zone" else text
    return format_html('<time datetime="{}" title="{}">{}</time>', shown.iso, shown.full, text)


@register.simple_tag(takes_context=True)
def ago(context: dict[str, Any], at: datetime | None) -> SafeString:
    """How far away an instant is; ticks where there is JavaScript, and print shows the instant instead."""
    if at is None:
        return mark_safe("–")
    shown = times.shown(at, now=context["now"])
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        shown.iso,
        shown.full,
        shown.relative,
    )


@register.simple_tag(takes_context=True)
def seconds_ago(context: dict[str, Any], at: datetime) -> SafeString:
    """How long ago an instant was, to the second, where the page is renewed as often; print shows the instant."""
    shown = times.shown(at, now=context["now"])
    passed = times.duration(max(0, int((context["now"] - at).total_seconds())))
    return format_html('<time datetime="{}" title="{}">{} ago</time>', shown.iso, shown.full, passed)


@register.simple_tag(takes_context=True)
def when_exactly(context: dict[str, Any], at: datetime | None) -> SafeString:
    """An instant where something is planned or approved: local with its zone, UTC, and how far away."""
    if at is None:
        return mark_safe("–")
    shown = times.shown(at, now=context["now"])
    utc = "" if shown.zone == "UTC" else format_html("{} · ", shown.utc)
    return format_html(
        '<time datetime="{}" title="{}"><b>{}</b> {}</time> <span class="muted">{}{}</span>',
        shown.iso,
        shown.full,
        shown.local,
        shown.zone,
        utc,
        ago(context, at),
    )


@register.simple_tag(takes_context=True)
def when_precisely(context: dict[str, Any], at: datetime) -> SafeString:
    """An instant of a record, to the second, in the viewer's zone; paper has its date, zone and UTC too."""
    shown = times.shown(at, now=context["now"])
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>',
        shown.iso,
        shown.full,
        shown.local,
        f":{at:%S}",
    )


@register.simple_tag
def zone_and_utc(at: datetime) -> str:
    """What belongs to a local time on a page that plans or approves: "Berlin, 13:00 UTC"."""
    return times.zone_and_utc(at)


@register.filter
def duration(length: timedelta | float | None) -> str:
    """A length of time: "1 min 24 s"."""
    return "–" if length is None else times.duration(length)


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """The value of a mapping under a key that is only known to the page."""
    return mapping.get(key) if mapping else None


@register.filter
def length_of_run(run: JobResult) -> timedelta | None:
    """How long it has executed; None while it has not ended."""
    return run.completed - run.started_at if run.completed and run.started_at else None


@register.filter
def matched(text: str, sought: str) -> SafeString:
    """The text with the first place that was sought set apart."""
    found = re.search(re.escape(sought.strip()), text, re.IGNORECASE)
    if not found or not found[0]:
        return format_html("{}", text)
    return format_html("{}<b>{}</b>{}", text[: found.start()], found[0], text[found.end() :])


@register.filter
def with_code(text: str) -> SafeString:
    """What an author says of an input, in which `code` stands between backticks."""
    return markdown.with_code(text)


@register.filter
def summary_line(text: str) -> str:
    """The first line of a description in Markdown, without its marks."""
    return markdown.plain(next((line.strip() for line in text.splitlines() if line.strip()), ""))


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], name: str, value: Any) -> str:
    """`query` with one parameter whose name is only known to the page; goes back to the first page of a list."""
    return query(context, **{name: value, "page": ""})


@register.simple_tag
def once() -> SafeString:
    """In a form: sent twice, it is done once."""
    return format_html('<input type="hidden" name="{}" value="{}">', sending.FIELD, sending.new_key())


@register.simple_tag(takes_context=True)
def keeps(context: dict[str, Any], page: str, never: Iterable[str] = ()) -> SafeString:
    """In a form: what is typed outlives the session, all but the fields `never`, and comes back on that page."""
    value = drafts.mark(user=context["request"].user, page=page, never=never)
    return format_html('<input type="hidden" name="{}" value="{}">', drafts.FIELD, value)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The page's query with some parameters set, or left out where the value is empty; always starts with `?`."""
    wanted = context["request"].GET.copy()
    wanted.pop("cursor", None)
    for name, value in changes.items():
        if value in (None, ""):
            wanted.pop(name, None)
        else:
            wanted[name] = str(value)
    return f"?{wanted.urlencode()}"
