"""The form of the server's own log lines: an event name and ids, for people or as JSON, always on standard error.

Lines of libraries, which use the standard library's logging, come out in the same form.
"""

import logging
import sys
from typing import Any

import structlog

from foureyes.conf import Conf

# Warnings of these say that a client was answered 4xx, which the client knows.
ONLY_ERRORS = ("django.request", "django.security")
# An error with a traceback, and all it says is the same: anybody who reaches the port can send a wrong name of a host.
NOTHING = ("django.security.DisallowedHost",)


def set_up_log(conf: Conf) -> None:
    """Send every log line of this process, and of those forked from it, where `conf` says in its form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(conf)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if conf.debug else logging.INFO)
    for name in ONLY_ERRORS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in NOTHING:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _rendering(conf: Conf) -> list[Any]:
    if conf.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
