"""Source for people to read: what does not show, or turns the order of what does, is made to stand out."""

import unicodedata
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

HARMLESS = {"\n", "\t"}
SHY = "\u00ad"
INVISIBLE_LETTERS = {SHY, "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0", "\u2800"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with its number; `suspicious` if it holds a character that does not show."""

    number: int
    html: SafeString
    suspicious: bool


def is_invisible(character: str) -> bool:
    """Does it not show, or change the order of what does? Controls, formats (bidi among them), unusual blanks."""
    if character in HARMLESS:
        return False
    if character in INVISIBLE_LETTERS or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return True
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Cs") or (kind == "Zs" and character != " ")


def visible(text: str) -> SafeString:
    """The text as HTML, with a mark in the place of each character that does not show."""
    if text.isascii() and (text.isprintable() or not any(is_invisible(one) for one in text)):
        return mark_safe(escape(text))  # noqa: S308 - escaped
    return mark_safe("".join(_mark(one) if is_invisible(one) else escape(one) for one in text))  # noqa: S308 - escaped


def lines_of(text: str) -> list[Line]:
    """Lines end where Python's do: a carriage return inside one is shown."""
    shown = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return [
        Line(number=number, html=visible(line), suspicious=any(is_invisible(one) for one in line))
        for number, line in enumerate(shown, start=1)
    ]


def _mark(character: str) -> SafeString:
    name = unicodedata.name(character, "invisible character")
    return format_html('<mark class="hidden-char" title="{}">{}</mark>', name, f"U+{ord(character):04X}")
