"""Rules of the structure that the import contracts cannot see."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "foureyes"
WRITERS = {"save", "create", "bulk_create", "update", "bulk_update", "update_or_create", "get_or_create", "delete"}


def calls(*places: str) -> Iterator[tuple[Path, ast.Call]]:
    for place in places:
        root = SOURCE / place
        for file in [root] if root.suffix else sorted(root.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call):
                    yield file.relative_to(SOURCE), node


def chain(node: ast.expr) -> list[str]:
    """`Model.objects.filter(...).update` as its names from right to left."""
    names = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return [*names, node.id] if isinstance(node, ast.Name) else names


def test_interfaces_never_write_rows() -> None:
    found = [
        f"{file}:{call.lineno}"
        for file, call in calls("api", "web", "cli")
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS and "objects" in chain(call.func)
    ]
    assert found == []


def test_only_enqueue_creates_runs() -> None:
    found = {
        str(file)
        for file, call in calls(".")
        if (isinstance(call.func, ast.Name) and call.func.id == "JobResult")
        or (chain(call.func)[-3:] == ["create", "objects", "JobResult"])
        or (chain(call.func)[:1] == ["bulk_create"] and "JobResult" in chain(call.func))
    }
    assert found <= {"runs/enqueue.py"}


def test_states_move_only_in_a_lifecycle() -> None:
    found = [
        f"{file}:{call.lineno}"
        for file, call in calls(".")
        if chain(call.func)[:1] == ["update"]
        and {"status", "state"} & {word.arg for word in call.keywords}
        and file.name != "lifecycle.py"
        and "migrations" not in file.parts
    ]
    assert found == []


def test_bodies_are_read_by_the_parsers_of_the_wire_only() -> None:
    found = [
        str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if "rest_framework.parsers" in file.read_text()
    ]
    assert found == ["api/wire/parsers.py"]
