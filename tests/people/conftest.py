"""Reading the audit trail."""

from collections.abc import Callable
from typing import Any

import pytest

from foureyes.models import Event


@pytest.fixture
def told(db: None) -> Callable[[], list[tuple[Any, ...]]]:
    """The facts so far: kind, actor and subject of each."""
    return lambda: list(Event.objects.order_by("id").values_list("kind", "actor_name", "subject_text"))
