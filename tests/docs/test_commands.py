"""Every command that a text names exists, with the options that it names."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from foureyes.cli import app

TREE = Path(__file__).parents[2]
TEXTS = [TREE / "README.md", *sorted((TREE / "docs").rglob("*.md"))]
PROGRAM = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?foureyes (.+)$", re.MULTILINE)


def commands_in(text: str) -> Iterator[str]:
    """The command lines in the fenced blocks of a text, without the program's name."""
    for block in re.findall(r"^```(?:sh|console)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from PROGRAM.findall(block.replace("\\\n", " "))


# What follows `run` is a job, with its variables as options: the guides' lines are typed elsewhere.
LINES = [(path.name, line) for path in TEXTS for line in commands_in(path.read_text())]
CASES = [(name, line) for name, line in LINES if not line.startswith("run ")]


def named(words: list[str]) -> list[Any]:
    """The commands that a line names, alternatives included."""
    group, path = typer.main.get_command(app), []
    while hasattr(group, "commands") and words and words[0] in group.commands:
        path.append(words.pop(0))
        parent, group = group, group.commands[path[-1]]
    lost = hasattr(group, "commands") and words and not words[0].startswith("-")
    assert path and not lost, "there is no such command"  # noqa: PT018
    others = [after for bar, after in pairwise(words) if bar == "|" and not after.startswith("-")]
    unknown = [name for name in others if name not in getattr(parent, "commands", {})]
    assert unknown == [], "there are no such commands"
    return [group, *(parent.commands[name] for name in others)]


@pytest.mark.parametrize(("text", "line"), CASES, ids=[f"{text}: {line}" for text, line in CASES])
def test_the_command_exists_with_its_options(text: str, line: str) -> None:
    words = [word.strip("[]") for word in shlex.split(line, comments=True)]
    found = named(words)
    known = {option for command in found for one in command.params for option in [*one.opts, *one.secondary_opts]}
    given = {word.partition("=")[0] for word in words if word.startswith("-") and len(word) > 1}
    assert given <= known


def test_texts_name_many_commands() -> None:
    assert len(CASES) > 100
