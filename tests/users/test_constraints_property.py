"""Whatever JSON is sent as constraints is taken or refused, and what is taken can be asked of the database."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foureyes.errors import Invalid
from foureyes.models import Job, JobResult
from foureyes.users.constraints import condition, validate
from foureyes.users.models import User

MODELS: list[type[Model]] = [Job, JobResult, User, Group]
PATHS = [
    "pk",
    "id",
    "name",
    "user",
    "user__username",
    "created",
    "groups__name",
    "config_data",
    "config_data__a",
    "_negated",
]
PATHS += ["is_active", "priority", "job_model__slug", "class_values__name", "password", "nothing", "", "pk__pk", "\x00"]
COMPARISONS = [
    "",
    "__in",
    "__regex",
    "__iregex",
    "__pattern",
    "__icontains",
    "__gt",
    "__lte",
    "__range",
    "__isnull",
    "__year",
]
COMPARISONS += [
    "__date",
    "__contains",
    "__has_key",
    "__contained_by",
    "__search",
    "__trigram_similar",
    "__exact",
    "__x",
]
TEXTS = ["$user", "", "a", "(a+)+$", "[", "\x00", "2030-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9" * 400]
LEAVES = st.sampled_from([*TEXTS, 0, -1, 2**63, 10**400, 0.5, 1e308, float("inf"), True, None])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PATHS), inner, max_size=2),
    max_leaves=4,
)
LOOKUPS = st.builds("".join, st.tuples(st.sampled_from(PATHS), st.sampled_from(COMPARISONS)))
ALTERNATIVE = st.dictionaries(LOOKUPS, VALUES, max_size=2)


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ALTERNATIVE | st.lists(ALTERNATIVE, max_size=3) | VALUES, st.sampled_from(MODELS))
def test_any_constraints_are_taken_or_refused(alice: User, constraints: Any, model: type[Model]) -> None:
    try:
        validate(constraints, models=[model])
    except Invalid:
        return
    if constraints:
        list(model._base_manager.filter(condition(constraints, model=model, user_id=alice.pk))[:3])
