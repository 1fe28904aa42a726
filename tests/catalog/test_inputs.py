"""What a person gives to a job, checked and made canonical."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from foureyes.catalog.inputs import InvalidInputs, clean_inputs, runtime_values
from foureyes.jobs.variables import (
    BooleanVar,
    ChoiceVar,
    FileVar,
    IntegerVar,
    IPAddressVar,
    MultiChoiceVar,
    MultiObjectVar,
    ObjectVar,
    StringVar,
    TextVar,
    Variable,
)
from foureyes.models import InputFile, Job
from foureyes.users.models import User

VARIABLES: dict[str, Variable] = {
    "s": StringVar(min_length=2),
    "t": TextVar(required=False, default="some\ntext"),
    "i": IntegerVar(),
    "b": BooleanVar(default=True),
    "c": ChoiceVar(choices=(("red", "Red"), ("green", "Green"))),
    "m": MultiChoiceVar(choices=(("a", "A"), ("b", "B")), required=False),
    "o": ObjectVar(model="auth.group", required=False),
    "mo": MultiObjectVar(model="auth.group", required=False),
    "u": ObjectVar(model="users.user", required=False),
    "f": FileVar(required=False),
    "ip": IPAddressVar(required=False),
}
GOOD = {"s": "hello", "i": 3, "c": "red"}
EMPTY = {"t": "", "b": False, "m": [], "o": None, "mo": [], "u": None, "f": None, "ip": None}


@pytest.fixture
def job(make_job: Any) -> Job:
    row: Job = make_job(variables=[variable.spec(name) for name, variable in VARIABLES.items()])
    return row


def cleaned(job: Job, user: User, now: datetime, data: Any, **files: InputFile) -> dict[str, Any]:
    return clean_inputs(job=job, data=data, files=files, user=user, now=now)


def errors(job: Job, user: User, now: datetime, data: Any) -> Any:
    with pytest.raises(InvalidInputs) as refused:
        cleaned(job, user, now, data)
    return refused.value.errors


def test_every_variable_is_present_and_defaults_are_not_filled_in(job: Job, alice: User, now: datetime) -> None:
    assert cleaned(job, alice, now, GOOD) == {**EMPTY, **GOOD}


def test_values_are_canonical(job: Job, alice: User, now: datetime) -> None:
    operators = Group.objects.create(name="operators")
    data = {**GOOD, "i": "3", "m": ["a"], "o": operators.pk, "mo": [str(operators.pk)], "ip": "10.0.0.1", "b": "x"}
    canonical = cleaned(job, alice, now, data)
    assert (canonical["i"], canonical["m"], canonical["b"]) == (3, ["a"], True)
    assert (canonical["o"], canonical["mo"], canonical["ip"]) == (operators.pk, [operators.pk], "10.0.0.1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([1, 2], ["Job data needs to be a dict"]),
        (None, ["Job data needs to be a dict"]),
        ({**GOOD, "zz": 1, "i": "abc"}, {"zz": ["Job data contained an unknown property"]}),
        ({**GOOD, "s": None}, ["s is a required field"]),
        ({}, {name: ["This field is required."] for name in ("s", "i", "c")}),
        (
            {"s": "h", "i": "abc"},
            {
                "s": ["Ensure this value has at least 2 characters (it has 1)."],
                "i": ["Enter a whole number."],
                "c": ["This field is required."],
            },
        ),
        ({**GOOD, "m": ["z"]}, {"m": ["Select a valid choice. z is not one of the available choices."]}),
        ({**GOOD, "u": "zz"}, ["“zz” is not a valid UUID."]),
    ],
)
def test_errors_have_the_shapes_of_the_wire(job: Job, alice: User, now: datetime, data: Any, expected: Any) -> None:
    assert errors(job, alice, now, data) == expected


def test_null_is_fine_for_what_is_not_required(job: Job, alice: User, now: datetime) -> None:
    assert cleaned(job, alice, now, {**GOOD, "o": None, "t": None, "b": None}) == {**EMPTY, **GOOD}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("o", 999999, "There is no group with the id 999999."),
        ("o", 2**70, f"There is no group with the id {2**70}."),
        ("o", "nope", "“nope” value must be an integer."),
        ("o", {"name": "nope"}, "No groups fit this lookup."),
        ("o", {"nosuch": 1}, "A group cannot be looked up by nosuch with this value."),
        ("o", {"user__password__startswith": "p"}, "A group cannot be looked up by user__password__startswith"),
        ("o", {"permissions": 1}, "A group cannot be looked up by permissions with this value."),
        ("o", {"name__regex": "(a+)+$"}, "A group cannot be looked up by name__regex with this value."),
        ("o", {"name": ["x"]}, "A group cannot be looked up by name with this value."),
        ("o", {"name": "\0"}, "A group cannot be looked up by name with this value."),
        ("o", {"id": "abc"}, "A value of this lookup does not fit a group."),
        ("o", {"name__contains": "op"}, "Several groups fit this lookup."),
        ("o", [1], "is not a valid value."),
        ("mo", [999999, 999998], "There is no group with the id 999999 or 999998."),
        ("mo", "x", "Enter a list of values."),
        ("u", {"password__startswith": "pbkdf2"}, "A user cannot be looked up by password__startswith"),
        ("u", {"date_joined": "never"}, "A value of this lookup does not fit a user."),
        ("f", "00000000-0000-4000-8000-000000000000", "There is no uploaded file with this id."),
    ],
)
def test_what_cannot_be_found_is_told_by_variable(
    job: Job, alice: User, now: datetime, variable: str, value: Any, sentence: str
) -> None:
    Group.objects.create(name="operators")
    Group.objects.create(name="op")
    told = errors(job, alice, now, {**GOOD, variable: value})
    assert list(told) == [variable]
    assert sentence in told[variable][0]


@pytest.mark.parametrize("lookup", [{"name": "operators"}, {"name__iexact": "OPERATORS"}, {"name__in": ["operators"]}])
def test_a_lookup_that_fits_one_row_names_it(job: Job, alice: User, now: datetime, lookup: dict[str, Any]) -> None:
    operators = Group.objects.create(name="operators")
    Group.objects.create(name="others")
    assert cleaned(job, alice, now, {**GOOD, "o": lookup})["o"] == operators.pk


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nosuch.model", "There are no objects of the type “nosuch.model” here."),
        ("rubbish", "There are no objects of the type “rubbish” here."),
        ("users.token", "Objects of the type “users.token” are not given to jobs."),
        ("sessions.session", "Objects of the type “sessions.session” are not given to jobs."),
    ],
)
def test_unknown_and_secret_types_are_refused(
    make_job: Any, alice: User, now: datetime, model: str, sentence: str
) -> None:
    job = make_job(variables=[ObjectVar(model=model).spec("o")])
    assert errors(job, alice, now, {"o": 1}) == {"o": [sentence]}


def upload(user: User, now: datetime) -> InputFile:
    return InputFile.objects.create(name="hosts.csv", sha256="0" * 64, size=3, user=user, created=now)


def test_an_upload_is_named_by_its_id(job: Job, alice: User, now: datetime) -> None:
    file = upload(alice, now)
    assert cleaned(job, alice, now, GOOD, f=file)["f"] == str(file.pk)
    assert cleaned(job, alice, now, {**GOOD, "f": str(file.pk)})["f"] == str(file.pk)


def test_uploads_for_no_file_variable_are_left_alone(job: Job, alice: User, now: datetime) -> None:
    assert cleaned(job, alice, now, GOOD, s=upload(alice, now), nosuch=upload(alice, now)) == {**EMPTY, **GOOD}


def test_nobody_names_the_upload_of_somebody_else(job: Job, alice: User, dave: User, now: datetime) -> None:
    told = errors(job, alice, now, {**GOOD, "f": str(upload(dave, now).pk)})
    assert told == {"f": ["There is no uploaded file with this id."]}


def test_a_job_without_database_receives_copies_of_rows(job: Job, alice: User, now: datetime) -> None:
    operators = Group.objects.create(name="operators")
    file = upload(alice, now)
    values = {**EMPTY, **GOOD, "o": operators.pk, "mo": [operators.pk], "u": str(alice.pk), "f": str(file.pk)}
    inputs = runtime_values(job=job, values=values)
    assert inputs.values == values
    assert inputs.files == {"f": file}
    copy = {
        "model": "auth.group",
        "pk": operators.pk,
        "display": "operators",
        "url": None,
        "fields": {"id": operators.pk, "name": "operators"},
    }
    assert inputs.snapshots["o"] == copy
    assert inputs.snapshots["mo"] == [copy]
    user = inputs.snapshots["u"]
    assert isinstance(user, dict)
    assert user["fields"]["username"] == "alice"
    assert "password" not in user["fields"]


def test_copies_show_what_a_row_points_at(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(variables=[ObjectVar(model="extras.inputfile").spec("o")])
    snapshot = runtime_values(job=job, values={"o": str(upload(alice, now).pk)}).snapshots["o"]
    assert isinstance(snapshot, dict)
    assert snapshot["fields"]["user"]["display"] == "alice"
    assert snapshot["fields"]["user_id"] == str(alice.pk)
    assert snapshot["fields"]["created"] == now.isoformat()


def test_a_job_with_database_looks_its_rows_up_itself(make_job: Any, db: None) -> None:
    job = make_job(variables=[ObjectVar(model="auth.group").spec("o")], uses_database=True)
    assert runtime_values(job=job, values={"o": 1}).snapshots == {}


def test_what_is_gone_at_the_start_is_told(job: Job) -> None:
    with pytest.raises(InvalidInputs) as refused:
        runtime_values(job=job, values={**EMPTY, **GOOD, "o": 999999, "mo": [1, 999998]})
    assert refused.value.errors == {
        "o": ["No longer there: group 999999."],
        "mo": ["No longer there: group 1, 999998."],
    }


def test_many_objects_cost_a_query_for_each_five_hundred(
    make_job: Any, alice: User, now: datetime, django_assert_num_queries: Any
) -> None:
    job = make_job(variables=[MultiObjectVar(model="auth.group").spec("mo")])
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(600))
    keys = list(Group.objects.order_by("pk").values_list("pk", flat=True))
    with django_assert_num_queries(2):
        assert cleaned(job, alice, now, {"mo": keys})["mo"] == keys
    with django_assert_num_queries(2):
        runtime_values(job=job, values={"mo": keys})
