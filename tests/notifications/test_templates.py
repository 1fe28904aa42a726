"""Templates see the message, and cannot do much with it."""

import json

import pytest

from foureyes.errors import Invalid
from foureyes.notifications.templates import refuse_template, rendered

MESSAGE = {"event": "created", "data": {"name": '<"net">', "tags": ["a", "b"]}}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("{{ event|upper }} {{ data.name }}", 'CREATED <"net">'),
        ("{% for tag in data.tags %}{{ tag }}{% if not forloop.last %}, {% endif %}{% endfor %}", "a, b"),
        ("{{ data.nothing|default:'-' }}{{ data.clear }}", "-None"),
        ("{% for a in data.tags %}{{ a }}{% endfor %}{% for a in data.tags %}{{ a }}{% endfor %}", "abab"),
    ],
)
def test_message_is_shown(text: str, body: str) -> None:
    refuse_template(text)
    assert rendered(text, json.loads(json.dumps(MESSAGE))) == body


def test_values_can_be_put_into_json() -> None:
    assert json.loads(rendered('{"text": {{ data.name|tojson }}}', MESSAGE)) == {"text": '<"net">'}


@pytest.mark.parametrize(
    "text",
    [
        "{{ event|center:1000000000 }}",
        "{{ event|ljust:1000000000 }}",
        "{% lorem 1000000000 w %}",
        "{% for a in data %}{% for b in data %}{% endfor %}{% endfor %}",
        "{% for a in data %}{% if a %}{% for b in data %}{% endfor %}{% endif %}{% endfor %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% load static %}",
        "{% debug %}",
        "{% url 'x' %}",
        "{{ event| }}",
        "{% if %}",
    ],
)
def test_what_could_do_more_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        refuse_template(text)
    assert list(refusal.value.fields) == ["body_template"]
    with pytest.raises(Invalid):
        rendered(text, MESSAGE)
