"""Ids in addresses and forms, which anybody can write by hand."""

from collections.abc import Iterable
from uuid import UUID


def id_of(text: str) -> UUID | None:
    """The id; None if the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def ids_of(texts: Iterable[str]) -> list[UUID]:
    """The ids among the texts, each once."""
    return list(dict.fromkeys(found for text in texts if (found := id_of(text))))
