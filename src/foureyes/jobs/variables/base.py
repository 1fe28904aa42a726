"""What every variable of a job has in common: its options, its description as JSON, and how a value is checked."""

import datetime
import json
from collections.abc import Mapping
from typing import Any, ClassVar

MAX_TEXT = 2**20  # characters of one input
EMPTY: tuple[Any, ...] = (None, "", [], (), {})
REQUIRED = "This field is required."


class VariableError(Exception):
    """A value cannot be taken. `messages` are sentences for the person, as the 1.x server words them."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages: list[str] = list(messages)


class Variable:
    """One typed input of a job.

    `clean` makes the canonical JSON value that is stored and approved; `load` makes of that what `run()` receives.
    """

    empty: ClassVar[Any] = None  # canonical value when nothing was given
    own_options: ClassVar[tuple[str, ...]] = ()  # attributes that go into the spec if they are set

    def __init__(
        self,
        label: str = "",
        description: str = "",
        default: Any = None,
        required: bool = True,
        widget: Any = None,
        *,
        sensitive: bool = False,
    ) -> None:
        self.default = default
        self.description = description
        self.label = label
        self.required = required
        self.widget = widget
        self.sensitive = sensitive

    def spec(self, name: str) -> dict[str, Any]:
        """This variable as JSON: `name`, `type`, `required`, and whatever else is set."""
        fields = {
            "name": name,
            "type": self._type(),
            "label": self.label or None,
            "help_text": self.description or None,
            "required": self.required,
            "default": self._default(),
            "widget": _widget_name(self.widget),
            "sensitive": self.sensitive or None,
            **{option: getattr(self, option) for option in self.own_options},
        }
        return {key: value for key, value in fields.items() if value is not None}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "Variable":
        """The variable that `spec` describes."""
        options = {option: spec.get(option) for option in cls.own_options}
        return cls(
            default=spec.get("default"),
            description=spec.get("help_text", ""),
            label=spec.get("label", ""),
            required=spec["required"],
            widget=spec.get("widget"),
            sensitive=spec.get("sensitive", False),
            **options,
        )

    def clean(self, value: Any) -> Any:
        """The canonical value. None and empty values stand for "not given". Raises VariableError."""
        if isinstance(value, str):
            check_text(value)
        parsed = None if value in EMPTY else self.parse(value)
        if parsed in EMPTY:
            if self.required:
                raise VariableError(REQUIRED)
            return self.empty
        if messages := self.complaints(parsed):
            raise VariableError(*messages)
        return self.canonical(parsed)

    def parse(self, value: Any) -> Any:
        """The value in its type. Raises VariableError."""
        return value

    def complaints(self, value: Any) -> list[str]:
        """What is wrong with the parsed value; all of it."""
        return []

    def canonical(self, value: Any) -> Any:
        """The parsed value as JSON."""
        return value

    def load(self, canonical: Any) -> Any:
        """What `run()` receives for a canonical value."""
        return canonical

    def _type(self) -> str:
        """An author's own subclass goes by the name of ours, because the server does not have the author's code."""
        package = __name__.rpartition(".")[0]
        return next(kind.__name__ for kind in type(self).__mro__ if kind.__module__.startswith(package))

    def _default(self) -> Any:
        default = self.default() if callable(self.default) else self.default
        return plain(default)


def check_text(text: str) -> None:
    """Refuse what no database can store, and texts beyond all measure."""
    if len(text) > MAX_TEXT:
        raise VariableError(f"Ensure this value has at most {MAX_TEXT} characters (it has {len(text)}).")
    if "\x00" in text:
        raise VariableError("Null characters are not allowed.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise VariableError("Enter valid text: it holds half of a character pair.")


def plain(value: Any) -> Any:
    """A default or a choice as JSON: rows by their primary key, instants as ISO 8601, other objects as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if json.dumps(value)[-1].isdigit() else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return plain(value.pk) if hasattr(value, "pk") else str(value)


def model_name(model: Any) -> str:
    """`app.model` of a model class, or of that text."""
    return str(model if isinstance(model, str) else model._meta.label).lower()


def _widget_name(widget: Any) -> str | None:
    if widget is None or isinstance(widget, str):
        return widget
    return widget.__name__ if isinstance(widget, type) else type(widget).__name__
