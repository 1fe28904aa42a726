"""Every command that a sentence names exists, with the options that it names. Blocks are executed, see `guide.py`."""

import re
import shlex
from typing import Any

import pytest
import typer
from tests.docs.guide import FENCED, TREE, pages

from foureyes.cli import app

INLINE = re.compile(r"`(?:\.venv/bin/)?foureyes ([^`]+)`")
# What follows `run JOB` are the variables of that job, and COMMAND is any.
CASES = [
    (page, line)
    for page in pages()
    for line in INLINE.findall(FENCED.sub("", (TREE / page).read_text()).replace("\n", " "))
    if not line.startswith("COMMAND ")
]


def command_of(words: list[str]) -> Any:
    """The command that a line names; its name is taken off the words."""
    found = typer.main.get_command(app)
    while hasattr(found, "commands") and words and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    lost = hasattr(found, "commands") and words and not words[0].startswith("-") and not words[0].isupper()
    assert not lost, f"there is no command {words[0]}"
    return found


@pytest.mark.parametrize(("page", "line"), CASES, ids=[f"{page}: {line}" for page, line in CASES])
def test_the_command_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line)
    found = command_of(words)
    given = {word.partition("=")[0] for word in words if word.startswith("-") and len(word) > 1}
    known = {option for one in found.params for option in [*one.opts, *one.secondary_opts]} | {"--help"}
    assert given <= known


def test_texts_name_many_commands() -> None:
    assert len(CASES) > 40
