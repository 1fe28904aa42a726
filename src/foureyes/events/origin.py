"""Who acts, and in which request: what facts have in common that are appended while one request is answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID, uuid4

from foureyes.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Facts that name neither take both from here."""

    request_id: UUID | None = None
    user: User | None = None


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("foureyes_origin", default=NOWHERE)


def current_origin() -> Origin:
    """The origin of what happens now; an empty one outside of every request."""
    return _current.get()


@contextmanager
def acting(*, user: User | None = None) -> Iterator[Origin]:
    """Around the work of one request: its facts share an id, and changes of other apps' objects name the user."""
    token = _current.set(Origin(request_id=uuid4(), user=user))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
