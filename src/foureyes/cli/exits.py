"""Exit codes of the command line, and the one exception that carries a sentence and such a code to the person."""

from collections.abc import Mapping, Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a script can tell from the exit code; the user guide documents each."""

    OK = 0
    RUN_FAILED = 1  # the run ended failed or errored; the answer of `can` is no; `doctor` found an error
    USAGE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNREACHABLE = 6
    INTERRUPTED = 130


class Failure(Exception):  # noqa: N818 - an answer to the person, not an error of the program
    """An anticipated "no" in a sentence that says what to do. `hint` is a second sentence, `fields` name options."""

    def __init__(
        self,
        text: str,
        exit_code: ExitCode,
        *,
        hint: str = "",
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.exit_code = exit_code
        self.hint = hint
        self.fields = fields or {}

    def lines(self) -> list[str]:
        """The sentence, one line per option at fault, and the hint."""
        at_fault = [f"  {name}: {text}" for name, texts in self.fields.items() for text in texts]
        return [line for line in (self.text, *at_fault, self.hint) if line]
