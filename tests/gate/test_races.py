"""Two people, or a person and the scheduler, at the same moment (gate G24): real processes on the real database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

ROUNDS = os.environ.get("FOUREYES_RACE_ROUNDS", "20")
START = "import sys, django; django.setup(); from tests.gate import arena; arena.main(int(sys.argv[1]))"
ROOT = Path(__file__).parents[2]
NAME = f"foureyes_races_{os.getpid()}"
PAIRS = [
    "approve x approve",
    "approve x deny",
    "approve x withdraw",
    "approve x expire",
    "approve x edit",
    "approve x fire",
    "approve x source",
    "deny x fire",
    "edit x fire",
    "source x fire",
    "fire x fire",
    "ask x ask",
]


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A database of their own for the processes; empty: SQLite in a file of the data folder."""
    if connection.vendor != "postgresql":
        yield ""
        return
    place = settings.DATABASES["default"]
    login = {"host": place["HOST"], "port": place["PORT"] or 5432, "user": place["USER"], "password": place["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **login) as server:
        server.execute(f'CREATE DATABASE "{NAME}"')
        yield f"postgresql://{login['user']}:{login['password']}@{login['host']}:{login['port']}/{NAME}"
        server.execute(f'DROP DATABASE "{NAME}" WITH (FORCE)')


@pytest.fixture(scope="module")
def told(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the arena tells of all its rounds."""
    folder = tmp_path_factory.mktemp("races")
    place = {"FOUREYES_DATABASE_URL": database_url, "FOUREYES_DATA_DIR": str(folder)}
    place["DJANGO_SETTINGS_MODULE"] = "foureyes.settings"
    command = [sys.executable, "-c", START, ROUNDS]
    done = subprocess.run(command, env=os.environ | place, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(max(600, 10 * int(ROUNDS)))  # the first waits for all rounds
@pytest.mark.parametrize("pair", PAIRS)
def test_both_at_once_end_as_one_after_the_other(told: dict[str, Any], pair: str) -> None:
    assert told[pair]["wrong"] == [], told[pair]["ways"]
    assert sum(told[pair]["ways"].values()) == int(ROUNDS)


def test_every_pair_was_tried(told: dict[str, Any]) -> None:
    assert list(told) == PAIRS
