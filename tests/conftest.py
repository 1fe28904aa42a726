"""The fixed cast and the clock of the tests: alice requests, bob and carol approve, dave sees nothing."""

import atexit
import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import django
import hypothesis
import pytest


def _use_temporary_data_folder() -> None:
    """Tests never touch a data folder that somebody needs: one outside the temporary folder is not used."""
    root = Path(tempfile.gettempdir()).resolve()
    named = os.environ.get("FOUREYES_DATA_DIR")
    if not named or root not in Path(named).resolve().parents:
        folder = tempfile.mkdtemp(prefix="foureyes-tests-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["FOUREYES_DATA_DIR"] = folder


# A busy machine is slow: how long an example takes is no matter of the tests.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

# A shell's background job ignores SIGINT, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest-django would load the settings before this file if they were named in pyproject.toml, and with them the data
# folder; so they are named here.
_use_temporary_data_folder()
os.environ["DJANGO_SETTINGS_MODULE"] = "foureyes.settings"
django.setup()

from django.db import connection  # noqa: E402 - after the settings

from foureyes.users.models import User  # noqa: E402 - after the settings


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each process of a parallel run makes a data folder of its own."""
    os.environ.pop("FOUREYES_DATA_DIR")
    os.environ.pop("DJANGO_SETTINGS_MODULE")


WITHOUT_DATABASE = ("triggers", "jobs", "architecture")  # packages that import no Django, and the shape of the source


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what shows the same there: it has run on SQLite."""
    if connection.vendor == "sqlite":
        return
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in WITHOUT_DATABASE or item.get_closest_marker("any_database"):
            item.add_marker(pytest.mark.skip(reason="the same on every database; it runs on SQLite"))


@pytest.fixture
def now() -> datetime:
    """One reading of the clock for a whole test."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _person(name: str, *, superuser: bool = False) -> User:
    return User.objects.create(username=name, is_superuser=superuser, is_staff=superuser)


@pytest.fixture
def admin(db: None) -> User:
    return _person("admin", superuser=True)


@pytest.fixture
def alice(db: None) -> User:
    return _person("alice")


@pytest.fixture
def bob(db: None) -> User:
    return _person("bob")


@pytest.fixture
def carol(db: None) -> User:
    return _person("carol")


@pytest.fixture
def dave(db: None) -> User:
    return _person("dave")
