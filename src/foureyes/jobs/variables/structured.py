"""Variables beyond those of 1.x: dates, instants and JSON."""

import datetime
import json
import math
from typing import Any

from foureyes.jobs.variables.base import EMPTY, REQUIRED, Variable, VariableError, check_text


class DateVar(Variable):
    """A date, `2030-01-31`; the job receives `datetime.date`."""

    def parse(self, value: Any) -> datetime.date:
        try:
            return datetime.date.fromisoformat(str(value).strip())
        except ValueError:
            raise VariableError("Enter a valid date.") from None

    def canonical(self, value: Any) -> str:
        return str(value.isoformat())

    def load(self, canonical: Any) -> Any:
        return None if canonical is None else datetime.date.fromisoformat(canonical)


class DateTimeVar(Variable):
    """An instant in ISO 8601; without offset it is UTC. Stored and handed to the job in UTC."""

    def parse(self, value: Any) -> datetime.datetime:
        try:
            instant = datetime.datetime.fromisoformat(str(value).strip())
            return instant.astimezone(datetime.UTC) if instant.tzinfo else instant.replace(tzinfo=datetime.UTC)
        except (ValueError, OverflowError):
            raise VariableError("Enter a valid date/time.") from None

    def canonical(self, value: Any) -> str:
        return str(value.isoformat())

    def load(self, canonical: Any) -> Any:
        return None if canonical is None else datetime.datetime.fromisoformat(canonical)


class JSONVar(Variable):
    """Any JSON value; text is read as JSON."""

    def clean(self, value: Any) -> Any:
        if value is None or value == "":
            if self.required:
                raise VariableError(REQUIRED)
            return None
        try:
            parsed = _read(value) if isinstance(value, str) else value
            check_json(parsed)
        except (ValueError, RecursionError):
            raise VariableError("Enter a valid JSON.") from None
        if self.required and parsed in EMPTY:
            raise VariableError(REQUIRED)
        return parsed


def _read(text: str) -> Any:
    check_text(text)
    return json.loads(text)


def check_json(value: Any) -> None:
    """Refuse what the databases cannot store within JSON: NaN, infinities, NUL, halves of character pairs."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            check_json(item)
    elif isinstance(value, list):
        for item in value:
            check_json(item)
