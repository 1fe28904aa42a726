"""Loads a job's module: from its folder and from nothing else of the jobs, or from an installed package."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from foureyes.jobs.describe import is_job_class
from foureyes.jobs.job import Job


class SourceError(Exception):
    """The source is not what was asked for."""


def load_module(module: str, folder: str | None) -> ModuleType:
    """The module, freshly imported. Whatever the author's code raises comes through."""
    if folder is None:
        return importlib.import_module(module)
    path = module_path(Path(folder), module)
    _refuse_hiding(module, path)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True  # folders of bundles hold what was approved and nothing else
    found = importlib.import_module(module)
    if Path(found.__file__ or "") != path:
        raise SourceError(f"{module} was loaded from {found.__file__} instead of {path}")
    return found


def module_path(folder: Path, module: str) -> Path:
    """The file of a module or package at the top of the folder."""
    for path in (folder / module / "__init__.py", folder / f"{module}.py"):
        if path.is_file():
            return path
    raise SourceError(f"There is no file {module}.py")


def _refuse_hiding(module: str, path: Path) -> None:
    if module in sys.modules or module in sys.stdlib_module_names:
        raise SourceError(f"{path.name} hides the module {module!r} that Python or Foureyes needs; rename it")


def find_job(module: ModuleType, class_name: str) -> type[Job]:
    """The job class of that name."""
    found: object = getattr(module, class_name, None)
    if not is_job_class(found):
        raise SourceError(f"There is no job {class_name} in {module.__name__}")
    return found


def job_classes(module: ModuleType) -> list[type[Job]]:
    """The jobs of a module: those it defines, and those that its list `jobs` names. Names with `_` are private."""
    own = [value for value in vars(module).values() if is_job_class(value) and _belongs(value, module)]
    listed = getattr(module, "jobs", ())
    named = [value for value in listed if is_job_class(value)] if isinstance(listed, list | tuple) else []
    return [value for value in dict.fromkeys([*own, *named]) if not value.__name__.startswith("_")]


def _belongs(value: type, module: ModuleType) -> bool:
    return value.__module__ == module.__name__ or value.__module__.startswith(module.__name__ + ".")


def grouping_of(module: ModuleType) -> str:
    """The module's constant `name`, else its own name."""
    name = getattr(module, "name", None)
    return name if isinstance(name, str) and name else module.__name__


def loaded_files(folder: str) -> list[str]:
    """The files of the folder that are loaded now."""
    root = Path(folder)
    files = {Path(file) for module in list(sys.modules.values()) if isinstance(file := _file(module), str)}
    return sorted(str(file) for file in files if file.is_relative_to(root))


def _file(module: ModuleType | None) -> object:
    return getattr(module, "__file__", None)
