"""Several changes of one object are one, and there is an end to what is kept."""

import pytest

from foureyes.sandbox.changes import Changed, Collected


def changed(action: str, key: str = "1") -> Changed:
    return Changed(action=action, model="inventory.device", key=key, text=key, fields={})


@pytest.mark.parametrize(
    ("actions", "left"),
    [
        (["create", "update"], ["create"]),
        (["create", "delete"], []),
        (["update", "update"], ["update"]),
        (["update", "delete"], ["delete"]),
        (["delete", "create"], ["update"]),
        (["create", "delete", "create"], ["create"]),
    ],
)
def test_changes_of_one_object_are_one(actions: list[str], left: list[str]) -> None:
    collected = Collected()
    for action in actions:
        collected.add(changed(action))
    assert [one.action for one in collected.all()] == left


def test_too_many_objects_are_counted_and_left_out() -> None:
    collected = Collected(most=2)
    for key in "abcd":
        collected.add(changed("create", key))
    assert ([one.key for one in collected.all()], collected.left_out) == (["a", "b"], 2)
