"""Texts of people and jobs as safe HTML: addresses become links, differences are marked."""

import difflib
import re

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from foureyes.unseen import find_unseen
from foureyes.web.source_text import spelled

TOKENS = re.compile(r"\w+|\s+|[^\w\s]")
LINKS = re.compile(r"https?://[^\s<>\"'`{}|\\^]+")
AFTER_LINKS = ".,;:!?)]"
MOST_TOKENS = 1500  # of a text that is compared word by word
ALIKE = 0.35  # less of it in common: it was replaced, not changed


def linked(text: str) -> SafeString:
    """Escaped and spelled, with addresses of the web as links that tell the other side nothing."""
    parts, end = [], 0
    for found in LINKS.finditer(text):
        url = found[0].rstrip(AFTER_LINKS)
        if any(find_unseen(url)):
            continue
        parts += [spelled(text[end : found.start()]), _link(url)]
        end = found.start() + len(url)
    return mark_safe("".join([*parts, spelled(text[end:])]))  # noqa: S308 - every part is escaped


def marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Two texts with what was taken away and what was put in marked inside them; as a whole if little is the same."""
    old, new = TOKENS.findall(before), TOKENS.findall(after)
    if max(len(old), len(new)) > MOST_TOKENS:
        return _del(before), _ins(after)
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return _del(before), _ins(after)
    left, right = [], []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        one, other = "".join(old[i1:i2]), "".join(new[j1:j2])
        left.append(spelled(one) if tag == "equal" else _del(one))
        right.append(spelled(other) if tag == "equal" else _ins(other))
    return mark_safe("".join(left)), mark_safe("".join(right))  # noqa: S308 - every part is escaped


def _link(url: str) -> str:
    return format_html('<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>', url, url)


def _del(text: str) -> SafeString:
    return format_html("<del>{}</del>", spelled(text)) if text else SafeString()


def _ins(text: str) -> SafeString:
    return format_html("<ins>{}</ins>", spelled(text)) if text else SafeString()
