"""What constraints are refused, and that stored broken ones match nothing instead of failing."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group

from foureyes.errors import Invalid
from foureyes.models import Job, JobLogEntry, JobResult, ScheduledJob
from foureyes.users import constraints
from foureyes.users.models import ObjectPermission, Token, User
from foureyes.users.permissions import explain, may, restrict, who_may

pytestmark = pytest.mark.django_db
Permit = Callable[..., ObjectPermission]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


GOOD = [
    (None, Job),
    ({}, Job),
    ({"name": "Hello"}, Job),
    ({"pk": str(UUID(int=3))}, Job),
    ([{"name": "Hello"}, {"grouping__in": ["a", "b"], "enabled": True}], Job),
    ({"grouping__iregex": "^(net|sys)"}, Job),
    ({"name__in": []}, Job),
    ({"results__user": "$user"}, Job),
    ({"bundle__isnull": True}, Job),
    ({"created__year__gte": 2026}, Job),
    ({"class_values__name": "x"}, Job),
    ({"job_model__grouping": "Net", "user": "$user"}, JobResult),
    ({"user__in": ["$user"]}, JobResult),
    ({"user__groups__name": "operators"}, JobResult),
    ({"job_result__job_model__job_class_name": "Hello"}, JobLogEntry),
    ({"job_model__job_class_name": "Hello"}, ScheduledJob),
    ({"user": "$user"}, Token),
    ({"user": "$user"}, Group),
]

BROKEN = [
    ({"nosuch": 1}, Job, "`nosuch`"),
    ({"name__nosuch": 1}, Job, "`name__nosuch`"),
    ({"name__": 1}, Job, "`name__`"),
    ({"": 1}, Job, "``"),
    ({"id": "notauuid"}, Job, "`id`"),
    ({"id": 10**30}, Group, "`id`"),
    ({"created__month": 10**30}, Job, "`created__month`"),
    ({"created__year": 10**12}, Job, "`created__year`"),
    ({"enabled": "perhaps"}, Job, "`enabled`"),
    ({"priority": "high"}, Job, "`priority`"),
    ({"priority": "$user"}, Job, "`priority`"),
    ({"priority": {"a": 1}}, Job, "`priority`"),
    ({"priority__in": 3}, Job, "`priority__in`"),
    ({"created": "yesterday"}, Job, "`created`"),
    ({"name__gt": None}, Job, "`name__gt`"),
    ({"bundle__isnull": "yes"}, Job, "`bundle__isnull`"),
    ({"results__nosuch": 1}, Job, "`results__nosuch`"),
    ({"name__regex": "("}, Job, "`name__regex`"),
    ({"name__iregex": "[z-a]"}, Job, "`name__iregex`"),
    ({"name": "a\x00b"}, Job, "`name`"),
    ({"name": "x" * 10_001}, Job, "`name`"),
    ({"name": float("nan")}, Job, "`name`"),
    ({"_negated": True}, Job, "`_negated`"),
    ({"_connector": "XOR"}, Job, "`_connector`"),
    ([{"name": "Hello"}, {"nosuch": 1}], Job, "`nosuch`"),
    ([], Job, "list of such objects"),
    ([{}], Job, "list of such objects"),
    ([{"name": "Hello"}, None], Job, "list of such objects"),
    ("name", Job, "list of such objects"),
    (7, Job, "list of such objects"),
    (True, Job, "list of such objects"),
    ([["name", "Hello"]], Job, "list of such objects"),
    ({"class_values": deep(25)}, Job, "at most 20 levels"),
    ({"class_values": deep(500)}, Job, "at most 20 levels"),
    ([{"name": str(n)} for n in range(101)], Job, "at most 100"),
    ({"name__in": [str(n) for n in range(2001)]}, Job, "more than 2000 values"),
]


@pytest.mark.parametrize(("good", "model"), GOOD)
def test_usable_constraints_are_taken(good: Any, model: Any) -> None:
    constraints.validate(good, models=[model])


@pytest.mark.parametrize(("broken", "model", "named"), BROKEN)
def test_unusable_constraints_are_refused_and_the_field_is_named(broken: Any, model: Any, named: str) -> None:
    with pytest.raises(Invalid) as refusal:
        constraints.validate(broken, models=[model])
    assert list(refusal.value.fields) == ["constraints"]
    assert named in refusal.value.fields["constraints"][0]


def test_every_named_model_must_know_the_fields() -> None:
    constraints.validate({"user": "$user"}, models=[JobResult, ScheduledJob])
    with pytest.raises(Invalid) as refusal:
        constraints.validate({"user": "$user"}, models=[JobResult, Job])
    assert "extras.job:" in refusal.value.message


def storable(value: Any) -> bool:
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return "\\u0000" not in text


@pytest.mark.parametrize(("broken", "model", "named"), [case for case in BROKEN if storable(case[0])])
def test_stored_broken_constraints_match_nothing(
    broken: Any, model: Any, named: str, alice: User, permit: Permit, make_job: Any, make_run: Any
) -> None:
    job = make_job("Hello")
    make_run(job, alice)
    Group.objects.create(name="operators")
    permit(alice, "view", model, constraints=broken)
    found = restrict(model.objects.all(), user=alice, action="view")
    if isinstance(broken, list) and {"name": "Hello"} in broken:
        assert list(found) == [job]  # the usable alternative still holds
        return
    if "at most 100" in named or "more than" in named:
        return  # usable, only larger than what is taken today
    row = model.objects.first()
    assert list(found) == []
    assert found.count() == 0
    assert not may(alice, "view", model, row)
    assert not explain(alice, "view", row).allowed
    assert alice not in who_may("view", row)


def test_the_users_own_transaction_survives_a_broken_constraint(alice: User, permit: Permit, make_job: Any) -> None:
    make_job("Hello")
    permit(alice, "view", Job, constraints={"name__regex": "(?"})
    assert list(restrict(Job.objects.all(), user=alice, action="view")) == []
    assert Job.objects.count() == 1
