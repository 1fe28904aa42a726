"""Whatever simple constraints say: the database finds the rows that a plain loop over them finds."""

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foureyes.models import Job
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget, restrict

WORDS = ["net", "Net", "sys", "a_b", "100%", "back\\slash", ""]
FIELDS = st.fixed_dictionaries(
    {"grouping": st.sampled_from(WORDS), "priority": st.integers(-2, 2), "hidden": st.booleans()}
)
LOOKUPS = {
    "grouping": lambda row, value: row.grouping == value,
    "grouping__in": lambda row, value: row.grouping in value,
    "grouping__icontains": lambda row, value: value.lower() in row.grouping.lower(),
    "priority": lambda row, value: row.priority == value,
    "priority__gte": lambda row, value: row.priority >= value,
    "priority__lt": lambda row, value: row.priority < value,
    "priority__in": lambda row, value: row.priority in value,
    "hidden": lambda row, value: row.hidden is value,
    "bundle__isnull": lambda row, value: (row.bundle_id is None) is value,
}
ALTERNATIVE = st.fixed_dictionaries(
    {},
    optional={
        "grouping": st.sampled_from(WORDS),
        "grouping__in": st.lists(st.sampled_from(WORDS), max_size=3),
        "grouping__icontains": st.sampled_from(WORDS),
        "priority": st.integers(-3, 3),
        "priority__gte": st.integers(-3, 3),
        "priority__lt": st.integers(-3, 3),
        "priority__in": st.lists(st.integers(-3, 3), max_size=3),
        "hidden": st.booleans(),
        "bundle__isnull": st.booleans(),
    },
).filter(bool)
CONSTRAINTS = st.none() | ALTERNATIVE | st.lists(ALTERNATIVE, min_size=1, max_size=3)


def fits(row: Job, constraints: Any) -> bool:
    if constraints is None:
        return True
    alternatives = constraints if isinstance(constraints, list) else [constraints]
    return any(all(LOOKUPS[key](row, value) for key, value in each.items()) for each in alternatives)


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(FIELDS, max_size=5), permissions=st.lists(CONSTRAINTS, max_size=3))
def test_restrict_equals_a_plain_loop(alice: User, now: Any, rows: list[Any], permissions: list[Any]) -> None:
    Job.objects.all().delete()
    ObjectPermission.objects.all().delete()
    forget(alice)
    jobs = [
        Job.objects.create(
            source="local", module_name="m", job_class_name=f"J{n}", slug=f"j{n}", name=f"J{n}",
            created=now.date(), last_updated=now, **row,
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip
    for constraints in permissions:
        permission = ObjectPermission.objects.create(name="p", actions=["view"], constraints=constraints)
        permission.users.add(alice)
        permission.object_types.add(ContentType.objects.get_for_model(Job))
    expected = {job.pk for job in jobs if any(fits(job, constraints) for constraints in permissions)}
    found = list(restrict(Job.objects.all(), user=alice, action="view").values_list("pk", flat=True))
    assert len(found) == len(set(found))
    assert set(found) == expected
