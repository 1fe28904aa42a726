"""`foureyes up`: web server, scheduler, worker and notifier below one supervisor, and the word that they work."""

import gc
import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connections

from foureyes.processes.supervisor import Supervisor

READY_SECONDS = 60.0
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not bound

log = structlog.get_logger("foureyes.up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where this machine itself reaches the web server."""

    host: str
    port: int

    @classmethod
    def of(cls, listener: socket.socket) -> "Address":
        """The address of a listening socket; one that listens everywhere is asked on the loopback."""
        host, port = listener.getsockname()[:2]
        return cls(host=WILDCARDS.get(host, host), port=port)

    @property
    def url(self) -> str:
        """For people and programs on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def supervise(*, roles: Mapping[str, Callable[[], None]], address: Address, announce: Callable[[], None]) -> None:
    """Run all roles until a signal says stop; call `announce` once all of them work.

    Raises NotReadyError if they do not come up; everything is ended then.
    """
    _settle_before_forks()
    supervisor = Supervisor(roles=roles, before_fork=_let_go_of_database)
    supervisor.start()
    try:
        if supervisor.wait_until(lambda: works(address), seconds=READY_SECONDS):
            announce()
            supervisor.run()
    finally:
        supervisor.stop()


def works(address: Address) -> bool:
    """Does the web server answer, and do a worker and a scheduler show signs of life?"""
    health = ask_health(address)
    return bool(health.get("workers")) and health.get("scheduler") == "ok"


def ask_health(address: Address) -> dict[str, Any]:
    """The answer of /health/; empty if there is none."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=2)
    try:
        connection.request("GET", "/health/")
        answer = connection.getresponse()
        body = json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else {}
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return body if isinstance(body, dict) else {}


def _settle_before_forks() -> None:
    """What is loaded now is shared with all children; the collector would copy it page by page."""
    if threading.active_count() > 1:
        log.warning(
            "up.threads_before_fork", threads=[thread.name for thread in threading.enumerate()], pid=os.getpid()
        )
    gc.collect()
    gc.freeze()


def _let_go_of_database() -> None:
    """A connection that two processes share would mix their answers."""
    connections.close_all()
