"""The gated job and the people of the approvals' tests."""

from tests.approvals.conftest import *  # noqa: F403 - fixtures
