"""Variables that point at rows and files. Only their shape is checked here: `catalog` finds the rows and files."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from foureyes.jobs.variables.base import EMPTY, Variable, VariableError, model_name


class ObjectVar(Variable):
    """A row of `model`: its primary key, or an object of lookups that fit exactly one row.

    The job receives a read-only copy, or the row itself if it declares `database = True`.
    """

    own_options: ClassVar[tuple[str, ...]] = ("model", "display_field", "query_params", "null_option")

    def __init__(
        self,
        model: Any = None,
        queryset: Any = None,
        display_field: str | None = "display",
        query_params: Mapping[str, Any] | None = None,
        null_option: str | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        if model is None and queryset is None:
            raise TypeError(f"{type(self).__name__} needs `model`")
        self.model = model_name(model if model is not None else queryset.model)
        self.display_field = display_field
        self.query_params = dict(query_params) if query_params else None
        self.null_option = null_option

    def parse(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(lookup): wanted for lookup, wanted in value.items()}
        return _key(value)


class MultiObjectVar(ObjectVar):
    """Several rows of `model`, by primary key."""

    empty: ClassVar[Any] = []

    def parse(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise VariableError("Enter a list of values.")
        return [_key(item) for item in value if item not in EMPTY]


class FileVar(Variable):
    """An uploaded file; its value is the id of the upload. The job receives a file open for reading bytes."""

    def parse(self, value: Any) -> str:
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            raise VariableError("No file was submitted. Check the encoding type on the form.") from None


def _key(value: Any) -> int | str:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise VariableError(f"“{value}” is not a valid value.")
    return value
