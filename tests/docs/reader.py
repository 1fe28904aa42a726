"""Types the lines of the guide as a reader does: `foureyes` in this process, everything else into a shell.

What a reader has to fill in is filled in, and what the command line would ask for on a terminal is answered. Ids,
instants and durations that the guide shows stand for those that come here.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs.guide import Block
from tests.serving import PASSWORD, TOKEN, environment

# What looks different at each reader's: how it is found in the guide, and what may stand for it.
VARYING = {
    "id": (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",) * 2,
    "instant": (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d",) * 2,
    "clock": (r"^\d\d:\d\d:\d\d(?= )", r"\d\d:\d\d:\d\d"),  # of a log line
    "duration": (r"(?<= after )\d+\.\d\d s", r"\d+(?:\.\d+)? s"),
    "blanks": (r" +", r" +"),  # columns are as wide as their longest cell
}
ANY = re.compile("|".join(f"(?P<{name}>{found})" for name, (found, _) in VARYING.items()), re.MULTILINE)
PASSING = re.compile(r"^Run (?:pending|running)\n", re.MULTILINE)  # states that only the fast ones see
MAY_SAY_NO = {"can": {0, 1}, "doctor": {0, 1}}


# What works on the data folder of a machine: a process of its own, as there.
OPERATES = re.compile(r"foureyes (?:backup|migrate|restore|restored|doctor (?:offline|chain))\b")


@dataclass(slots=True, kw_only=True)
class Reader:
    """Somebody at a keyboard, with the passwords of people and what stands for the names in the guide here."""

    cli: Callable[..., Any]
    here: dict[str, str]
    password: Callable[[str], str] = lambda name: PASSWORD
    variables: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def type(self, blocks: Iterable[Block]) -> None:
        """Type every line; each does what it should, and prints what the guide says it prints."""
        for block in blocks:
            lines = list(block.typed())
            self.typed += [line for line, _ in lines]
            if all(line.startswith("foureyes ") and not OPERATES.match(line) for line, _ in lines):
                for line, printed in lines:
                    self._command(self.as_here(line), printed)
            else:
                self._shell(self.as_here(block.text))

    def sign_in(self, name: str) -> None:
        """As somebody, for what follows."""
        self._command(f"foureyes login --user {name}", None)

    def _command(self, line: str, printed: str | None) -> None:
        words = shlex.split(line, comments=True)[1:]
        options, answer = self._answers(words)
        result = self.cli(*words, *options, stdin=answer)
        shown = result.out + result.err
        if printed is None:
            assert result.code in MAY_SAY_NO.get(words[0], {0}), f"{line}\n{shown}"
        else:
            assert fits(PASSING.sub("", self.as_here(printed)), PASSING.sub("", shown)), (
                f"{line}\n{shown}\ninstead of\n{printed}"
            )

    def _shell(self, text: str) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-e", "-c", text],
            env=environment(PATH=path, **self.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"

    def as_here(self, text: str) -> str:
        """What the guide writes, as it is here."""
        for written, real in self.here.items():
            text = text.replace(written, real)
        return text

    def _answers(self, words: list[str]) -> tuple[list[str], str | None]:
        """The options by which programs answer what a person is asked, and what they send."""
        match words:
            case ["login", "--user", name]:
                return ["--password", "-"], f"{self.password(name)}\n"
            case ["login", "--url", _]:
                return ["--token", "-"], f"{TOKEN}\n"
            case ["users", "create" | "password", name, *_]:
                return ["--password-stdin"], f"{self.password(name)}\n"
            case [_, "delete", *_]:
                return ["--yes"], None
        return [], None


def fits(written: str, real: str) -> bool:
    """Is it what the guide has, with other ids, instants and durations, in columns of another width?"""
    pattern, at = "", 0
    for found in ANY.finditer(written):
        pattern += re.escape(written[at : found.start()]) + VARYING[found.lastgroup or ""][1]
        at = found.end()
    return bool(re.fullmatch(pattern + re.escape(written[at:]), real))
