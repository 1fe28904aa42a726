"""Bodies of webhooks as people write them: Django's template language over the message, without files or libraries."""

from typing import Any

from django.template import Context, Template, TemplateSyntaxError
from django.template.engine import Engine

from foureyes.errors import Invalid

MOST_CHARACTERS = 1_000_000
# No loaders and no files: a template sees the message and nothing else.
ENGINE = Engine(dirs=[], loaders=[], libraries={}, autoescape=False)


def refuse_template(text: str) -> None:
    """Refuses as Invalid what is no template."""
    try:
        ENGINE.from_string(text)
    except (TemplateSyntaxError, RecursionError, ValueError) as error:
        sentence = f"This is no template: {error}"
        raise Invalid(code="webhook_template", fields={"body_template": [sentence]}) from None


def rendered(text: str, message: dict[str, Any]) -> str:
    """The body, at most so many characters. Whatever goes wrong in a template is an Invalid."""
    try:
        template: Template = ENGINE.from_string(text)
        return str(template.render(Context(message, autoescape=False)))[:MOST_CHARACTERS]
    except Exception as error:
        raise Invalid(f"The body template failed: {error}", code="webhook_template") from None
