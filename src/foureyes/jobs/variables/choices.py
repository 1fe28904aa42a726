"""Variables whose value is one or several of a list, which may come from a function."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from foureyes.jobs.variables.base import Variable, VariableError, plain

Pairs = list[list[Any]]


class ChoiceVar(Variable):
    """One of `choices`: pairs of value and label, which may stand in named groups.

    A function without arguments that returns them is called whenever the choices are needed, in a process of its own.
    """

    empty = ""
    own_options: ClassVar[tuple[str, ...]] = ("choices",)

    def __init__(self, choices: Iterable[Any] | Callable[[], Iterable[Any]] | None, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choices = choices if callable(choices) else _pairs(choices or [])

    def listed(self) -> Pairs:
        """The choices now, as JSON. Calls the author's function if there is one."""
        return _pairs(self.choices()) if callable(self.choices) else self.choices

    def spec(self, name: str) -> dict[str, Any]:
        """`choices` is null and `dynamic_choices` true if they come from a function."""
        fields = super().spec(name)
        if callable(self.choices):
            return {**fields, "choices": None, "dynamic_choices": True}
        return fields

    def parse(self, value: Any) -> Any:
        return str(value)

    def complaints(self, value: Any) -> list[str]:
        return self._not_offered([value])

    def _not_offered(self, values: list[str]) -> list[str]:
        offered = self._values()
        for value in values:
            if value not in offered:
                return [f"Select a valid choice. {value} is not one of the available choices."]
        return []

    def _values(self) -> set[str]:
        return {str(value) for value, _label in _flat(self.listed())}


class MultiChoiceVar(ChoiceVar):
    """Several of `choices`, in the order in which they were given."""

    empty: ClassVar[Any] = []

    def parse(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise VariableError("Enter a list of values.")
        return [str(item) for item in value]

    def complaints(self, value: Any) -> list[str]:
        return self._not_offered(value)

    def load(self, canonical: Any) -> Any:
        return list(canonical)


def _pairs(choices: Iterable[Any]) -> Pairs:
    """Pairs of value and label as JSON; a bare word is its own label."""
    pairs = []
    for choice in choices:
        value, label = (choice, choice) if isinstance(choice, str | int) else choice
        pairs.append([plain(value), plain(label)])
    return pairs


def _flat(pairs: Pairs) -> Iterable[list[Any]]:
    for value, label in pairs:
        if isinstance(label, list):
            yield from label
        else:
            yield [value, label]
