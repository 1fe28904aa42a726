"""The web server process: one granian server inside one Python process, on a socket that is already listening."""

import asyncio
import os
import signal
import socket
import sys
import threading
from typing import Any, NoReturn

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from foureyes.processes.patience import limit_statements

# Answers under way have so long to end after the signal to stop; open streams never end by themselves.
STOP_SECONDS = 1.5
BACKLOG = 1024


def listen(*, host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError if the address is taken.

    Made before any process is forked: a restarted web server finds it open, and no connection is refused meanwhile.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: an event must not wait 40 ms for the reader's word that it has the one before.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(Server):
    """Takes over a listening socket. The server's own ones share their port silently with any other of this user."""

    def __init__(self, listener: socket.socket, application: Any) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            application,
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            log_level=LogLevels.error,
            websockets=False,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder  # the package's type hints lack its parameters
        self._shd = holder(self._listener.fileno(), False, BACKLOG)


async def _serve(listener: socket.socket, application: Any) -> None:
    server = _Server(listener, application)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)
    await server.serve()


def _stop(server: _Server) -> None:
    deadline = threading.Timer(STOP_SECONDS, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()
    server.stop()  # type: ignore[no-untyped-call]  # the package has no complete type hints


def serve(*, listener: socket.socket, application: Any) -> NoReturn:
    """Answer requests with the ASGI application until SIGTERM or SIGINT, which end the process."""
    limit_statements()
    asyncio.run(_serve(listener, application))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # the server's native threads outlive it: Python's own end aborts when one of them comes back
