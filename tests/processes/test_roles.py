"""One role alone, as an installation with several machines runs them."""

import contextlib
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import PATIENCE_SECONDS, environment, own_database, until

from foureyes.processes.installation import Address, ask_health

pytestmark = pytest.mark.processes


def free_port() -> int:
    """One below those that the system gives to whoever asks for any: nobody else takes it before it is used."""
    while True:
        port = random.randrange(20_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def test_roles_started_alone_make_an_installation_together(tmp_path: Path) -> None:
    address = Address(host="127.0.0.1", port=free_port())
    with own_database(f"foureyes_roles_{os.getpid()}") as url:
        variables = environment(FOUREYES_DATABASE_URL=url, FOUREYES_DATA_DIR=str(tmp_path / "data"))
        command = [sys.executable, "-m", "foureyes"]
        subprocess.run([*command, "migrate"], env=variables, check=True, capture_output=True)
        roles = [["web", "--port", str(address.port)], ["worker", "--queue", "default"], ["scheduler"], ["notifier"]]
        with (tmp_path / "log").open("wb") as log:
            started = [subprocess.Popen([*command, *role], env=variables, stdout=log, stderr=log) for role in roles]
        try:
            everything = {"database": "ok", "workers": 1, "scheduler": "ok"}
            until(lambda: ask_health(address) == everything, what="web, worker and scheduler work")
            said = (tmp_path / "log").read_text
            until(lambda: "notifier.started" in said(), what="the notifier works")
            for process in started:
                process.terminate()
            assert [process.wait(PATIENCE_SECONDS) for process in started] == [0, 0, 0, 0]
        finally:
            for process in started:
                process.kill()
