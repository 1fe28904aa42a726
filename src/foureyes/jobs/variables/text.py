"""Variables of one word or number: text, integers, booleans."""

import re
from typing import Any, ClassVar

from foureyes.jobs.variables.base import Variable, VariableError
from foureyes.jobs.variables.expressions import LONGEST_FOR_PYTHON, found_in


class TextVar(Variable):
    """Text of several lines. Blanks around it are dropped, as forms do."""

    empty = ""

    def parse(self, value: Any) -> str:
        return str(value).strip()


class StringVar(TextVar):
    """Text of one line. `regex` is searched for in the value, so anchor it."""

    own_options: ClassVar[tuple[str, ...]] = ("min_length", "max_length", "regex")

    def __init__(
        self,
        min_length: int | None = None,
        max_length: int | None = None,
        regex: str | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.min_length = min_length
        self.max_length = max_length
        self.regex = regex
        if regex is not None:
            re.compile(regex)  # a mistake shows at import, not at the first run

    def complaints(self, value: str) -> list[str]:
        messages = []
        if self.regex is not None and (found := found_in(self.regex, value)) is not True:
            too_long = f" Longer than {LONGEST_FOR_PYTHON} characters, it is not compared." if found is None else ""
            messages.append(f"Invalid value. Must match regex: {self.regex}{too_long}")
        if self.min_length is not None and len(value) < self.min_length:
            messages.append(_length("at least", self.min_length, value))
        if self.max_length is not None and len(value) > self.max_length:
            messages.append(_length("at most", self.max_length, value))
        return messages


def _length(relation: str, limit: int, value: str) -> str:
    noun = "character" if limit == 1 else "characters"
    return f"Ensure this value has {relation} {limit} {noun} (it has {len(value)})."


class IntegerVar(Variable):
    """A whole number. `3`, `"3"` and `3.0` are taken."""

    own_options: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    def __init__(self, min_value: int | None = None, max_value: int | None = None, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.min_value = min_value
        self.max_value = max_value

    def parse(self, value: Any) -> int:
        try:
            return int(re.sub(r"\.0*\s*$", "", str(value)))
        except ValueError:
            raise VariableError("Enter a whole number.") from None

    def complaints(self, value: int) -> list[str]:
        messages = []
        if self.max_value is not None and value > self.max_value:
            messages.append(f"Ensure this value is less than or equal to {self.max_value}.")
        if self.min_value is not None and value < self.min_value:
            messages.append(f"Ensure this value is greater than or equal to {self.min_value}.")
        return messages


class BooleanVar(Variable):
    """Yes or no; never required, absent is no. Any text but "false" and the empty one is yes, as on the 1.x server."""

    empty = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.required = False

    def parse(self, value: Any) -> bool:
        return value.lower() != "false" if isinstance(value, str) else bool(value)
