"""How texts of 1.x and of the frameworks are said on pages, on our own paths and on the command line."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MaxLengthValidator, MinLengthValidator, MinValueValidator
from rest_framework import serializers

from foureyes.errors import Conflict, Invalid
from foureyes.jobs import (
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
    StringVar,
)
from foureyes.jobs.variables import Variable, VariableError
from foureyes.sentences import faults_of, first_fault, in_our_words, said_by, size_in_words

CHOICES = (("a", "A"), ("b", "B"))
VARIABLES: list[tuple[Variable, object, str]] = [
    (IntegerVar(min_value=1), 0, "Must be at least 1."),
    (IntegerVar(max_value=9), 10, "Must be at most 9."),
    (IntegerVar(), "x", "Give a whole number, such as 7."),
    (StringVar(min_length=2), "a", "Must have at least 2 characters, and has 1."),
    (StringVar(max_length=1), "ab", "Must have at most 1 character, and has 2."),
    (StringVar(regex="^a"), "b", "Must match ^a"),
    (StringVar(), "", "Give a value."),
    (StringVar(), "a\x00", "Leave out the NUL character, which cannot be stored."),
    (ChoiceVar(choices=CHOICES), "c", "“c” is not offered. Choose one of those that are offered."),
    (MultiChoiceVar(choices=CHOICES), "a", "Give a list of values."),
    (DateVar(), "soon", "Give a date, such as 2030-01-31."),
    (DateTimeVar(), "soon", "Give a date and a time, such as 2030-01-31 22:00."),
    (JSONVar(), "{", 'Give JSON, such as {"site": "fra"}.'),
    (IPAddressVar(), "10.0.0", "“10.0.0” is no IPv4 or IPv6 address, such as 10.0.0.1."),
    (IPAddressWithMaskVar(), "10.0.0.1", "Add the length of the prefix, such as /24."),
    (IPNetworkVar(), "10.0.0.1/24", "“10.0.0.1/24” has bits of a host set. Did you mean 10.0.0.0/24?"),
    (FileVar(), "x", "Choose a file."),
]


@pytest.mark.parametrize(("variable", "value", "said"), VARIABLES, ids=lambda one: type(one).__name__)
def test_what_is_wrong_with_an_input_says_what_to_give(variable: Variable, value: object, said: str) -> None:
    with pytest.raises(VariableError) as wrong:
        variable.clean(value)
    assert [in_our_words(text) for text in wrong.value.messages] == [said]
    assert wrong.value.messages != [said]  # clients of 1.x get the recorded one


class Body(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    number = serializers.IntegerField(min_value=2)
    kind = serializers.ChoiceField(choices=CHOICES)
    sure = serializers.BooleanField()


def test_what_frameworks_say_is_said_alike() -> None:
    body = Body(data={"name": "long", "number": 1, "kind": "c", "sure": "perhaps"})
    assert not body.is_valid()
    assert {name: in_our_words(str(texts[0])) for name, texts in body.errors.items()} == {
        "name": "Must have at most 3 characters.",
        "number": "Must be at least 2.",
        "kind": "“c” is not offered. Choose one of those that are offered.",
        "sure": "Give true or false.",
    }
    empty = Body(data={"name": "", "number": None})
    assert not empty.is_valid()
    assert {in_our_words(str(texts[0])) for texts in empty.errors.values()} == {"Give a value."}
    for refuses, value, said in (
        (MinValueValidator(1), 0, "Must be at least 1."),
        (MaxLengthValidator(1), "ab", "Must have at most 1 character, and has 2."),
        (MinLengthValidator(2), "a", "Must have at least 2 characters, and has 1."),
        (EmailValidator(), "a", "Give an e-mail address, such as ada@example.org."),
    ):
        with pytest.raises(ValidationError) as wrong:
            refuses(value)
        assert [in_our_words(text) for text in wrong.value.messages] == [said]


def test_a_sentence_of_ours_stays_as_it_is() -> None:
    for text in ("Say when the first run is.", "", "Ensure this value", "a\nb"):
        assert in_our_words(text) == text


def test_a_refusal_is_said_with_its_fields() -> None:
    refusal = Invalid(fields={"days": ["Ensure this value is less than or equal to 9.", "Choose."], "note": []})
    assert faults_of(refusal) == {"days": ["Must be at most 9.", "Choose."], "note": []}
    assert (said_by(refusal), first_fault(refusal)) == ("days: Must be at most 9.", "Must be at most 9.")
    named = Invalid("This cannot be.", fields={"days": ["This field is required."]})
    assert (said_by(named), first_fault(named)) == ("This cannot be.", "Give a value.")
    other = Conflict("Unable to process request: No celery workers running on queue slow.")
    sentence = "No worker takes runs from the queue slow now. Start one, or choose another queue."
    assert (faults_of(other), said_by(other), first_fault(other)) == ({}, sentence, sentence)
    assert faults_of(None) == {}


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (2000, "1.953 KB"), (10 * 2**20, "10 MB"), (101 * 2**20, "101 MB")]
)
def test_sizes_are_named_as_people_do(size: int, words: str) -> None:
    assert size_in_words(size) == words
