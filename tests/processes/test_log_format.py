"""The server's log: what clients did wrong is their business."""

import logging
from collections.abc import Iterator

import pytest
from django.core.wsgi import get_wsgi_application

from foureyes.conf import get_conf
from foureyes.processes.log_format import NOTHING, ONLY_ERRORS, set_up_log


@pytest.fixture
def _as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (None, "asyncio", *ONLY_ERRORS, *NOTHING)]
    before = [(one, one.level, one.handlers[:]) for one in loggers]
    yield
    for one, level, handlers in before:
        one.setLevel(level)
        one.handlers[:] = handlers


@pytest.mark.usefixtures("_as_before")
def test_what_clients_did_wrong_is_not_in_the_log() -> None:
    set_up_log(get_conf())
    get_wsgi_application()  # sets Django up once more, which would take back what was set up
    assert not logging.getLogger("django.request").isEnabledFor(logging.WARNING)
    assert not logging.getLogger("django.security.csrf").isEnabledFor(logging.WARNING)
    assert not logging.getLogger("django.security.DisallowedHost").isEnabledFor(logging.ERROR)
    assert logging.getLogger("django.request").isEnabledFor(logging.ERROR)
