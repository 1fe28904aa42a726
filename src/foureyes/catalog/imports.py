"""Reads Python source, without running it, for the files of a folder that it needs."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

LOADERS = frozenset({"load_yaml", "load_json"})


def module_file(folder: Path, module: str) -> PurePosixPath | None:
    """The file, relative to the folder, that `import module` would read there; None if there is none."""
    base = PurePosixPath(*module.split("."))
    for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
        if (folder / candidate).is_file():
            return candidate
    return None


def files_of_import(folder: Path, module: str) -> set[PurePosixPath]:
    """The files that `import module` reads there: the module's own, and those of the packages around it."""
    found = {module_file(folder, name) for name in _with_parents([module])}
    return {path for path in found if path}


def needed_files(*, folder: Path, file: PurePosixPath, source: bytes) -> set[PurePosixPath]:
    """The files of the folder that this one imports or loads as data, by what its text says.

    Text that is no Python needs nothing: what is wrong with it shows when it is imported.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    modules = _with_parents(_imported_modules(tree, package=_package_of(file)))
    found = {module_file(folder, module) for module in modules}
    found |= {_data_file(folder, file, name) for name in _loaded_names(tree)}
    return {path for path in found if path}


def _package_of(file: PurePosixPath) -> tuple[str, ...]:
    """The package that relative imports of this file start from: its folder, for a package's own file too."""
    return file.parent.parts


def _imported_modules(tree: ast.AST, *, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = _start_of(node, package)
            if start is not None:
                yield ".".join(start)
                # `from package import name`: the name may be a module of the package.
                yield from (".".join([*start, alias.name]) for alias in node.names)


def _start_of(node: ast.ImportFrom, package: tuple[str, ...]) -> list[str] | None:
    """The module that a `from` names, as parts; None if it climbs out of the folder."""
    named = node.module.split(".") if node.module else []
    if not node.level:
        return named
    up = node.level - 1
    return None if up > len(package) else [*package[: len(package) - up], *named]


def _with_parents(modules: Iterable[str]) -> set[str]:
    """Importing `a.b.c` runs `a` and `a.b` too."""
    found = set()
    for module in modules:
        parts = [part for part in module.split(".") if part and part != "*"]
        found |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return found


def _loaded_names(tree: ast.AST) -> Iterator[str]:
    """Names in `self.load_yaml("name")`, where they stand there literally."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOADERS:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str))


def _data_file(folder: Path, file: PurePosixPath, name: str) -> PurePosixPath | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        return None
    candidate = file.parent / path
    return candidate if (folder / candidate).is_file() else None
