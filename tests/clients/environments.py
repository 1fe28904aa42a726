"""Virtual environments with one client each, made once and kept in `.venv-clients` for later runs of the tests."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
FOLDER = TREE / ".venv-clients"


def python_with(name: str) -> Path:
    """The interpreter of the environment that `requirements/<name>.txt` describes.

    Without a package index the test is skipped, unless FOUREYES_REQUIRE_SERVICES=1 asks for everything.
    """
    requirements = TREE / "requirements" / f"{name}.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    place, stamp = FOLDER / name, FOLDER / f"{name}.made"
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the processes of a parallel run make it once
        if not stamp.exists() or stamp.read_text() != wanted:
            _make(place, requirements)
            stamp.write_text(wanted)
    return place / "bin" / "python"


def _make(place: Path, requirements: Path) -> None:
    install = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [*install, "--require-hashes", "-r", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = f"{requirements.name} cannot be installed: {done.stderr.strip().splitlines()[-1]}"
            if os.environ.get("FOUREYES_REQUIRE_SERVICES") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
