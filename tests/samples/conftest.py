"""Loads a sample job from its file, as an author's own unit tests would."""

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from foureyes.bootstrap.folders import SAMPLES


@pytest.fixture
def sample() -> Callable[[str], ModuleType]:
    """The module of a sample file by its name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"sample_{name}", SAMPLES / f"{name}.py")
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
