"""Typed inputs. A variable is declared on the job class; servers work with its `spec` and never with the class."""

from collections.abc import Mapping
from typing import Any

from foureyes.jobs.variables.addresses import IPAddressVar, IPAddressWithMaskVar, IPNetworkVar
from foureyes.jobs.variables.base import Variable, VariableError
from foureyes.jobs.variables.choices import ChoiceVar, MultiChoiceVar
from foureyes.jobs.variables.objects import FileVar, MultiObjectVar, ObjectVar
from foureyes.jobs.variables.structured import DateTimeVar, DateVar, JSONVar
from foureyes.jobs.variables.text import BooleanVar, IntegerVar, StringVar, TextVar

__all__ = [
    "BooleanVar",
    "ChoiceVar",
    "DateTimeVar",
    "DateVar",
    "FileVar",
    "IPAddressVar",
    "IPAddressWithMaskVar",
    "IPNetworkVar",
    "IntegerVar",
    "JSONVar",
    "MultiChoiceVar",
    "MultiObjectVar",
    "ObjectVar",
    "StringVar",
    "TextVar",
    "Variable",
    "VariableError",
    "variable_from_spec",
]

_TYPES: dict[str, type[Variable]] = {
    kind.__name__: kind
    for kind in (
        BooleanVar,
        ChoiceVar,
        DateTimeVar,
        DateVar,
        FileVar,
        IPAddressVar,
        IPAddressWithMaskVar,
        IPNetworkVar,
        IntegerVar,
        JSONVar,
        MultiChoiceVar,
        MultiObjectVar,
        ObjectVar,
        StringVar,
        TextVar,
    )
}


def variable_from_spec(spec: Mapping[str, Any]) -> Variable:
    """The variable that a stored spec describes, able to check values. Raises KeyError for a type we do not know."""
    return _TYPES[spec["type"]].from_spec(spec)
