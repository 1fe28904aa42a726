"""Preferences are merged key by key."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Invalid
from foureyes.people.preferences import change_preferences
from foureyes.users.models import User


def test_objects_are_merged_and_everything_else_replaced(alice: User, now: datetime) -> None:
    change_preferences(user=alice, changes={"tables": {"jobs": {"columns": ["a", "b"], "size": 50}}, "x": 1}, now=now)
    user = change_preferences(user=alice, changes={"tables": {"jobs": {"columns": ["c"]}}, "x": {"y": None}}, now=now)
    user.refresh_from_db()
    assert user.config_data == {"tables": {"jobs": {"columns": ["c"], "size": 50}}, "x": {"y": None}}


@pytest.mark.parametrize("changes", [[], "text", None, 3])
def test_only_objects_are_taken(alice: User, now: datetime, changes: Any) -> None:
    with pytest.raises(Invalid, match="Preferences are an object"):
        change_preferences(user=alice, changes=changes, now=now)


def test_preferences_are_limited(alice: User, now: datetime) -> None:
    deep: dict[str, Any] = {}
    flat: list[Any] = []
    for _ in range(300):
        deep, flat = {"x": deep}, [flat]
    for changes in ({"x": "y" * 70_000}, deep, {"x": flat}, {"x": ["a\x00"]}, {"x": {"\ud800": 1}}):
        with pytest.raises(Invalid):
            change_preferences(user=alice, changes=changes, now=now)
    alice.refresh_from_db()
    assert alice.config_data == {}
