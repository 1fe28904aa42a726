"""The fixed cast and the clock of the tests: alice requests, bob and carol approve, dave sees nothing."""

import os
import tempfile
from datetime import UTC, datetime

os.environ.setdefault("FOUREYES_DATA_DIR", tempfile.mkdtemp(prefix="foureyes-tests-"))

import pytest

from foureyes.users.models import User


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
