"""Text that people, jobs and source bring, as safe HTML: what does not show is made to stand out (gate G22)."""

from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from foureyes.unseen import JOINERS, PLAIN, code_of, find_unseen, is_unseen, name_of, stray_marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of source with its number; `suspicious` if it holds a character that does not show."""

    number: int
    html: SafeString
    suspicious: bool


def spelled(text: str, *, but: frozenset[str] = frozenset()) -> SafeString:
    """Escaped, with every character that nobody would see written out and marked. Those in `but` stay."""
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").isprintable():
        return mark_safe(escape(text))  # noqa: S308 - escaped right here
    return _marked(text, but=but)


def one_line(text: str) -> SafeString:
    """The same of a name, which has no lines: their ends and tabs are marked too."""
    if text.isascii() and text.isprintable():
        return mark_safe(escape(text))  # noqa: S308 - escaped right here
    return _marked(text, but=JOINERS, also=PLAIN)


def _marked(text: str, *, but: frozenset[str], also: frozenset[str] = frozenset()) -> SafeString:
    strays = stray_marks(text)
    shown = (
        _loud(one) if (is_unseen(one) and one not in but) or one in also or place in strays else escape(one)
        for place, one in enumerate(text)
    )
    return mark_safe("".join(shown))  # noqa: S308 - every other character is escaped


def lines_of(text: str) -> list[Line]:
    """Lines end where Python's do: a carriage return inside one is shown."""
    shown = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return [
        Line(number=number, html=spelled(line), suspicious=any(find_unseen(line)))
        for number, line in enumerate(shown, start=1)
    ]


def _loud(character: str) -> SafeString:
    return format_html('<mark class="hidden-char" title="{}">{}</mark>', name_of(character), code_of(character))
