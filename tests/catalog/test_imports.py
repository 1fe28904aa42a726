"""Which files a source needs, by what its text says."""

from pathlib import Path, PurePosixPath

import pytest

from foureyes.catalog.imports import module_file, needed_files


@pytest.fixture
def tree(folder: Path) -> Path:
    for name in [
        "main.py",
        "plain.py",
        "pkg/__init__.py",
        "pkg/a.py",
        "pkg/b.py",
        "pkg/sub/__init__.py",
        "pkg/sub/c.py",
    ]:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (folder / "data.yml").write_text("a: 1")
    (folder / "pkg" / "data.yml").write_text("a: 2")
    return folder


def needed(tree: Path, text: str, file: str = "main.py") -> list[str]:
    found = needed_files(folder=tree, file=PurePosixPath(file), source=text.encode())
    return sorted(str(path) for path in found)


def test_package_stands_before_module_of_the_same_name(tree: Path) -> None:
    (tree / "plain").mkdir()
    (tree / "plain" / "__init__.py").write_text("")
    assert module_file(tree, "plain") == PurePosixPath("plain/__init__.py")
    assert module_file(tree, "nothing") is None


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("import plain", ["plain.py"]),
        ("import yaml, os.path", []),
        ("import pkg.a", ["pkg/__init__.py", "pkg/a.py"]),
        ("from pkg import b", ["pkg/__init__.py", "pkg/b.py"]),
        ("from pkg.sub.c import name", ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/c.py"]),
        ("from pkg import *", ["pkg/__init__.py"]),
        ("def run():\n    import plain", ["plain.py"]),
        ("self.load_yaml('data.yml')", ["data.yml"]),
        ("self.load_json(filename='data.yml')", ["data.yml"]),
        ("self.load_yaml('../jobs/data.yml')", []),
        ("self.load_yaml('/etc/passwd')", []),
        ("self.load_yaml(name)", []),
        ("def broken(:", []),
        ("x = '\0'", []),
    ],
)
def test_absolute_imports_and_named_data(tree: Path, text: str, files: list[str]) -> None:
    assert needed(tree, text) == files


@pytest.mark.parametrize(
    ("file", "text", "files"),
    [
        ("pkg/__init__.py", "from . import a", ["pkg/__init__.py", "pkg/a.py"]),
        ("pkg/a.py", "from .b import x", ["pkg/__init__.py", "pkg/b.py"]),
        ("pkg/sub/c.py", "from ..b import x", ["pkg/__init__.py", "pkg/b.py"]),
        ("pkg/sub/c.py", "from ... import plain", ["plain.py"]),
        ("pkg/sub/c.py", "from .... import plain", []),
        ("pkg/a.py", "self.load_yaml('data.yml')", ["pkg/data.yml"]),
    ],
)
def test_relative_imports_start_at_the_files_package(tree: Path, file: str, text: str, files: list[str]) -> None:
    assert needed(tree, text, file) == files
