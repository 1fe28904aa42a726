"""Anticipated answers of "no". Each has a stable code, a sentence for the person, and one of four kinds.

Operations raise them; the interfaces translate the kind, once (`api/wire/errors.py`, `web/errors.py`).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

Kind = Literal["invalid", "not_allowed", "conflict", "unavailable"]


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """An anticipated "no": `code` is stable and for programs, the text is for people and says what to do."""

    kind: ClassVar[Kind]
    code: str

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.kind


class Invalid(Refusal):
    """What was sent cannot be taken. `fields` names each field at fault with its sentences."""

    kind = "invalid"

    def __init__(self, message: str = "", *, code: str = "", fields: Mapping[str, Sequence[str]] | None = None) -> None:
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}
        first = next((f"{name}: {texts[0]}" for name, texts in self.fields.items() if texts), "")
        super().__init__(message or first, code=code)


class NotAllowed(Refusal):
    """The person lacks the permission."""

    kind = "not_allowed"


class Conflict(Refusal):
    """The thing is not in a state in which this can be done."""

    kind = "conflict"


class Unavailable(Refusal):
    """Something needed is not there now; trying again later may help."""

    kind = "unavailable"
