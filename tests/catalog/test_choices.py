"""Choices that a function gives."""

import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foureyes import conf
from foureyes.catalog import choices
from foureyes.catalog.choices import choices_of, variables_with_choices
from foureyes.catalog.discover import Discovery
from foureyes.catalog.inputs import InvalidInputs, clean_inputs
from foureyes.errors import Unavailable
from foureyes.models import Job
from foureyes.users.models import User

pytestmark = pytest.mark.django_db

TEXT = """
    from pathlib import Path
    from foureyes.jobs import ChoiceVar, Job

    def hosts():
        print("asking")
        {body}

    class Ping(Job):
        host = ChoiceVar(choices=hosts)
        how = ChoiceVar(choices=(("icmp", "ICMP"),), required=False)

        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return data["host"]
"""


@pytest.fixture(autouse=True)
def settings_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FOUREYES_CHOICES_TIMEOUT_SECONDS", "4")
    conf.get_conf.cache_clear()
    choices._memories.clear()
    yield
    monkeypatch.undo()
    conf.get_conf.cache_clear()


def job(folder: Path, now: datetime, body: str) -> Job:
    (folder / "ping.py").write_text(textwrap.dedent(TEXT.format(body=body)))
    Discovery(folder=folder).scan(now=now)
    return Job.objects.get()


def counting(tmp_path: Path) -> str:
    """A body that leaves a mark for each call."""
    return f"marks = Path({str(tmp_path / 'calls')!r}); marks.open('a').write('x'); return [('a', 'Host A'), 'b']"


def test_the_function_is_asked_in_a_process(folder: Path, now: datetime) -> None:
    asked = choices_of(job=job(folder, now, "return [('a', 'Host A'), 'b']"), variable="host", now=now)
    assert asked == [["a", "Host A"], ["b", "b"]]


def test_the_answer_holds_for_a_while(folder: Path, tmp_path: Path, now: datetime) -> None:
    ping = job(folder, now, counting(tmp_path))
    for seconds in (0, 59, 60):
        choices_of(job=ping, variable="host", now=now + timedelta(seconds=seconds))
    assert (tmp_path / "calls").read_text() == "xx"


def test_the_stored_source_answers_not_the_file(folder: Path, now: datetime) -> None:
    ping = job(folder, now, "return ['stored']")
    (folder / "ping.py").write_text("raise SystemExit")
    assert choices_of(job=ping, variable="host", now=now) == [["stored", "stored"]]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("raise RuntimeError('inventory is down')", "RuntimeError: inventory is down"),
        ("while True: pass", "TimeoutError: not done after 4 seconds"),
        ("import os; os._exit(1)", "ended without an answer"),
    ],
)
def test_a_function_that_fails_is_unavailable(folder: Path, now: datetime, body: str, sentence: str) -> None:
    ping = job(folder, now, body)
    with pytest.raises(Unavailable, match="The choices of host cannot be read now") as refused:
        choices_of(job=ping, variable="host", now=now)
    assert sentence in str(refused.value)


def test_a_form_is_shown_even_if_a_function_fails(folder: Path, now: datetime) -> None:
    host, how = variables_with_choices(job=job(folder, now, "raise RuntimeError('down')"), now=now)
    assert host["choices"] == []
    assert "RuntimeError: down" in host["choices_error"]
    assert how["choices"] == [["icmp", "ICMP"]]


def test_inputs_are_checked_against_the_answer(folder: Path, now: datetime, alice: User) -> None:
    ping = job(folder, now, "return ['a', 'b']")
    assert clean_inputs(job=ping, data={"host": "b"}, files={}, user=alice, now=now) == {"host": "b", "how": ""}
    with pytest.raises(InvalidInputs) as refused:
        clean_inputs(job=ping, data={"host": "z"}, files={}, user=alice, now=now)
    assert refused.value.errors == {"host": ["Select a valid choice. z is not one of the available choices."]}
