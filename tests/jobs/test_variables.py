"""Checking values, with the sentences of the 1.x server."""

import datetime
import json
import re
from time import monotonic
from typing import Any

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foureyes.jobs import (
    BooleanVar,
    ChoiceVar,
    DateTimeVar,
    DateVar,
    FileVar,
    IntegerVar,
    IPAddressVar,
    IPAddressWithMaskVar,
    IPNetworkVar,
    JSONVar,
    MultiChoiceVar,
    MultiObjectVar,
    ObjectVar,
    StringVar,
    TextVar,
)
from foureyes.jobs.variables import Variable, VariableError, variable_from_spec

RED = [("red", "Red"), ("green", "Green")]
NUMBERED = [(1, "One"), ("More", [(2, "Two"), (3, "Three")])]
REQUIRED = ["This field is required."]
UPLOAD = "0190163d-8694-739b-aea5-966c26f8ad90"


def served(variable: Variable) -> Variable:
    """The variable as the server has it: from its spec, after a trip through JSON."""
    return variable_from_spec(json.loads(json.dumps(variable.spec("v"))))


@pytest.mark.parametrize(
    ("variable", "value", "canonical"),
    [
        (StringVar(), " hello ", "hello"),
        (StringVar(), 12, "12"),
        (TextVar(), "a\nb", "a\nb"),
        (IntegerVar(min_value=0), 0, 0),
        (IntegerVar(), "3", 3),
        (IntegerVar(), 3.0, 3),
        (IntegerVar(), -4, -4),
        (BooleanVar(), True, True),
        (BooleanVar(), "false", False),
        (BooleanVar(), "False", False),
        (BooleanVar(), "maybe", True),
        (BooleanVar(), 0, False),
        (BooleanVar(), None, False),
        (ChoiceVar(RED), "red", "red"),
        (ChoiceVar(NUMBERED), 3, "3"),
        (ChoiceVar(["a", "b"]), "b", "b"),
        (MultiChoiceVar(RED), ["green", "red"], ["green", "red"]),
        (ObjectVar("auth.Group"), 7, 7),
        (ObjectVar("auth.Group"), UPLOAD, UPLOAD),
        (ObjectVar("auth.Group"), {"name": "operators"}, {"name": "operators"}),
        (MultiObjectVar("auth.Group"), [7, UPLOAD], [7, UPLOAD]),
        (FileVar(), UPLOAD, UPLOAD),
        (IPAddressVar(), "10.0.0.1", "10.0.0.1"),
        (IPAddressVar(), "2001:DB8::1", "2001:db8::1"),
        (IPAddressWithMaskVar(), "10.0.0.1/24", "10.0.0.1/24"),
        (IPAddressWithMaskVar(), "2001:db8::1/64", "2001:db8::1/64"),
        (IPNetworkVar(), "10.0.0.0/24", "10.0.0.0/24"),
        (IPNetworkVar(min_prefix_length=24, max_prefix_length=24), "10.0.0.0/24", "10.0.0.0/24"),
        (DateVar(), "2030-01-31", "2030-01-31"),
        (DateTimeVar(), "2030-01-31T10:00:00+02:00", "2030-01-31T08:00:00+00:00"),
        (DateTimeVar(), "2030-01-31 10:00", "2030-01-31T10:00:00+00:00"),
        (JSONVar(), '{"a": [1]}', {"a": [1]}),
        (JSONVar(), {"a": 1}, {"a": 1}),
        (JSONVar(), 0, 0),
    ],
)
def test_good_value_has_one_canonical_form(variable: Variable, value: Any, canonical: Any) -> None:
    assert variable.clean(value) == canonical
    assert served(variable).clean(value) == canonical
    assert served(variable).clean(canonical) == canonical


@pytest.mark.parametrize(
    ("variable", "value", "messages"),
    [
        (StringVar(), "  ", REQUIRED),
        (StringVar(min_length=2, regex="^[a-z]+$"), "h", ["Ensure this value has at least 2 characters (it has 1)."]),
        (StringVar(max_length=1), "ab", ["Ensure this value has at most 1 character (it has 2)."]),
        (StringVar(regex="^[a-z ]+$"), 12, ["Invalid value. Must match regex: ^[a-z ]+$"]),
        (
            StringVar(regex="^a", min_length=3),
            "b",
            ["Invalid value. Must match regex: ^a", "Ensure this value has at least 3 characters (it has 1)."],
        ),
        (StringVar(), "a\x00", ["Null characters are not allowed."]),
        (TextVar(), "\ud800", ["Enter valid text: it holds half of a character pair."]),
        (IntegerVar(), "abc", ["Enter a whole number."]),
        (IntegerVar(), 3.5, ["Enter a whole number."]),
        (IntegerVar(), True, ["Enter a whole number."]),
        (IntegerVar(min_value=0), -1, ["Ensure this value is greater than or equal to 0."]),
        (IntegerVar(max_value=10), 11, ["Ensure this value is less than or equal to 10."]),
        (ChoiceVar(RED), "blue", ["Select a valid choice. blue is not one of the available choices."]),
        (ChoiceVar(RED), ["red"], ["Select a valid choice. ['red'] is not one of the available choices."]),
        (MultiChoiceVar(RED), ["red", "z"], ["Select a valid choice. z is not one of the available choices."]),
        (MultiChoiceVar(RED), "red", ["Enter a list of values."]),
        (MultiObjectVar("auth.Group"), 7, ["Enter a list of values."]),
        (ObjectVar("auth.Group"), True, ["“True” is not a valid value."]),
        (FileVar(), "x", ["No file was submitted. Check the encoding type on the form."]),
        (IPAddressVar(), "999.1.1.1", ["Invalid IPv4/IPv6 address format: 999.1.1.1"]),
        (IPAddressVar(), "1.2.3", ["Invalid IPv4/IPv6 address format: 1.2.3"]),
        (IPAddressVar(), "10.0.0.1/24", ["Invalid IPv4/IPv6 address format: 10.0.0.1/24"]),
        (IPAddressWithMaskVar(), "10.0.0.1", ["CIDR mask (e.g. /24) is required."]),
        (IPAddressWithMaskVar(), "10.0.0.1/99", ["Please specify a valid IPv4 or IPv6 address."]),
        (IPNetworkVar(), "10.0.0.1/24", ["10.0.0.1/24 is not a valid prefix. Did you mean 10.0.0.0/24?"]),
        (
            IPNetworkVar(min_prefix_length=25),
            "10.0.0.0/24",
            ["The prefix length must be greater than or equal to 25."],
        ),
        (IPNetworkVar(max_prefix_length=8), "10.0.0.0/24", ["The prefix length must be less than or equal to 8."]),
        (DateVar(), "31.1.2030", ["Enter a valid date."]),
        (DateTimeVar(), "soon", ["Enter a valid date/time."]),
        (DateTimeVar(), "0001-01-01T00:00:00+14:00", ["Enter a valid date/time."]),
        (JSONVar(), "{", ["Enter a valid JSON."]),
        (JSONVar(), "NaN", ["Enter a valid JSON."]),
        (JSONVar(), "[" * 100_000, ["Enter a valid JSON."]),
        (JSONVar(), {"a": ["\x00"]}, ["Null characters are not allowed."]),
    ],
)
def test_bad_value_is_refused_with_the_sentences_of_1x(variable: Variable, value: Any, messages: list[str]) -> None:
    for checked in (variable, served(variable)):
        with pytest.raises(VariableError) as refused:
            checked.clean(value)
        assert refused.value.messages == messages


@pytest.mark.parametrize(
    ("variable", "empty"),
    [
        (StringVar, ""),
        (TextVar, ""),
        (IntegerVar, None),
        (lambda **options: ChoiceVar(RED, **options), ""),
        (lambda **options: MultiChoiceVar(RED, **options), []),
        (lambda **options: ObjectVar("auth.group", **options), None),
        (lambda **options: MultiObjectVar("auth.group", **options), []),
        (FileVar, None),
        (IPAddressVar, None),
        (IPNetworkVar, None),
        (DateVar, None),
        (DateTimeVar, None),
        (JSONVar, None),
    ],
)
def test_absent_value_is_refused_if_required_and_else_empty(variable: Any, empty: Any) -> None:
    for absent in (None, ""):
        assert variable(required=False).clean(absent) == empty
        with pytest.raises(VariableError) as refused:
            variable().clean(absent)
        assert refused.value.messages == REQUIRED


@pytest.mark.parametrize(
    ("variable", "canonical", "loaded"),
    [
        (IPAddressVar(), "10.0.0.1", netaddr.IPAddress("10.0.0.1")),
        (IPNetworkVar(), "10.0.0.0/24", netaddr.IPNetwork("10.0.0.0/24")),
        (DateVar(), "2030-01-31", datetime.date(2030, 1, 31)),
        (DateTimeVar(), "2030-01-31T08:00:00+00:00", datetime.datetime(2030, 1, 31, 8, tzinfo=datetime.UTC)),
        (IPAddressVar(required=False), None, None),
        (MultiChoiceVar(RED), ["red"], ["red"]),
    ],
)
def test_job_receives_values_in_their_type(variable: Variable, canonical: Any, loaded: Any) -> None:
    assert variable.load(canonical) == loaded


def test_spec_holds_what_is_set_and_nothing_else() -> None:
    assert StringVar(label="A string", description="Help", min_length=2, sensitive=True).spec("s") == {
        "name": "s",
        "type": "StringVar",
        "label": "A string",
        "help_text": "Help",
        "required": True,
        "min_length": 2,
        "sensitive": True,
    }
    assert IntegerVar(min_value=0, default=0, required=False).spec("i") == {
        "name": "i",
        "type": "IntegerVar",
        "required": False,
        "min_value": 0,
        "default": 0,
    }


def test_authors_own_variable_goes_by_the_name_of_ours() -> None:
    class SiteVar(StringVar):
        pass

    assert SiteVar().spec("site")["type"] == "StringVar"


def test_default_of_any_kind_becomes_json() -> None:
    assert DateVar(default=datetime.date(2030, 1, 2)).spec("d")["default"] == "2030-01-02"
    assert StringVar(default=lambda: "x").spec("s")["default"] == "x"
    assert IPAddressVar(default=netaddr.IPAddress("10.0.0.1")).spec("a")["default"] == "10.0.0.1"


def complaints(variable: Variable, value: Any) -> list[str]:
    with pytest.raises(VariableError) as refused:
        variable.clean(value)
    return refused.value.messages


@pytest.mark.parametrize(
    ("regex", "yes", "no"),
    [
        (r"^\w+$", "Zoé_٣", "a-b"),
        (r"^[\w.-]+$", "é.3-_", "a b"),
        (r"^[^\s\D]{,2}$", "٣1", "123"),
        (r"^[a[\]]+\-\/\u00e9\x41$", "[]-/éA", "[]-/e"),
        (r"\bé", "aé é", "aé"),
        (r"^.+$", "a", "a\nb"),
        (r"^(?!root)[a-z]+$", "rout", "roots"),
        (r"^(a)\1\Z", "aa", "ab"),
    ],
)
def test_a_regex_means_what_it_means_in_python(regex: str, yes: str, no: str) -> None:
    assert re.search(regex, yes)
    assert not re.search(regex, no)
    assert StringVar(regex=regex).clean(yes) == yes
    assert complaints(StringVar(regex=regex), no) == [f"Invalid value. Must match regex: {regex}"]


def test_no_text_keeps_a_regex_busy() -> None:
    began = monotonic()
    assert complaints(StringVar(regex="^(a+)+$"), "a" * 5000 + "!") == ["Invalid value. Must match regex: ^(a+)+$"]
    assert monotonic() - began < 5


def test_a_regex_that_only_python_knows_takes_short_texts_only() -> None:
    name = StringVar(regex="^(?!root)")
    assert name.clean("a" * 1000) == "a" * 1000
    (message,) = complaints(name, "a" * 1001)
    assert message.endswith("Longer than 1000 characters, it is not compared.")


def test_regex_that_is_none_is_a_mistake_at_once() -> None:
    with pytest.raises(Exception, match="unterminated"):
        StringVar(regex="[")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(value=JSON)
@pytest.mark.parametrize(
    "variable",
    [
        StringVar(required=False),
        IntegerVar(required=False),
        BooleanVar(),
        MultiChoiceVar(RED, required=False),
        ObjectVar("auth.group", required=False),
        IPNetworkVar(required=False),
        DateTimeVar(required=False),
        JSONVar(required=False),
    ],
)
def test_any_json_is_either_refused_or_stays_the_same_when_checked_again(variable: Variable, value: Any) -> None:
    try:
        canonical = variable.clean(value)
    except VariableError:
        return
    assert variable.clean(canonical) == canonical
    json.dumps(canonical, allow_nan=False).encode()
