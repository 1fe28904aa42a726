"""Bodies of webhooks as people write them: a part of Django's template language over the message.

Whoever may change a webhook writes code that the notifier executes. So it sees the message and nothing else, has no
files, and none of the tags and filters that make much of little; loops do not stand in loops.
"""

import json
from typing import Any

from django.template import Context, Template, TemplateSyntaxError
from django.template.defaultfilters import register as all_filters
from django.template.defaulttags import ForNode
from django.template.defaulttags import register as all_tags
from django.template.engine import Engine
from django.template.library import Library

from foureyes.errors import Invalid

MOST_CHARACTERS = 1_000_000
TAGS = ("comment", "firstof", "for", "if", "spaceless", "verbatim", "with")
FILTERS = (
    "capfirst",
    "cut",
    "date",
    "default",
    "default_if_none",
    "escapejs",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "pluralize",
    "slice",
    "slugify",
    "title",
    "truncatechars",
    "truncatewords",
    "upper",
    "urlencode",
    "yesno",
)


def _engine() -> Engine:
    library = Library()
    library.tags = {name: all_tags.tags[name] for name in TAGS}
    library.filters = {name: all_filters.filters[name] for name in FILTERS}
    library.filter("tojson", _tojson)
    engine = Engine(dirs=[], loaders=[], libraries={}, autoescape=False)
    engine.template_builtins = [library]
    return engine


def _tojson(value: Any) -> str:
    """As JSON, for bodies that are JSON themselves."""
    return json.dumps(value, ensure_ascii=False)


ENGINE = _engine()


def refuse_template(text: str) -> None:
    """Refuses as Invalid what is no template, or does more than it may."""
    try:
        _compiled(text)
    except (TemplateSyntaxError, RecursionError, ValueError) as error:
        sentence = f"This template cannot be used: {error}"
        raise Invalid(code="webhook_template", fields={"body_template": [sentence]}) from None


def rendered(text: str, message: dict[str, Any]) -> str:
    """The body, at most so many characters. Whatever goes wrong in a template is an Invalid."""
    try:
        return str(_compiled(text).render(Context(message, autoescape=False)))[:MOST_CHARACTERS]
    except Exception as error:
        raise Invalid(f"The body template failed: {error}", code="webhook_template") from None


def _compiled(text: str) -> Template:
    template: Template = ENGINE.from_string(text)
    for loop in template.nodelist.get_nodes_by_type(ForNode):
        if len(loop.get_nodes_by_type(ForNode)) > 1:
            raise TemplateSyntaxError("a loop cannot stand in a loop")
    return template
