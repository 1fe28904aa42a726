"""Encrypted inputs."""

from collections.abc import Iterator

import pytest

from foureyes.conf import get_conf
from foureyes.errors import Unavailable
from foureyes.runs.sealing import seal, unseal


@pytest.fixture
def _another_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_SECRET_KEY", "another one")
    get_conf.cache_clear()
    yield
    monkeypatch.undo()
    get_conf.cache_clear()


SEALED_BEFORE = seal({"a": 1})


def test_sealed_inputs_come_back_and_do_not_show() -> None:
    sealed = seal({"password": "hunter2", "n": [1, None]})
    assert b"hunter2" not in sealed
    assert unseal(sealed) == {"password": "hunter2", "n": [1, None]}


@pytest.mark.usefixtures("_another_key")
def test_another_key_cannot_read_them() -> None:
    with pytest.raises(Unavailable, match="signing key has changed"):
        unseal(SEALED_BEFORE)
