"""Markdown of authors and people, as HTML that can do nothing: first rendered without raw HTML, then sanitised."""

import re

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
SCHEMES = {"http", "https", "mailto"}
LONGEST = 100_000
MARKS = re.compile(r"[*_`~#>\[\\&-]")
_reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def markdown(text: str) -> SafeString:
    """HTML of an allow list: no images, no styles, no ids; headings begin below those of the page."""
    html = _reader.render(text[:LONGEST])
    for level in range(6, 0, -1):
        below = min(level + 2, 6)
        html = html.replace(f"<h{level}>", f"<h{below}>").replace(f"</h{level}>", f"</h{below}>")
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - sanitised just now


def plain(line: str) -> str:
    """What one line says, as text: `snake_case` and 2 * 3 stay as they are, marks and addresses of links go."""
    if not MARKS.search(line):
        return line
    parts = (part for token in _reader.parse(line[:LONGEST]) for part in token.children or ())
    return "".join(part.content for part in parts if not part.nesting)


def with_code(text: str) -> SafeString:
    """Text in which only what stands between backticks is marked: as code."""
    return mark_safe(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped just now
