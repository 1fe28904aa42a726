"""Sends inputs and what else a request says: as JSON, or as a form if there are files."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from foureyes.cli.client import Client, Row
from foureyes.cli.inputs import Inputs

TERMS = {  # of the request of a job that needs approval: the options that say them
    "decide_within_seconds": "--decide-within",
    "decide_before_start": "--decide-before-start",
    "tell_requester": "--no-tell",
}


def send(client: Client, path: str, inputs: Inputs, control: Row, *, key: str, labels: Mapping[str, str]) -> Row:
    """The answer. Inputs go under `key` in JSON; in a form everything else has an underscore before its name."""
    if not inputs.files:
        return dict(client.post(path, {key: inputs.data, **control}, labels=labels))
    fields = [part for name, value in inputs.data.items() for part in _form_parts(name, value)]
    fields += [part for name, value in control.items() for part in _form_parts(f"_{name}", value)]
    names = {**labels, **{f"_{name}": label for name, label in labels.items()}}
    with ExitStack() as stack:
        files = {name: (path.name, stack.enter_context(path.open("rb"))) for name, path in inputs.files.items()}
        return dict(client.post_form(path, fields, files, labels=names))


def _form_parts(name: str, value: Any) -> list[tuple[str, str]]:
    """A value as form fields: a list is the field repeated, an absent value is no field."""
    if value is None:
        return []
    if isinstance(value, list):
        return [part for item in value for part in _form_parts(name, item)]
    return [(name, value if isinstance(value, str) else json.dumps(value))]
