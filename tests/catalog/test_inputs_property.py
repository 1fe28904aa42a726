"""Whatever JSON a person sends for a variable is taken or refused; what is taken can be stored and given to the job."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foureyes.catalog.inputs import InvalidInputs, clean_inputs
from foureyes.jobs.variables import (
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
    Variable,
)
from foureyes.models import Job
from foureyes.users.models import User

VARIABLES: list[Variable] = [
    StringVar(regex="^[a-z]+$"),
    TextVar(),
    IntegerVar(min_value=-5),
    BooleanVar(),
    ChoiceVar(choices=(("1", "One"), ("two", "Two"))),
    MultiChoiceVar(choices=(("1", "One"), ("two", "Two"))),
    DateVar(),
    DateTimeVar(),
    JSONVar(),
    IPAddressVar(),
    IPAddressWithMaskVar(),
    IPNetworkVar(min_prefix_length=8),
    ObjectVar(model="users.user"),
    ObjectVar(model="auth.group"),
    MultiObjectVar(model="auth.group"),
    FileVar(),
]
KINDS = [f"{type(variable).__name__}{number}" for number, variable in enumerate(VARIABLES)]
ODD = [
    "",
    " ",
    "\x00",
    "\ud800",
    "１２",
    "1e5",
    "0x10",
    "10.0.0.0/8",
    "fe80::1%eth0",
    "::/0",
    "9999-12-31T23:59:59-14:00",
]
ODD += ["2030-02-30", "2030-W01-1", "nan", "[" * 500, '{"a": NaN}', "name__regex", "1" * 400]
NUMBERS = [0, -1, 2**63, -(2**63) - 1, 10**400, 0.5, 1e308, float("nan"), float("inf"), True, None]
LEAVES = st.sampled_from([*ODD, *NUMBERS]) | st.text(max_size=8) | st.integers() | st.floats()
KEYS = st.sampled_from(["name", "pk", "id__gt", "password", "groups__name", "_negated", "\x00"]) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@pytest.fixture
def jobs(make_job: Any) -> list[Job]:
    return [make_job(kind, variables=[variable.spec("v")]) for kind, variable in zip(KINDS, VARIABLES, strict=True)]


@settings(
    max_examples=120,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VALUES)
def test_any_value_is_taken_or_refused(jobs: list[Job], alice: User, now: datetime, value: Any) -> None:
    for job, variable in zip(jobs, VARIABLES, strict=True):
        try:
            cleaned = clean_inputs(job=job, data={"v": value}, files={}, user=alice, now=now)["v"]
        except InvalidInputs:
            continue
        json.dumps(cleaned, allow_nan=False).encode()
        assert "\\u0000" not in json.dumps(cleaned)
        if not isinstance(variable, FileVar):
            variable.load(cleaned)
